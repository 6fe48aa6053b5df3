"""A trigger says which playbook answers a finding of another product: one TOML file for one kind of finding."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

import msgspec

from stanch.domain.arn import like

_Text = Annotated[str, msgspec.Meta(min_length=1, max_length=300)]


class TriggerError(ValueError):
    """The file is not a trigger; the message names the file and what is wrong."""


class _File(msgspec.Struct, forbid_unknown_fields=True):
    title: _Text
    product: Annotated[str, msgspec.Meta(pattern="^aws/[a-z0-9-]+$")]
    types: Annotated[list[_Text], msgspec.Meta(min_length=1)]
    confidence: Annotated[float, msgspec.Meta(gt=0, le=1)]
    playbook: _Text | None = None
    playbook_of: dict[str, _Text] = {}
    by_hand: _Text | None = None


@dataclass(frozen=True, slots=True)
class Trigger:
    """One kind of finding and its answer.

    `product` is the end of the ProductArn that Security Hub gives to AWS's own products. `types` are patterns (`*`,
    `?`) of the product's names of findings. `playbook_of` names the playbook where the finding is about a thing of
    this kind (`user`, `bucket`), `playbook` the one for everything else; `by_hand` is what stays open after it.
    """

    id: str
    title: str
    product: str
    types: tuple[str, ...]
    confidence: float
    playbook: str | None
    playbook_of: Mapping[str, str]
    by_hand: str | None

    def fits(self, product: str, type_: str) -> bool:
        """Whether it answers this type of finding, in whichever of its spellings."""
        return product == self.product and any(like(plain(pattern), plain(type_)) for pattern in self.types)


def plain(type_: str) -> str:
    """A finding type in one spelling.

    GuardDuty's `Recon:IAMUser/TorIPCaller` is `TTPs/Discovery/Recon:IAMUser-TorIPCaller` in Security Hub.
    """
    parts = type_.split("/")
    named = next((index for index, part in enumerate(parts) if ":" in part), None)
    return type_ if named is None else "-".join(parts[named:])


def read_trigger(text: str, path: str, id_: str) -> Trigger:
    """The trigger in a TOML text; raises TriggerError."""
    try:
        file = msgspec.convert(tomllib.loads(text), _File)
    except RecursionError:
        raise TriggerError(f"{path}: is nested too deeply") from None
    except (tomllib.TOMLDecodeError, msgspec.ValidationError, ValueError) as error:
        raise TriggerError(f"{path}: {error}") from error
    if not (file.playbook or file.playbook_of or file.by_hand):
        raise TriggerError(f"{path}: names neither a playbook nor what is left to do by hand")
    return Trigger(
        id=id_,
        title=file.title,
        product=file.product,
        types=tuple(file.types),
        confidence=file.confidence,
        playbook=file.playbook,
        playbook_of=file.playbook_of,
        by_hand=file.by_hand,
    )
