"""Lineage: whoever opened a session answers for it, in whatever order the log tells."""

import itertools
import pickle
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stanch.domain.event import Event
from stanch.engine import lineage as lineage_module
from stanch.engine.lineage import Lineage
from stanch.engine.makers import Maker

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
            "eventSource": "iam.amazonaws.com",
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
            "eventSource": "sts.amazonaws.com",
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


def by(minute: int, arn: str, key: str, service: str, name: str, **more: Any) -> Event:
    identity = {"type": "AssumedRole", "arn": arn, "accountId": "111122223333", "accessKeyId": key}
    source = f"{service}.amazonaws.com"
    return event(minute, {"eventSource": source, "eventName": name, "userIdentity": identity, **more})


PAIRS = [
    ("sts.amazonaws.com", "AssumeRole"),
    ("sts.amazonaws.com", "GetSessionToken"),
    ("signin.amazonaws.com", "GetSigninToken"),
    ("signin.amazonaws.com", "SwitchRole"),
    ("iam.amazonaws.com", "CreateAccessKey"),
    ("iam.amazonaws.com", "CreateUser"),
    ("ec2.amazonaws.com", "RunInstances"),
    ("ec2.amazonaws.com", "ModifyInstanceAttribute"),
    ("ssm.amazonaws.com", "SendCommand"),
    ("lambda.amazonaws.com", "UpdateFunctionCode20150331v2"),
    ("ecs.amazonaws.com", "RunTask"),
    ("cloudformation.amazonaws.com", "CreateStack"),
    ("datapipeline.amazonaws.com", "PutPipelineDefinition"),
]
FIELDS = ("userIdentity", "requestParameters", "responseElements", "additionalEventData", "errorCode")
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.fixed_dictionaries(
        {"pair": st.sampled_from(PAIRS)},
        optional=dict.fromkeys(FIELDS, json_values),
    )
)
@settings(max_examples=150, deadline=None)
def test_any_record_is_noted_without_an_exception(record: dict[str, Any]) -> None:
    source, name = record.pop("pair")
    lineage = noted(event(0, {"eventSource": source, "eventName": name, **record}))
    lineage.origin("k", "arn")
    lineage.sessions_of("arn")
    lineage.makers_of("k", "arn")


def test_a_record_whose_names_are_no_text_is_passed_over() -> None:
    assert noted(event(0, {"eventSource": ["sts.amazonaws.com"], "eventName": {"a": 1}})).links == set()


def test_wants_only_what_note_would_remember() -> None:
    assert Lineage.wants("sts.amazonaws.com", "AssumeRole")
    assert not Lineage.wants("s3.amazonaws.com", "GetObject")
    assert not Lineage.wants("evil.example", "AssumeRole")
    elsewhere = event(0, {**assumed(0, ALICE, "AKIA1", "ASIA1", session("build", "a")).record, "eventSource": "x"})
    assert noted(elsewhere).links == set()


def test_a_console_session_belongs_to_the_key_that_asked_for_its_token() -> None:
    token = by(1, session("build", "a"), "ASIA1", "signin", "GetSigninToken")
    lineage = noted(assumed(0, ALICE, "AKIA1", "ASIA1", session("build", "a")), token)
    assert lineage.origin("ASIA-OF-THE-CONSOLE", session("build", "a")) == ALICE


def test_two_keys_that_ask_for_a_token_under_one_name_leave_the_console_session_to_itself() -> None:
    name, bob = session("build", "a"), "arn:aws:iam::111122223333:user/bob"
    handed = (assumed(0, ALICE, "AKIA1", "ASIA1", name), assumed(1, bob, "AKIA2", "ASIA2", name))
    tokens = tuple(by(n, name, f"ASIA{n}", "signin", "GetSigninToken") for n in (1, 2))
    assert noted(*handed, *tokens).origin("ASIA-OF-THE-CONSOLE", name) == name


def test_a_federated_user_is_whoever_federated_him_under_any_key() -> None:
    federated = "arn:aws:sts::111122223333:federated-user/temp"
    asked = by(
        0, ALICE, "AKIA1", "sts", "GetFederationToken",
        responseElements={"credentials": {"accessKeyId": "ASIA1"}, "federatedUser": {"arn": federated}},
    )  # fmt: skip
    assert noted(asked).origin("ASIA1", federated) == noted(asked).origin("ASIA-CONSOLE", federated) == ALICE


