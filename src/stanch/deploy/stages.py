"""Stages differ by parameters alone: a template that differs was never tried."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from stanch.deploy.fill import FOLDER

STAGES = ("dev", "staging", "prod")
FROM_ESTATE = "estate"
"""A value that stands in stanch.toml."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One parameter of one template that is not the same in each stage, and why."""

    template: str
    parameter: str
    why: str
    values: Mapping[str, str]


@cache
def settings() -> tuple[Setting, ...]:
    """All that differs, in the file's order."""
    told = tomllib.loads((FOLDER / "stages.toml").read_text(encoding="utf-8"))["setting"]
    return tuple(
        Setting(each["template"], each["parameter"], each["why"], {stage: each[stage] for stage in STAGES})
        for each in told
    )


def of_stage(stage: str, template: str) -> dict[str, str]:
    """The parameters of a template that this stage sets, those that the estate says left out."""
    return {
        setting.parameter: setting.values[stage]
        for setting in settings()
        if setting.template == template and setting.values[stage] != FROM_ESTATE
    }


def difference_table() -> str:
    """What differs between the stages, as Markdown."""
    rows = [f"| template | parameter | {' | '.join(STAGES)} | why |", "|---" * (len(STAGES) + 3) + "|"]
    for setting in settings():
        values = " | ".join(_told(setting.values[stage]) for stage in STAGES)
        rows.append(f"| {setting.template} | {setting.parameter} | {values} | {setting.why} |")
    return "\n".join(rows) + "\n"


def _told(value: str) -> str:
    return "of stanch.toml" if value == FROM_ESTATE else f"`{value}`"
