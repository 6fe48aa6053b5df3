"""No secret that anybody wrote into an account's configuration is in its snapshot, wherever it stood."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import leaking
from stanch.app.inspecting import patterns
from stanch.app.sealing import known_secrets
from stanch.contracts.collector import UNSEEN, Thing, Unknown
from stanch.domain.masking import DEEPEST, NESTED, mask
from stanch.engine.inspect import Pattern
from stanch.estate import snapshot
from stanch.estate.sealing import Sealing, is_deep
from stanch.estate.snapshot import Seen

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
SEALING = Sealing(known_secrets())
SECRETS = [pattern for pattern in patterns() if pattern.category == "secret"]
TOKEN = "hf_" + "aBcDeFgHiJkLmNoPqRsTuVwXyZaBcDeFgH"
PLAIN = Thing("s3/bucket", "arn:aws:s3:::weights", {"Name": "weights"})

PLACES: tuple[Callable[[str], dict[str, Any]], ...] = (
    lambda text: {"Description": text},
    lambda text: {"Tags": [{"Key": "owner", "Value": text}]},
    lambda text: {"Tags": {"owner": text}},
    lambda text: {text: "as the name of a member"},
    lambda text: {"Containers": [{"Command": ["serve", text], "Environment": [{"name": "A", "value": text}]}]},
    lambda text: {"DefaultArguments": {"--extra": text}, "Parameters": [{"ParameterKey": "P", "ParameterValue": text}]},
    lambda text: {"Policy": {"Statement": [{"Condition": {"StringEquals": {"sts:ExternalId": [text]}}}]}},
    lambda text: {"Raw": text.encode(), "Deep": [[[[text]]]], "Lines": ("one", text)},
)


def written(folder: Path, *things: Thing, gaps: tuple[Unknown, ...] = ()) -> str:
    """All that a snapshot of these things keeps, as text."""
    snapshot.write(folder, [Seen("111122223333", None, "s3", things, gaps)], NOON, SEALING)
    return "\n".join(path.read_text(encoding="utf-8") for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("pattern", SECRETS, ids=lambda pattern: pattern.kind)
def test_a_secret_of_each_known_form_is_on_the_disk_from_no_field(pattern: Pattern, tmp_path: Path) -> None:
    for sample in leaking.positives([pattern], Random(f"kept {pattern.kind}"), len(PLACES)):  # noqa: S311 - a seed
        ((_, offset, length),) = sample.leaks
        secret = sample.text[offset : offset + length]
        things = [Thing("any/thing", f"arn:aws:any:::{at}", place(sample.text)) for at, place in enumerate(PLACES)]
        named = Thing("any/thing", f"arn:aws:any:::{sample.text}", {})
        gap = Unknown("any:Call", "Refused", None, sample.text, f"refused: {sample.text}")
        kept = written(tmp_path / "s", *things, named, gaps=(gap,))
        assert secret not in kept
        assert json.dumps(secret)[1:-1] not in kept
        assert kept.count("[masked:") >= len(PLACES) + 3


@given(
    st.recursive(
        st.just(TOKEN) | st.text(max_size=8) | st.integers() | st.none(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8) | st.just(TOKEN), inner),
        max_leaves=8,
    )
)
def test_a_secret_is_taken_out_of_a_document_of_any_form(document: Any) -> None:
    kept = json.dumps(SEALING.thing(Thing("any/thing", "arn:aws:any:::x", {"Data": document})).data)
    assert TOKEN not in kept
    assert kept.count(mask("hugging-face-token", TOKEN)) == json.dumps(document).count(TOKEN)


def test_of_a_secret_the_same_mask_is_kept_wherever_it_stands() -> None:
    kept = SEALING.thing(Thing("any/thing", "arn:aws:any:::x", {"A": TOKEN, "B": f"token: {TOKEN}!"})).data
    assert kept["A"] == mask("hugging-face-token", TOKEN)
    assert kept["A"] in kept["B"]


@pytest.mark.parametrize(
    "data",
    [
        {"Tags": [{"Key": "db-password", "Value": "sommer2026"}]},
        {"Tags": {"db-password": "sommer2026"}},
        {"environment": [{"name": "DB_PASSWORD", "value": "sommer2026"}]},
        {"Environment": {"Variables": {"DB_PASSWORD": "sommer2026"}}},
        {"DefaultArguments": {"--db_password": "sommer2026"}},
        {"Parameters": [{"ParameterKey": "DbPassword", "ParameterValue": "sommer2026"}]},
        {"Description": "log in with password=sommer2026"},
    ],
)
def test_what_people_call_a_secret_is_kept_as_one(data: dict[str, Any]) -> None:
    kept = json.dumps(SEALING.thing(Thing("any/thing", "arn:aws:any:::x", data)).data)
    assert "sommer2026" not in kept
    assert mask("named-so", "sommer2026") in kept


@pytest.mark.parametrize(
    "data",
    [
        {"password_last_changed": "2026-11-23T12:00:00+00:00", "PasswordLastUsed": NOON, "HttpTokens": "required"},
        {"CodeSha256": "iC1lrqwLE3rxFzVTnH0HpZD0pXmNQkCzkX6q3sSyEwc="},
        {"SecretArn": "arn:aws:secretsmanager:::secret:a", "VersionId": "3HL4kqtJlcpXroDTDmJ.rmSpXd3dIbrHY"},
        {"SHA": "0f3a9c7be1d2468a" * 4, "RoleId": "AROAJ2UCCR6DPCEXAMPLE"},
        {"Condition": {"StringLike": {"token.actions.githubusercontent.com:repository_owner": "acme-models"}}},
        {"Resource": ["arn:*:secretsmanager:*:*:secret:serving-*", "arn:aws:ssm:::parameter/serving/token"]},
        {"Tags": [{"Key": "aws:cloudformation:stack-id", "Value": "arn:aws:cloudformation:::stack/a/3f25"}]},
        {UNSEEN: "secretsmanager:GetResourcePolicy: AccessDenied"},
        {"Versioning": True, "Count": 3, "Nothing": None, "Made": NOON},
    ],
)  # fmt: skip
def test_what_checks_need_stays_as_aws_tells_it(data: dict[str, Any]) -> None:
    assert SEALING.thing(Thing("any/thing", "arn:aws:any:::x", data)).data == data


def test_what_is_nested_deeper_than_anybody_looks_is_cut_and_can_be_read_back(tmp_path: Path) -> None:
    nested: Any = TOKEN
    for _ in range(100_000):
        nested = [nested]
    deep = Thing("any/thing", "arn:aws:any:::deep", {"Data": nested})
    assert NESTED in written(tmp_path / "s", deep, PLAIN)
    assert {place.thing.arn for place in snapshot.read(tmp_path / "s").places} == {deep.arn, PLAIN.arn}
    while nested:  # or the interpreter takes it apart by recursion
        nested = nested[0] if isinstance(nested, list) else None


def test_depth_is_counted_from_where_a_value_lies() -> None:
    nested: Any = []
    for _ in range(DEEPEST - 1):
        nested = {"a": nested}
    assert not is_deep(nested)
    assert is_deep({"a": nested})
    assert not is_deep({"a": nested}, 1)
