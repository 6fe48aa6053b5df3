"""A draft is filled from evidence, marks what a person must fill, and lets no hostile text out of its place."""

import re
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from tests.engine import breach

from stanch.domain.estate import Estate
from stanch.domain.incident import Evidence, IncidentState, Left
from stanch.domain.regime import Awareness
from stanch.domain.step import StepState
from stanch.engine.clocks import deadlines
from stanch.engine.report import Report

LAWS = pytest.mark.parametrize("law", ["gdpr", "nis2"])
HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "\n# Heading\n",
    "# Heading",
    "[click](https://evil.example)",
    "![x](https://evil.example/x.png)",
    "https://evil.example www.evil.example a@evil.example <https://evil.example>",
    "`` ` ``` code",
    "| a | b |\n|---|---|",
    "- item",
    "1. item",
    "===",
    "[[ TO BE FILLED: nothing ]]",
    "\x1b[31m\u202egnp.exe\u0000\ud800",
    "{{ 7 * 7 }}{% raw %}",
    "&lt;b&gt;&#x3c;script&#x3e;",
    "a" * 5000,
    "   ",
    "~~~\nx\n~~~",
    "[ref]: https://evil.example",
]


class Page(HTMLParser):
    """Counts tags and collects what could load or run something."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: Counter[str] = Counter()
        self.links: list[str] = []
        self.handlers: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        for name, value in attrs:
            if name in ("href", "src", "srcset", "action", "data", "poster", "xlink:href"):
                self.links.append(value or "")
            if name.startswith("on"):
                self.handlers.append(name)


def hostile_report(text: str) -> Report:
    """The breach with `text` in every place that an attacker or a log can reach."""
    actor = replace(breach.ACTOR, arn=text, session=text, origin="x" + text, access_key=text, address=text)
    asset = replace(breach.WEIGHTS, name=text, kind=text, arn=text)
    findings = tuple(
        replace(f, title=text, actor=actor, assets=(asset,), resources=(text,), region=text) for f in breach.FINDINGS
    )
    incident = replace(breach.INCIDENT, title=text, actor=actor, assets=(asset,), findings=findings, by_hand=(text,))
    proof = breach.REFUSED.__class__(True, breach.REFUSED.method, (text,))
    steps = tuple(
        replace(s, resource=text, why=text, calls=(text,), breaks=(text,), undo=text, proof=s.proof and proof)
        for s in breach.STEPS
    )
    return breach.report(
        incident,
        steps=steps,
        history=steps,
        awareness=(replace(breach.AWARE, by=text, why=text),),
        evidence=(Evidence(text, text, 1),),
    )


def shape(markdown: str) -> Counter[str]:
    """What a Markdown renderer makes of it, without the number of words."""
    tokens = MarkdownIt("commonmark", {"html": True}).enable("table").parse(markdown)
    inline = [child.type for token in tokens for child in token.children or ()]
    kinds = [token.type for token in tokens] + [
        kind for kind in inline if kind not in ("text", "code_inline", "text_special")
    ]
    return Counter(kinds)


@LAWS
def test_every_blank_is_marked_counted_and_listed_in_both_texts(law: str) -> None:
    report = breach.report(regime=law)
    assert report.blanks > 0
    assert report.markdown.count("[[ TO BE FILLED:") == report.blanks
    assert f"**{report.blanks} to be filled** by a person" in report.markdown
    assert report.html.count('<mark class="blank" id="blank-') == report.blanks
    assert Page(report.html).links == [f"#blank-{number}" for number in range(1, report.blanks + 1)]
    marks = re.findall(r'id="blank-(\d+)"', report.html)
    assert marks == [str(number) for number in range(1, report.blanks + 1)]


@LAWS
def test_it_says_that_it_is_a_draft_which_a_person_files(law: str) -> None:
    report = breach.report(regime=law)
    assert "DRAFT, not filed" in report.markdown
    assert "Draft, not filed" in report.html
    assert "stanch files nothing" in report.markdown


@LAWS
def test_everything_the_law_asks_is_an_item(law: str) -> None:
    report = breach.report(regime=law)
    for content in breach.law(law).content:
        assert f"### Art. {content.article}: {content.text}" in report.markdown.replace("\\", "")


def test_article_33_3_is_filled_from_evidence_and_the_estate() -> None:
    text = breach.report().markdown
    assert "at most 120,000 persons by the estate file's count for `support-tickets`" in text
    assert "at most 840,000 records" in text
    assert "`contact`, `health`" in text
    assert "[[ TO BE FILLED: the name and contact details of the data protection officer" in text
    assert "Revoke sessions on `arn:aws:iam::111122223333:role/vllm-serving`: carried out and proven by trying" in text
    assert "sts:GetCallerIdentity with the stolen session: AccessDenied" in text


def test_the_incidents_own_bound_of_persons_goes_before_the_estates() -> None:
    incident = replace(breach.INCIDENT, left=Left(1, 1, None, records=10, persons=7))
    text = breach.report(incident).markdown
    assert "at most 7 persons" in text
    assert "120,000" not in text


def test_without_counts_in_the_estate_a_person_is_asked() -> None:
    text = breach.report(estate=Estate()).markdown
    assert "[[ TO BE FILLED: approximate number of data subjects ]]" in text
    assert "[[ TO BE FILLED: approximate number of personal data records ]]" in text
    assert "There is no estate file" in text


def test_the_clock_shows_utc_the_authoritys_zone_and_the_time_left() -> None:
    text = breach.report().markdown
    assert "| 2026-11-23 11:02:11 UTC | Mon 2026-11-23 12:02 CET | 2 d 21 h left |" in text
    late = breach.report(now=breach.BEGAN + timedelta(hours=75))
    assert "1 h late" in late.markdown
    assert "[[ TO BE FILLED: reasons for the delay ]]" in late.markdown


def test_a_month_ends_at_24_hours_and_not_at_midnight_of_the_next_day() -> None:
    filed = {"notification": breach.BEGAN + timedelta(hours=30)}
    text = breach.report(regime="nis2", submitted=filed, now=breach.BEGAN + timedelta(hours=40)).markdown
    assert "| 2026-12-21 23:00:00 UTC | Mon 2026-12-21 24:00 CET |" in text
    assert "filed 2026-11-21 15:02:11 UTC" in text


def test_without_awareness_no_clock_runs_and_the_cautious_reading_stands_apart() -> None:
    report = breach.report(awareness=())
    assert "**No clock runs: that the organisation became aware is not recorded.**" in report.markdown
    assert "awareness is not recorded" in report.html
    table = report.markdown.split("## Clocks")[1].split("\n- ")[0]
    assert "2026-11-23" not in table
    assert "as if aware at the first event at 2026-11-20 09:02:11 UTC (this starts no clock)" in report.markdown
    detected = breach.report(awareness=(), detected_at=breach.BEGAN + timedelta(minutes=20)).markdown
    assert "as if aware at detection at 2026-11-20 09:22:11 UTC" in detected


def test_a_superseded_decision_stays_in_the_timeline() -> None:
    later = Awareness("inc-7f3a", breach.after(30), breach.after(200), "Legal", "earlier proof found")
    text = breach.report(awareness=(breach.AWARE, later)).markdown
    assert "Aware since **2026-11-20 09:32:11 UTC**, decided by `Legal`" in text
    assert "Aware (superseded later), decided by `Dana Roth, CISO`" in text


def test_a_step_that_was_only_read_back_is_not_called_tried() -> None:
    text = breach.report().markdown
    assert "3 of 4 containment steps verified, 2 of them by effect; 1 left out" in text
    gaps = text.split("## What could not be proven")[1]
    assert "believed, because the configuration was read back; it was not tried" in gaps
    assert "never\\_touch protects it" in gaps
    assert "`logs/broken.json.gz`: the gzip ends early" in gaps
    assert "a digest" not in gaps


def test_an_undone_containment_is_told_as_undone() -> None:
    undone = tuple(step.become(StepState.UNDONE, breach.after(60)) for step in breach.STEPS[:3])
    report = breach.report(replace(breach.INCIDENT, state=IncidentState.OPEN), steps=undone)
    assert "The last step was verified at 2026-11-20 09:16:41 UTC" in report.markdown
    assert (
        "0 of 3 containment steps verified, 0 of them by effect; 3 verified before and undone since" in report.markdown
    )
    assert "undone: it protects no longer" in report.markdown


def test_nothing_done_and_nothing_searched_is_said_and_not_passed_over() -> None:
    report = breach.report(steps=(), history=(), evidence=(), coverage=None)
    assert "Nothing was done to stop it yet" in report.markdown
    assert "No containment step was taken: nothing proves that it stopped." in report.markdown
    assert "How much of the logs was looked at is not recorded" in report.markdown
    assert "No evidence file is listed." in report.html


@LAWS
def test_an_incident_opened_by_hand_without_any_finding_is_reported(law: str) -> None:
    incident = replace(breach.INCIDENT, findings=(), by_hand=(breach.ROLE,), left=Left(), assets=())
    report = breach.report(incident, regime=law)
    assert "opened by hand for `arn:aws:iam::111122223333:role/vllm-serving`" in report.markdown
    assert "No read of an object is seen in the logs at hand." in report.markdown
    assert "<svg" not in report.html


def test_nis2_names_indicators_and_the_account_outside() -> None:
    text = breach.report(regime="nis2").markdown
    assert "Source addresses: `198.51.100.77`" in text
    assert "Access keys: `ASIAEXAMPLEKEY000001`" in text
    assert "Outside accounts: `999988887777`" in text
    assert "Accounts outside the perimeter: `999988887777`" in text


def test_evidence_is_listed_with_its_hash() -> None:
    text = breach.report().markdown
    assert f"| `evidence/journal.jsonl` | 18213 | `{breach.EVIDENCE[0].sha256}` |" in text


@LAWS
def test_the_page_is_one_file_that_loads_and_runs_nothing(law: str) -> None:
    page = Page(breach.report(regime=law).html)
    assert not set(page.tags) & {"script", "link", "img", "iframe", "object", "embed", "form", "base"}
    assert not page.handlers
    assert all(link.startswith("#") for link in page.links)
    text = breach.report(regime=law).html
    assert "default-src 'none'; style-src 'unsafe-inline'" in text
    assert "url(" not in text
    assert "@import" not in text


@pytest.mark.parametrize("text", HOSTILE, ids=[str(index) for index in range(len(HOSTILE))])
def test_hostile_text_stays_text_in_html(text: str) -> None:
    benign, hostile = Page(hostile_report("x").html), Page(hostile_report(text).html)
    assert hostile.tags == benign.tags
    assert hostile.links == benign.links
    assert not hostile.handlers


@pytest.mark.parametrize("text", HOSTILE, ids=[str(index) for index in range(len(HOSTILE))])
def test_hostile_text_stays_text_in_markdown(text: str) -> None:
    made = hostile_report(text)
    assert shape(made.markdown) == shape(hostile_report("x").markdown)
    assert made.markdown.count("[[ TO BE FILLED:") == made.blanks
    in_code = re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)", "", made.markdown)
    assert "://" not in in_code
    assert "@" not in in_code
    assert "www." not in in_code


@pytest.mark.parametrize("text", HOSTILE, ids=[str(index) for index in range(len(HOSTILE))])
def test_both_texts_can_be_written_and_hold_no_control_or_direction_changing_character(text: str) -> None:
    made = hostile_report(text)
    for out in (made.markdown, made.html):
        out.encode("utf-8")
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069]", out)


@settings(max_examples=40, deadline=None)
@given(st.text(min_size=1, max_size=60))
def test_any_text_stays_text(text: str) -> None:
    made = hostile_report(text)
    assert Page(made.html).tags == BENIGN.tags
    assert shape(made.markdown) == shape(BENIGN_MARKDOWN)


def test_times_that_no_incident_has_do_not_break_the_report() -> None:
    for year in (1, 9999):
        first = breach.BEGAN.replace(year=year)
        findings = (replace(breach.FINDINGS[0], first_seen=first),)
        incident = replace(breach.INCIDENT, findings=findings, first_seen=first)
        assert "llama-70b-ft" in breach.report(incident).markdown


def test_the_same_matter_gives_the_same_texts() -> None:
    assert breach.report() == breach.report()


def test_deadlines_are_those_of_the_clocks_and_are_not_recomputed() -> None:
    moved = breach.law("gdpr")
    given_ = deadlines(moved, breach.AWARE, {}, "UTC")
    assert given_[0].due is not None
    assert f"{given_[0].due:%Y-%m-%d %H:%M:%S} UTC" in breach.report().markdown


BENIGN_MARKDOWN = hostile_report("x").markdown
BENIGN = Page(hostile_report("x").html)


def test_says_where_the_journal_ended_so_that_cutting_it_shows() -> None:
    report = breach.report(head=f"entry 42, {'ab' * 32}")
    for text in (report.markdown, report.html):
        assert "entry 42, abab" in text.replace("\\", "")
    assert "hash chain" not in breach.report().markdown


def test_says_what_was_left_out_and_why_and_counts_what_had_nothing_to_do_apart() -> None:
    idle = replace(breach.STEPS[3], why="nothing to do: it is closed already", settings={"aside": True})
    answered = replace(idle, action="s3/own_objects", why="accepted by Dana: seen", settings={"accepted": True})
    text = breach.report(steps=(*breach.STEPS, idle, answered)).markdown
    assert (
        "3 of 4 containment steps verified, 2 of them by effect; 1 more had nothing to do; "
        "1 more answered for by a person; 1 left out: close bucket on `arn:aws:s3:::logs` (never\\_touch protects it)."
    ) in text
    gaps = text.split("## What could not be proven")[1]
    assert "Close bucket on `arn:aws:s3:::logs`: left out (never\\_touch protects it)." in gaps
    assert "Close bucket on `arn:aws:s3:::logs`: nothing to do (it is closed already)." in gaps
    assert "Own objects on `arn:aws:s3:::logs`: answered for by a person (accepted by Dana: seen)." in gaps


def test_names_a_few_of_many_steps_left_out() -> None:
    many = tuple(replace(breach.STEPS[3], resource=f"arn:aws:s3:::logs-{index}") for index in range(5))
    text = breach.report(steps=many).markdown
    assert "`arn:aws:s3:::logs-2` (never\\_touch protects it), and 2 more, each with its reason below." in text
    assert "logs-3` (never" not in text.split("## Clocks")[0]
