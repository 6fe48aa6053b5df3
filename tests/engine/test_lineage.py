"""Lineage: whoever opened a session answers for it, in whatever order the log tells."""

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from stanch.domain.event import Event
from stanch.engine.lineage import Lineage

START = datetime(2026, 5, 1, 12, tzinfo=UTC)
ALICE = "arn:aws:iam::111122223333:user/alice"


def session(role: str, name: str, account: str = "111122223333") -> str:
    return f"arn:aws:sts::{account}:assumed-role/{role}/{name}"


def event(minute: int, record: dict[str, Any]) -> Event:
    return Event(f"e{minute}", START + timedelta(minutes=minute), "cloudtrail", "f", record)


def assumed(minute: int, by: str, key: str, new_key: str, new_arn: str, **more: Any) -> Event:
    kind = "AssumedRole" if ":sts:" in by else "IAMUser"
    return event(
        minute,
        {
            "eventSource": "sts.amazonaws.com",
            "eventName": "AssumeRole",
            "userIdentity": {"type": kind, "arn": by, "accountId": "111122223333", "accessKeyId": key},
            "requestParameters": {"roleArn": f"arn:aws:iam::111122223333:role/team/{new_arn.split('/')[1]}"},
            "responseElements": {"credentials": {"accessKeyId": new_key}, "assumedRoleUser": {"arn": new_arn}},
            **more,
        },
    )


CHAIN = (
    assumed(0, ALICE, "AKIA1", "ASIA1", session("build", "a")),
    assumed(1, session("build", "a"), "ASIA1", "ASIA2", session("deploy", "b")),
    assumed(2, session("deploy", "b"), "ASIA2", "ASIA3", session("data", "c")),
)


def noted(*events: Event) -> Lineage:
    lineage = Lineage()
    for each in events:
        lineage.note(each)
    return lineage


def test_a_chain_of_roles_leads_back_to_the_user_in_any_order() -> None:
    for order in itertools.permutations(CHAIN):
        lineage = noted(*order)
        assert lineage.origin("ASIA3", session("data", "c")) == ALICE
        assert lineage.sessions_of(ALICE) == {session("build", "a"), session("deploy", "b"), session("data", "c")}


def test_roles_of_an_origin_keep_their_paths() -> None:
    assert noted(*CHAIN).roles_of(ALICE) == {
        f"arn:aws:iam::111122223333:role/team/{name}" for name in ("build", "deploy", "data")
    }


def test_an_unknown_key_is_its_own_origin() -> None:
    assert noted(*CHAIN).origin("ASIA9", session("data", "c")) == session("data", "c")
    assert noted().origin(None, ALICE) == ALICE


def test_a_session_without_a_key_is_found_by_its_arn() -> None:
    assert noted(*CHAIN).origin(None, session("data", "c")) == ALICE


def test_a_session_name_that_two_callers_chose_tells_nothing_without_the_key() -> None:
    bob = "arn:aws:iam::111122223333:user/bob"
    shared = session("data", "c")
    lineage = noted(assumed(0, ALICE, "AKIA1", "ASIA1", shared), assumed(1, bob, "AKIA2", "ASIA2", shared))
    assert lineage.origin(None, shared) == shared
    assert (lineage.origin("ASIA1", shared), lineage.origin("ASIA2", shared)) == (ALICE, bob)


def test_a_refused_call_hands_out_nothing() -> None:
    lineage = noted(assumed(0, ALICE, "AKIA1", "ASIA1", session("build", "a"), errorCode="AccessDenied"))
    assert lineage.origin("ASIA1", session("build", "a")) == session("build", "a")


def test_a_service_that_starts_an_instance_is_no_origin() -> None:
    host = session("vllm-serving", "i-0123456789abcdef0")
    by_ec2 = {"userIdentity": {"type": "AWSService", "invokedBy": "ec2.amazonaws.com"}}
    assert noted(assumed(0, ALICE, "", "ASIA1", host, **by_ec2)).origin("ASIA1", host) == host


def test_a_key_made_for_another_leads_back_to_its_maker_and_his_old_key_does_not() -> None:
    bob = "arn:aws:iam::111122223333:user/bob"
    made = event(
        0,
        {
            "eventName": "CreateAccessKey",
            "userIdentity": {"type": "IAMUser", "arn": ALICE, "accountId": "111122223333", "accessKeyId": "AKIA1"},
            "responseElements": {"accessKey": {"accessKeyId": "AKIA2", "userName": "bob"}},
        },
    )
    lineage = noted(made)
    assert lineage.origin("AKIA2", bob) == ALICE
    assert lineage.origin("AKIA-OLD", bob) == bob
    assert lineage.origin(None, bob) == bob
    assert lineage.sessions_of(ALICE) == {bob}


def test_session_tokens_of_a_user_stay_his() -> None:
    token = event(
        0,
        {
            "eventName": "GetSessionToken",
            "userIdentity": {"type": "IAMUser", "arn": ALICE, "accessKeyId": "AKIA1"},
            "responseElements": {"credentials": {"accessKeyId": "ASIA1"}},
        },
    )
    assert noted(token).origin("ASIA1", ALICE) == ALICE


def test_a_cycle_of_claims_ends_and_is_the_same_from_every_point() -> None:
    one, two = session("a", "x"), session("b", "y")
    lineage = noted(assumed(0, one, "K1", "K2", two), assumed(1, two, "K2", "K1", one))
    assert lineage.origin("K1", one) == lineage.origin("K2", two) == min(one, two)


def test_of_two_claims_to_one_key_the_older_is_believed() -> None:
    target = session("data", "c")
    claims = (assumed(5, "arn:aws:iam::1:user/late", "K8", "K1", target), assumed(1, ALICE, "K9", "K1", target))
    assert {noted(*order).origin("K1", target) for order in itertools.permutations(claims)} == {ALICE}


def test_a_chain_of_ten_thousand_ends() -> None:
    links = [assumed(n, session("r", str(n)), f"K{n}", f"K{n + 1}", session("r", str(n + 1))) for n in range(10_000)]
    assert noted(*links).origin("K10000", session("r", "10000")) == session("r", "0")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.fixed_dictionaries(
        {"eventName": st.sampled_from(["AssumeRole", "CreateAccessKey", "GetSessionToken"])},
        optional=dict.fromkeys(("userIdentity", "requestParameters", "responseElements", "errorCode"), json_values),
    )
)
@settings(max_examples=150, deadline=None)
def test_any_record_is_noted_without_an_exception(record: dict[str, Any]) -> None:
    lineage = noted(event(0, record))
    lineage.origin("k", "arn")
    lineage.sessions_of("arn")