def test_a_caller_without_a_name_is_no_origin_but_one_of_another_account_is() -> None:
    saml = {"userIdentity": {"type": "SAMLUser", "principalId": "x=:ann", "userName": "ann"}}
    target = session("sso", "ann")
    assert noted(assumed(0, ALICE, "", "ASIA1", target, **saml)).origin("ASIA1", target) == target
    foreign = {"userIdentity": {"type": "AWSAccount", "principalId": "AIDAFAR", "accountId": "999988887777"}}
    assert noted(assumed(0, ALICE, "", "ASIA1", target, **foreign)).origin("ASIA1", target) == "999988887777:AIDAFAR"


MADE = (
    (
        "iam",
        "CreateUser",
        {"requestParameters": {"userName": "eve"}},
        "AKIA9",
        "arn:aws:iam::111122223333:user/path/eve",
    ),
    (
        "iam",
        "CreateLoginProfile",
        {"requestParameters": {"userName": "eve"}},
        "ASIA9",
        "arn:aws:iam::111122223333:user/eve",
    ),
    ("iam", "UpdateAssumeRolePolicy", {"requestParameters": {"roleName": "old"}}, "ASIA9", session("old", "anything")),
    (
        "iam",
        "CreateOpenIDConnectProvider",
        {"responseElements": {"openIDConnectProviderArn": "arn:aws:iam::111122223333:oidc-provider/evil.example/x"}},
        None,
        "arn:aws:iam::111122223333:oidc-provider/evil.example/x:aud:sub",
    ),
    (
        "ec2",
        "RunInstances",
        {"responseElements": {"instancesSet": {"items": [{"instanceId": "i-0123456789abcdef0"}]}}},
        "ASIA9",
        session("web", "i-0123456789abcdef0"),
    ),
    (
        "ssm",
        "SendCommand",
        {"requestParameters": {"instanceIds": ["i-0123456789abcdef0"]}},
        "ASIA9",
        session("web", "i-0123456789abcdef0"),
    ),
    (
        "lambda",
        "CreateFunction20150331",
        {"responseElements": {"functionName": "f", "role": "arn:aws:iam::111122223333:role/service-role/fr"}},
        "ASIA9",
        session("fr", "f"),
    ),
    (
        "ecs",
        "RunTask",
        {"responseElements": {"tasks": [{"taskArn": "arn:aws:ecs:eu-central-1:111122223333:task/c/0a1b"}]}},
        "ASIA9",
        session("task", "0a1b"),
    ),
)


@pytest.mark.parametrize(("service", "name", "fields", "key", "arn"), MADE, ids=[made[1] for made in MADE])
def test_who_makes_an_identity_stands_behind_it_but_is_not_its_origin(
    service: str, name: str, fields: dict[str, Any], key: str | None, arn: str
) -> None:
    lineage = noted(*CHAIN, by(9, session("data", "c"), "ASIA3", service, name, **fields))
    assert lineage.origin(key, arn) == arn
    (maker,) = lineage.makers_of(key, arn)
    assert (maker.origin, maker.time) == (ALICE, START.timestamp())
    refused = noted(*CHAIN, by(9, session("data", "c"), "ASIA3", service, name, errorCode="AccessDenied", **fields))
    assert refused.makers_of(key, arn) == []


POWER = "arn:aws:iam::111122223333:role/service-role/power"
LENT: tuple[tuple[str, str, dict[str, Any], str], ...] = (
    ("sagemaker", "CreateNotebookInstance", {"roleArn": POWER, "rootAccess": "Enabled"}, "SageMaker"),
    ("glue", "CreateJob", {"name": "etl", "role": "power"}, "GlueJobRunnerSession"),
    ("glue", "UpdateJob", {"jobName": "etl", "jobUpdate": {"role": POWER}}, "GlueJobRunnerSession"),
    ("cloudformation", "CreateStack", {"stackName": "s", "roleARN": POWER}, "AWSCloudFormation"),
    ("cloudformation", "ExecuteChangeSet", {"stackName": "s", "changeSetName": "c"}, "AWSCloudFormation"),
    ("states", "CreateStateMachine", {"name": "m", "roleArn": POWER}, "R5E7IDMCZVPDRZDEYWOW7V2V2ZXPV32Q"),
    (
        "events",
        "PutTargets",
        {"rule": "r", "targets": [{"id": "1", "roleArn": POWER}]},
        "f0e1d2c3b4a5968778695a4b3c2d1e0f",
    ),
    ("scheduler", "CreateSchedule", {"name": "n", "target": {"roleArn": POWER}}, "4d48fdde1ad8838309de1e9b3b677232"),
    (
        "batch",
        "RegisterJobDefinition",
        {"containerProperties": {"jobRoleArn": POWER}},
        "1f96e4970de6eb8281737ea26bd267a8",
    ),
    ("ecs", "RegisterTaskDefinition", {"family": "f", "taskRoleArn": POWER}, "0a1b2c3d4e5f60718293a4b5c6d7e8f9"),
    ("airflow", "CreateEnvironment", {"Name": "e", "ExecutionRoleArn": POWER}, "AmazonMWAA-airflow"),
    ("s3", "CreateJob", {"CreateJobRequest": {"RoleArn": POWER, "Priority": 10}}, "s3-batch-operations_eeeee548"),
    (
        "datapipeline",
        "PutPipelineDefinition",
        {"pipelineObjects": [{"id": "Default", "fields": [{"key": "resourceRole", "stringValue": "power"}]}]},
        "i-0042101feff03d1aa",
    ),
    (
        "ssm",
        "StartAutomationExecution",
        {"documentName": "d", "parameters": {"AutomationAssumeRole": [POWER]}},
        "Automation_3f6c1e9a",
    ),
    (
        "apprunner",
        "CreateService",
        {"serviceName": "s", "instanceConfiguration": {"instanceRoleArn": POWER}},
        "636c08d56782d3c409bca209429079b0",
    ),
    ("emr-serverless", "StartJobRun", {"applicationId": "a", "executionRoleArn": POWER}, "00f2"),
    ("bedrock-agentcore", "CreateCodeInterpreter", {"executionRoleArn": POWER}, "BedrockAgentCore-7552b779"),
    ("eks", "CreatePodIdentityAssociation", {"name": "c", "roleArn": POWER}, "eks-stg-shell-1904f5cc"),
)


