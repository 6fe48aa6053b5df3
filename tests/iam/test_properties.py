"""What holds of every policy: denying more or allowing less never allows, widening never denies."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from stanch.iam import Caller, Policy, Request, evaluate, is_public, parse

Edit = Callable[[Policy], Iterator[Policy]]

HOME, AWAY = "111122223333", "444455556666"
ROLE, SESSION = f"arn:aws:iam::{HOME}:role/r", f"arn:aws:sts::{HOME}:assumed-role/r/s"
OBJECT = "arn:aws:s3:::b/k"

ACTIONS = st.sampled_from(["*", "s3:*", "s3:Get*", "s3:PutObject", "sts:AssumeRole"])
RESOURCES = st.sampled_from(["*", "arn:aws:s3:::b/*", OBJECT, "arn:aws:s3:::${aws:username}/k", "arn:aws:s3:::other"])
PRINCIPALS = st.sampled_from(["*", HOME, ROLE, SESSION, f"arn:aws:iam::{HOME}:root", f"arn:aws:iam::{AWAY}:root"])
CONDITIONS = st.sampled_from(
    [
        {},
        {"StringEquals": {"aws:username": "b"}},
        {"StringNotEquals": {"aws:username": "b"}},
        {"ForAllValues:StringLike": {"aws:TagKeys": ["a", "b*"]}},
        {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}, "Bool": {"aws:SecureTransport": True}},
        {"Null": {"aws:TokenIssueTime": "true"}},
    ]
)


def one_or_more(values: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    return values | st.lists(values, min_size=1, max_size=3)


@st.composite
def statements(draw: st.DrawFn, effect: str | None = None) -> dict[str, Any]:
    effect = effect or draw(st.sampled_from(["Allow", "Deny"]))
    statement: dict[str, Any] = {"Effect": effect, "Principal": {"AWS": draw(one_or_more(PRINCIPALS))}}
    statement[draw(st.sampled_from(["Action", "NotAction"]))] = draw(one_or_more(ACTIONS))
    statement[draw(st.sampled_from(["Resource", "NotResource"]))] = draw(one_or_more(RESOURCES))
    if condition := draw(CONDITIONS):
        statement["Condition"] = condition
    return statement


POLICIES = st.lists(statements(), max_size=4).map(lambda s: parse({"Version": "2012-10-17", "Statement": s}))
REQUESTS = st.builds(
    Request,
    st.sampled_from(
        [
            Caller("role-session", HOME, SESSION, ROLE),
            Caller("anonymous"),
            Caller("root", HOME, f"arn:aws:iam::{HOME}:root"),
        ]
    ),
    st.sampled_from(["s3:GetObject", "s3:PutObject"]),
    st.just(OBJECT),
    st.sampled_from([HOME, AWAY]),
    st.dictionaries(
        st.sampled_from(["aws:username", "aws:TagKeys", "aws:SourceIp"]),
        st.sampled_from([("b",), ("10.1.1.1",), ("a", "c")]),
    ),
)
LAYERS = st.fixed_dictionaries(
    {"identity": st.lists(POLICIES, max_size=2), "resource_policy": POLICIES},
    optional={
        "boundary": POLICIES,
        "session": POLICIES,
        "vpce": POLICIES,
        "scps": st.lists(st.lists(POLICIES, max_size=2), max_size=2),
        "rcps": st.lists(st.lists(POLICIES, max_size=2), max_size=2),
    },
)
KEYS = ["aws:username", "aws:TagKeys", "aws:SourceIp", "aws:SecureTransport", "aws:TokenIssueTime"]
SMALL = settings(max_examples=80, deadline=None)


def edited(layer: Any, edit: Edit) -> Iterator[Any]:
    """Every version of a layer with one of its policies edited once."""
    if isinstance(layer, Policy):
        yield from edit(layer)
        return
    for at, each in enumerate(layer):
        for other in edited(each, edit):
            yield [*layer[:at], other, *layer[at + 1 :]]


def with_layer_edited(layers: Mapping[str, Any], edit: Edit) -> Iterator[dict[str, Any]]:
    for name, layer in layers.items():
        for other in edited(layer, edit):
            yield {**layers, name: other}


def without_an_allow(policy: Policy) -> Iterator[Policy]:
    for index, statement in enumerate(policy.statements):
        if statement.effect == "Allow":
            yield policy.without([index])


def with_an_allow_widened(policy: Policy) -> Iterator[Policy]:
    everything = {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}
    for index, statement in enumerate(policy.statements):
        if statement.effect == "Allow":
            yield policy.without([index]).plus(everything)
            yield policy.without([index]).plus({k: v for k, v in statement.raw.items() if k != "Condition"})


@SMALL
@given(REQUESTS, LAYERS, statements("Deny"))
def test_adding_a_deny_never_allows(request: Request, layers: dict[str, Any], denial: dict[str, Any]) -> None:
    if not evaluate(request, **layers).allowed:
        for more in with_layer_edited(layers, lambda policy: iter([policy.plus(denial)])):
            assert not evaluate(request, **more).allowed


@SMALL
@given(REQUESTS, LAYERS)
def test_removing_an_allow_never_allows(request: Request, layers: dict[str, Any]) -> None:
    if not evaluate(request, **layers).allowed:
        for less in with_layer_edited(layers, without_an_allow):
            assert not evaluate(request, **less).allowed


@SMALL
@given(REQUESTS, LAYERS)
def test_widening_an_allow_never_denies(request: Request, layers: dict[str, Any]) -> None:
    if evaluate(request, **layers).allowed:
        for wider in with_layer_edited(layers, with_an_allow_widened):
            assert evaluate(request, **wider).allowed


@SMALL
@given(REQUESTS, LAYERS, st.sets(st.sampled_from(KEYS), min_size=1))
def test_what_is_decided_in_doubt_is_decided_so_whatever_the_truth(
    request: Request, layers: dict[str, Any], doubtful: set[str]
) -> None:
    known = {key: values for key, values in request.context.items() if key not in doubtful}
    in_doubt = evaluate(replace(request, context=known, unknown=frozenset(doubtful)), **layers)
    truths = [evaluate(request, **layers).allowed, evaluate(replace(request, context=known), **layers).allowed]
    if in_doubt.result == "Unknown":
        assert set(in_doubt.hangs_on) <= {key.lower() for key in doubtful}
        assert in_doubt.hangs_on
    else:
        assert truths == [in_doubt.allowed] * 2


@SMALL
@given(REQUESTS, LAYERS)
def test_a_decision_is_blocked_by_something_unless_it_allows(request: Request, layers: dict[str, Any]) -> None:
    decision = evaluate(request, **layers)
    assert decision.allowed == (not decision.blocked_by)
    assert decision.because or request.caller.kind == "root"


@SMALL
@given(POLICIES)
def test_printing_and_reading_again_changes_nothing(policy: Policy) -> None:
    assert parse(policy.to_json()) == policy
    assert json.dumps(parse(json.dumps(policy.to_json())).to_json()) == json.dumps(policy.to_json())


@SMALL
@given(POLICIES, statements("Deny"))
def test_adding_a_deny_opens_nothing(policy: Policy, denial: dict[str, Any]) -> None:
    assert is_public(policy) == is_public(policy.plus(denial))
