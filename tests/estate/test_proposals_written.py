"""What is proposed for stanch.toml is right TOML whatever names were found, and a person's lines are never touched."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stanch import estate
from stanch.domain.proposal import Eye, Fact, Proposal, sureness
from stanch.estate import EstateError
from stanch.estate.comparing import How, compared, updated
from stanch.estate.writing import quoted

SURE, DOUBT, WEAK = (Fact(Eye.CONTENTS, "shards", strength) for strength in (0.95, 0.7, 0.3))
HEADING = "Found 2026-11-23 in account 111122223333."


def asset(name: str = "m", where: str = "s3://lager/m/", *, fact: Fact = SURE, kind: str = "weights") -> Proposal:
    return Proposal("asset", {"name": name, "kind": kind, "where": where}, (fact,), fact is SURE)


def role(purpose: str = "serving", *, active: bool = False) -> Proposal:
    match = "arn:*:iam::999988887777:role/r-81"
    return Proposal("principal", {"match": match, "purpose": purpose}, (DOUBT,), active)


def accounts(*ids: str) -> Proposal:
    return Proposal("perimeter", {"accounts": list(ids)}, (SURE,), active=True)


def test_without_proposals_the_first_file_is_the_one_to_fill_in() -> None:
    text = estate.starting_file()
    assert "$" not in text
    assert estate.read(text).assets == ()


def test_sure_ones_count_at_once_and_doubtful_ones_wait_behind_a_mark_with_reasons() -> None:
    found = [accounts("111122223333"), asset(), asset("d", "s3://lager/d/", fact=DOUBT, kind="training-data"), role()]
    text = estate.starting_file(proposals=found, where="Found somewhere")
    ours = estate.read(text)
    assert [one.name for one in ours.assets] == ["m"]
    assert ours.perimeter.accounts == ("111122223333",)
    assert ours.principals == ()
    assert '# 70% sure: shards\n#[[asset]]\n#name = "d"' in text
    assert '#[[principal]]\n#match = "arn:*:iam::999988887777:role/r-81"\n#purpose = "serving"' in text


def test_taking_the_marks_away_makes_them_count() -> None:
    text = estate.starting_file(proposals=[asset("d", "s3://lager/d/", fact=DOUBT)])
    block = text[text.index('#[[asset]]\n#name = "d"') :].split("\n\n")[0]
    confirmed = text.replace(block, "\n".join(line.removeprefix("#") for line in block.splitlines()))
    assert [one.where for one in estate.read(confirmed).assets] == ["s3://lager/d/"]


def test_a_weak_guess_is_not_written() -> None:
    assert "s3://lager/w/" not in estate.starting_file(proposals=[asset("w", "s3://lager/w/", fact=WEAK)])


_TEXT = st.text(st.characters(), max_size=30)


@given(_TEXT, _TEXT)
def test_no_name_ends_its_quotes_or_its_comment(prefix: str, what: str) -> None:
    where = f"s3://lager/x{prefix.replace('*', '').replace('?', '')}/"
    one = Proposal("asset", {"name": "m", "kind": "weights", "where": where}, (Fact(Eye.CONTENTS, what, 0.95),), True)
    other = Proposal("asset", {"name": "n", "kind": "weights", "where": where + "y/"}, (Fact(Eye.CONTENTS, what, 0.6),))
    ours = estate.read(estate.starting_file(proposals=[one, other]))
    (found,) = ours.assets
    assert found.where == "".join("\ufffd" if 0xD800 <= ord(c) <= 0xDFFF else c for c in where)


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=40))
def test_a_quoted_text_is_read_back_and_hides_nothing(text: str) -> None:
    import tomllib

    line = quoted(text)
    assert tomllib.loads(f"a = {line}") == {"a": text}
    assert line.isprintable()


MINE = """\
# ours, kept by hand
[perimeter]
accounts = ["111122223333"]   # the one

[[asset]]
name = "m"
kind = "weights"
where = "s3://lager/modelle/"