@pytest.mark.parametrize(("service", "name", "asked", "session_name"), LENT, ids=[f"{row[0]}-{row[1]}" for row in LENT])
def test_who_passes_a_role_to_a_service_stands_behind_the_sessions_that_it_opens(
    service: str, name: str, asked: dict[str, Any], session_name: str
) -> None:
    lent, opened = by(9, ALICE, "AKIA1", service, name, requestParameters=asked), session("power", session_name)
    lineage = noted(lent)
    assert lineage.origin("ASIA9", opened) == opened
    assert lineage.makers_of("ASIA9", opened) == [Maker(ALICE, START.timestamp(), lent=True)]
    assert lineage.makers_of("ASIA9", session("power", session_name, account="444455556666")) == []
    assert lineage.makers_of("ASIA9", session("other", "x")) == []
    refused = by(9, ALICE, "AKIA1", service, name, requestParameters=asked, errorCode="AccessDenied")
    assert noted(refused).makers_of("ASIA9", opened) == []


def test_who_passes_a_role_does_not_stand_behind_somebody_who_assumed_it_himself() -> None:
    lent = by(0, ALICE, "AKIA1", "glue", "CreateJob", requestParameters={"role": POWER})
    bob = "arn:aws:iam::111122223333:user/bob"
    own = session("power", "bob")
    for how in ({}, {"userIdentity": {"type": "SAMLUser", "principalId": "x=:bob", "userName": "bob"}}):
        lineage = noted(lent, assumed(1, bob, "AKIA2", "ASIA2", own, **how))
        assert lineage.makers_of("ASIA2", own) == lineage.makers_of(None, own) == []
        assert [maker.origin for maker in lineage.makers_of("ASIA9", session("power", "GlueJobRunnerSession"))] == [
            ALICE
        ]


def test_a_session_of_a_service_that_asks_for_a_console_stays_the_services() -> None:
    lent = by(0, ALICE, "AKIA1", "sagemaker", "CreateNotebookInstance", requestParameters={"roleArn": POWER})
    opened = session("power", "SageMaker")
    lineage = noted(lent, by(1, opened, "ASIA9", "signin", "GetSigninToken"))
    assert [maker.origin for maker in lineage.makers_of("ASIA9", opened)] == [ALICE]


def test_of_a_request_that_names_roles_without_end_some_are_remembered() -> None:
    targets = [{"roleArn": f"arn:aws:iam::111122223333:role/r{n}"} for n in range(9000)]
    assert len(noted(by(0, ALICE, "AKIA1", "events", "PutTargets", requestParameters={"t": targets})).makings) == 50
    deep: Any = {"roleArn": POWER}
    for _ in range(9000):
        deep = {"a": [deep]}
    assert not noted(by(0, ALICE, "AKIA1", "events", "PutTargets", requestParameters=deep)).makings


def test_a_password_made_for_a_user_says_nothing_of_his_long_term_keys() -> None:
    made = by(0, ALICE, "AKIA1", "iam", "UpdateLoginProfile", requestParameters={"userName": "bob"})
    bob = "arn:aws:iam::111122223333:user/bob"
    assert noted(made).makers_of("AKIABOB", bob) == []
    assert [maker.origin for maker in noted(made).makers_of("ASIABOB", bob)] == [ALICE]


