"""A draft is written twice, in Markdown to be edited and as one HTML file to be read; hostile text is inert in both."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from stanch.domain.coverage import Coverage
from stanch.domain.estate import Estate
from stanch.domain.incident import Evidence, Incident
from stanch.domain.regime import Awareness, Deadline, Regime
from stanch.domain.step import Step
from stanch.engine.report.draft import draft
from stanch.engine.report.matter import Matter
from stanch.engine.report.phrase import Marked, Phrase, Value, html, markdown, plain
from stanch.engine.report.quantities import local, size, utc


@dataclass(frozen=True, slots=True)
class Report:
    """The two texts; `blanks` counts what a person must still fill."""

    markdown: str
    html: str
    blanks: int


def render(
    incident: Incident,
    *,
    steps: Sequence[Step],
    history: Sequence[Step],
    regime: Regime,
    deadlines: Sequence[Deadline],
    awareness: Sequence[Awareness],
    estate: Estate,
    evidence: Sequence[Evidence],
    now: datetime,
    submitted: Mapping[str, datetime] | None = None,
    detected_at: datetime | None = None,
    coverage: Coverage | None = None,
    head: str | None = None,
) -> Report:
    """Draft the notification of one incident under one law, as of `now`; see Matter for the arguments.

    The HTML is one self-contained file: no script, no external resource.
    """
    matter = Matter(
        incident=incident,
        steps=steps,
        history=history,
        regime=regime,
        deadlines=deadlines,
        awareness=awareness,
        estate=estate,
        evidence=evidence,
        now=now,
        submitted=submitted or {},
        detected_at=detected_at,
        coverage=coverage,
        head=head,
    )
    made = draft(matter)
    page, text = _environments()
    return Report(
        markdown=text.get_template("report.md.j2").render(draft=made, matter=matter),
        html=page.get_template("report.html.j2").render(draft=made, matter=matter),
        blanks=len(made.blanks),
    )


@cache
def _environments() -> tuple[Environment, Environment]:
    """For HTML and for Markdown. Escaping is the default in both: a template cannot forget it."""
    loader = PackageLoader("stanch.engine.report")
    page = Environment(
        loader=loader,
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_for_html,
    )
    text = Environment(
        loader=loader,
        autoescape=False,  # noqa: S701 - Markdown is escaped by `finalize`, on every expression
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=_for_markdown,
    )
    for environment in (page, text):
        environment.filters |= {"utc": utc, "local": local, "size": size, "value": Value, "cell": _cell}
    return page, text


def _for_html(item: object) -> object:
    match item:
        case Markup():
            return item
        case str():
            return plain(item)
        case Value():
            return html((item,))
        case tuple():
            return html(item)
        case _:
            return item


def _for_markdown(item: object) -> object:
    match item:
        case Marked() | int():
            return item
        case tuple():
            return markdown(item)
        case str() | Value():
            return markdown((item,))
        case _:
            raise TypeError(f"the template prints a {type(item).__name__}")


def _cell(item: str | Value | Phrase) -> Marked:
    """For a table in Markdown."""
    return markdown(item if isinstance(item, tuple) else (item,), cell=True)