[[principal]]
match = "arn:*:iam::*:role/r-81"
purpose = "export"
"""


def differences(*found: Proposal, text: str = MINE) -> list[tuple[str, str]]:
    return [(one.how.value, one.what) for one in compared(text, estate.read(text), found)]


def test_what_lies_in_a_declared_place_of_its_kind_is_known() -> None:
    assert differences(asset("x", "s3://lager/modelle/a81f/")) == [("known", "in m")]


def test_another_kind_inside_a_declared_place_is_new_and_the_place_itself_is_the_persons_word() -> None:
    inside = asset("x", "s3://lager/modelle/d/", kind="training-data")
    assert differences(inside) == [("new", "inside m")]
    assert differences(asset("x", "s3://lager/modelle/", kind="training-data"))[0][0] == "other"


def test_a_persons_purpose_stands() -> None:
    assert differences(role())[0][0] == "other"
    assert differences(role("export")) == [("known", "")]


def test_only_what_is_missing_of_the_perimeter_is_new_and_never_active() -> None:
    (found,) = compared(MINE, estate.read(MINE), [accounts("111122223333", "999988887777")])
    assert (found.how, dict(found.proposal.values), found.proposal.active) == (
        How.NEW, {"accounts": ["999988887777"]}, False)  # fmt: skip


def test_an_update_adds_at_the_end_and_changes_no_line() -> None:
    found = compared(MINE, estate.read(MINE), [asset("m", "s3://neu/x/"), accounts("999988887777")])
    after = updated(MINE, found, HEADING)
    assert after.startswith(MINE)
    ours = estate.read(after)
    assert [(one.name, one.where) for one in ours.assets] == [("m", "s3://lager/modelle/"), ("m-2", "s3://neu/x/")]
    assert ours.perimeter.accounts == ("111122223333",)
    assert '#accounts = ["999988887777"]' in after


def test_a_second_update_finds_nothing_new() -> None:
    proposals = [asset("m", "s3://neu/x/"), asset("d", "s3://neu/d/", fact=DOUBT), accounts("999988887777"),
                 Proposal("perimeter", {"partitions": ["aws"]}, (SURE,), active=True)]  # fmt: skip
    once = updated(MINE, compared(MINE, estate.read(MINE), proposals), HEADING)
    again = compared(once, estate.read(once), proposals)
    assert {one.how for one in again} == {How.KNOWN}
    assert updated(once, again, HEADING) == once


def test_the_examples_of_the_first_file_are_not_taken_for_refusals() -> None:
    text = estate.starting_file()
    serving = Proposal(
        "principal", {"match": "arn:*:iam::111122223333:role/vllm-serving", "purpose": "serving"}, (DOUBT,)
    )
    (found,) = compared(text, estate.read(text), [serving])
    assert found.how is How.NEW
    once = updated(text, [found], HEADING)
    assert compared(once, estate.read(once), [serving])[0].how is How.KNOWN


def test_what_is_gone_is_told_where_the_buckets_were_all_seen() -> None:
    ours = estate.read(MINE)
    assert [one.how for one in compared(MINE, ours, [], {"anderes": None})] == [How.GONE]
    assert [one.how for one in compared(MINE, ours, [], {"lager": ("sonst/",)})] == [How.GONE]
    assert compared(MINE, ours, [], {"lager": None}) == []
    assert compared(MINE, ours, [], {"lager": ("modelle/a/",)}) == []
    assert compared(MINE, ours, [], None) == []


def test_a_file_whose_assets_stand_inline_is_refused_and_not_broken() -> None:
    text = 'asset = [{ name = "m", kind = "weights", where = "s3://lager/modelle/" }]\n'
    found = compared(text, estate.read(text), [asset("n", "s3://neu/x/")])
    with pytest.raises(EstateError):
        updated(text, found, HEADING)


def test_facts_of_different_eyes_add_up_and_nobody_is_certain() -> None:
    assert sureness([]) == 0
    assert sureness([SURE, DOUBT]) == 0.95
    assert sureness([DOUBT, Fact(Eye.LOGS, "", 0.7)]) == pytest.approx(0.91)
    assert sureness([Fact(eye, "", 0.9) for eye in Eye]) == 0.99