def test_makers_of_makers_are_found_and_a_ring_of_makers_ends() -> None:
    names = ("ann", "ben", "cid")
    users = [f"arn:aws:iam::111122223333:user/{name}" for name in names]
    ring = [
        by(n, users[n], f"AKIA{n}", "iam", "CreateUser", requestParameters={"userName": names[(n + 1) % 3]})
        for n in range(3)
    ]
    assert {maker.origin for maker in noted(*ring).makers_of("AKIA0", users[0])} == set(users)


def test_an_instance_that_auto_scaling_launched_has_no_maker() -> None:
    service = {"userIdentity": {"type": "AWSService", "invokedBy": "autoscaling.amazonaws.com"}}
    launched = by(
        0, ALICE, "", "ec2", "RunInstances", **service,
        responseElements={"instancesSet": {"items": [{"instanceId": "i-0123456789abcdef0"}]}},
    )  # fmt: skip
    assert noted(launched).makers_of("ASIA9", session("web", "i-0123456789abcdef0")) == []


STREAM = (
    *CHAIN,
    assumed(3, ALICE, "AKIA1", "ASIA4", session("build", "a")),
    assumed(4, "arn:aws:iam::111122223333:user/late", "AKIA8", "ASIA3", session("data", "c")),
    by(5, session("data", "c"), "ASIA3", "signin", "GetSigninToken"),
    by(6, session("data", "c"), "ASIA3", "iam", "CreateUser", requestParameters={"userName": "eve"}),
    assumed(7, "arn:aws:iam::111122223333:user/eve", "AKIAEVE", "ASIA5", session("deep", "d")),
    assumed(8, session("ring", "x"), "R1", "R2", session("ring", "y")),
    assumed(9, session("ring", "y"), "R2", "R1", session("ring", "x")),
)
ASKED = (
    ("ASIA3", session("data", "c")), ("ASIA-CONSOLE", session("data", "c")), (None, session("build", "a")),
    ("ASIA5", session("deep", "d")), ("R1", session("ring", "x")), (None, session("ring", "y")),
)  # fmt: skip


def answers(lineage: Lineage) -> list[object]:
    return [
        (lineage.origin(*node), sorted(lineage.makers_of(*node)), sorted(lineage.sessions_of(lineage.origin(*node))))
        for node in ASKED
    ]


@given(st.permutations(STREAM), st.lists(st.integers(0, 3), min_size=len(STREAM), max_size=len(STREAM)), st.booleans())
@settings(max_examples=60, deadline=None)
def test_any_partition_in_any_order_gives_the_same_answers(order: list[Event], parts: list[int], travels: bool) -> None:
    workers = [Lineage() for _ in range(4)]
    for each, part in zip(order, parts, strict=True):
        workers[part].note(each)
        workers[part].origin("ASIA3", session("data", "c"))  # an early question must not freeze the answer
    whole = Lineage()
    for worker in workers:
        whole.absorb(pickle.loads(pickle.dumps(worker)) if travels else worker)  # noqa: S301 - our own bytes
    assert answers(whole) == answers(noted(*STREAM))


def test_the_newest_are_remembered_whatever_the_order_and_what_was_forgotten_is_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(lineage_module, "MOST_LINKS", 10)
    events = [assumed(n, ALICE, "AKIA1", f"ASIA{n}", session("r", str(n))) for n in range(40)]
    forward, backward = noted(*events), noted(*reversed(events))
    for lineage in (forward, backward):
        assert lineage.origin("ASIA39", session("r", "39")) == ALICE
        assert lineage.origin("ASIA29", session("r", "29")) == session("r", "29")
        assert (len(lineage.links), lineage.forgotten) == (10, 30)


def test_the_time_of_all_answers_grows_with_the_chain_and_not_with_its_square() -> None:
    def steps(length: int) -> int:
        links = [
            assumed(0, session("r", str(n)), f"K{n}", f"K{n + 1}", session("r", str(n + 1))) for n in range(length)
        ]
        lineage = noted(*links)
        lineage.origin(f"K{length // 2}", session("r", str(length // 2)))
        calls = 0

        def count(frame: object, event: str, arg: object) -> None:
            nonlocal calls
            calls += event == "call"

        sys.setprofile(count)
        try:
            assert len(lineage.sessions_of(session("r", "0"))) == length
        finally:
            sys.setprofile(None)
        return calls

    assert steps(4000) < 5 * steps(1000)
