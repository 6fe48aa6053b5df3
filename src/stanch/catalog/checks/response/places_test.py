"""Edges of the checks of what answers a finding, and of the places that it needs."""

from typing import Any

import pytest
from tests.posturing import ACCOUNT, posture, rulings, verdicts
from tests.trusting import ASSET, EVERYTHING, READS, bucket, document, role, thing, trusting

from stanch.contracts.collector import Unknown
from stanch.domain.verdict import Ruling

HERE = f"eu-central-1:{ACCOUNT}"
ROOT = f"arn:aws:iam::{ACCOUNT}:root"
OTHER = "444455556666"
HIDDEN = {"$unseen": "any:Call: AccessDenied"}
DETECTOR = f"arn:aws:guardduty:{HERE}:detector/d1"
GRAVE = {"source": ["aws.guardduty"], "detail": {"severity": [{"numeric": [">=", 7]}]}}


def detector(**data: Any) -> dict[str, Any]:
    return thing("guardduty/detector", DETECTOR, {"Status": "ENABLED", "Administrator": None, **data})


def rule(pattern: Any, region: str = "eu-central-1", account: str = ACCOUNT, **data: Any) -> dict[str, Any]:
    told = {
        "Name": "r",
        "State": "ENABLED",
        "EventPattern": pattern,
        "Targets": [{"Id": "1", "Arn": "arn:aws:sns:r:a:t"}],
    }
    return thing("events/rule", f"arn:aws:events:{region}:{account}:rule/r", {**told, **data}, account)


@pytest.mark.parametrize(
    ("lines", "ruling"),
    [
        ([rule(GRAVE)], Ruling.PASS),
        (
            [
                rule(
                    {
                        "source": ["aws.securityhub"],
                        "detail": {"findings": {"Severity": {"Label": ["HIGH", "CRITICAL"]}}},
                    }
                )
            ],
            Ruling.PASS,
        ),
        ([rule({"source": ["aws.guardduty"], "detail": {"type": [{"prefix": "Exfiltration"}]}})], Ruling.PASS),
        ([rule({"source": ["aws.guardduty"], "detail": {"type": [{"prefix": "Recon"}]}})], Ruling.FAIL),
        ([rule(GRAVE, State="DISABLED")], Ruling.FAIL),
        ([rule(GRAVE, Targets=[])], Ruling.FAIL),
        ([rule(GRAVE, "us-east-1")], Ruling.FAIL),
        ([rule(GRAVE, account=OTHER)], Ruling.FAIL),
        ([], Ruling.FAIL),
    ],
)
def test_what_a_grave_finding_starts(lines: Any, ruling: Ruling) -> None:
    about = posture([detector(), *lines], regions=["eu-central-1"])
    assert rulings("response/findings_unheard", about)[DETECTOR] is ruling


def test_the_administrator_s_rule_hears_for_its_members() -> None:
    member = detector(Administrator={"AccountId": OTHER})
    assert rulings("response/findings_unheard", posture([member])) == {DETECTOR: Ruling.UNKNOWN}
    heard = rulings("response/findings_unheard", posture([member, rule(GRAVE, account=OTHER)]))
    assert heard[DETECTOR] is Ruling.PASS


def test_security_hub_gathers_findings_in_its_home() -> None:
    home = thing(
        "securityhub/account", f"arn:aws:securityhub:us-east-1:{ACCOUNT}:account", {"FindingAggregators": [{"x": 1}]}
    )
    lines = [detector(), home, rule({"source": ["aws.securityhub"]}, "us-east-1")]
    assert rulings("response/findings_unheard", posture(lines))[DETECTOR] is Ruling.PASS


RESPONDER = f"arn:aws:iam::{ACCOUNT}:role/responder"
DECLARED = f'[[principal]]\nmatch = "{RESPONDER}"\npurpose = "responder"\n'
BECOMES = {"Effect": "Allow", "Action": ["iam:UpdateAssumeRolePolicy", "sts:AssumeRole"], "Resource": RESPONDER}
LAMBDA = trusting({"Service": "lambda.amazonaws.com"})


@pytest.mark.parametrize(
    ("lines", "more", "ruling"),
    [
        ([role("operator", None, BECOMES)], "", Ruling.FAIL),
        (
            [role("operator", None, BECOMES)],
            f'[[principal]]\nmatch = "arn:aws:iam::{ACCOUNT}:role/operator"\npurpose = "admin"\n',
            Ruling.PASS,
        ),
        ([role("root-like", None, EVERYTHING)], "", Ruling.PASS),
        ([role("operator", None, READS)], "", Ruling.PASS),
        ([], "", Ruling.PASS),
    ],
)
def test_who_can_become_the_responder(lines: Any, more: str, ruling: Ruling) -> None:
    about = posture([role("responder", LAMBDA), *lines], DECLARED + more)
    assert rulings("response/responder_reachable", about) == {RESPONDER: ruling}


def test_a_responder_that_nobody_declared_or_saw() -> None:
    assert rulings("response/responder_reachable", posture([role("x")])) == {ROOT: Ruling.UNKNOWN}
    assert rulings("response/responder_reachable", posture([role("x")], DECLARED)) == {ROOT: Ruling.FAIL}
    gap = Unknown(
        "iam:GetAccountAuthorizationDetails", "AccessDenied", "iam:GetAccountAuthorizationDetails", "iam", "no"
    )
    assert rulings("response/responder_reachable", posture([], DECLARED, unknowns=[gap])) == {ROOT: Ruling.UNKNOWN}


ACCOUNT_ITSELF = thing("iam/account", ROOT, {"SummaryMap": {}})


@pytest.mark.parametrize(
    ("toml", "ruling"),
    [
        ('[response]\nnever_touch = ["arn:aws:iam::*:role/saviour"]\n', Ruling.PASS),
        ('[response]\nnever_touch = ["arn:aws:iam::*:role/nobody"]\n', Ruling.FAIL),
        ('[response]\nnever_touch = ["arn:aws:iam::*:role/reader"]\n', Ruling.FAIL),
        ('[response]\nmode = "ask"\n', Ruling.FAIL),
        (None, Ruling.UNKNOWN),
    ],
)
def test_whom_containment_spares(toml: str | None, ruling: Ruling) -> None:
    lines = [ACCOUNT_ITSELF, role("saviour", LAMBDA, EVERYTHING), role("reader", LAMBDA, READS)]
    assert rulings("response/break_glass_bound", posture(lines, toml)) == {ROOT: ruling}


def test_nobody_is_missed_where_nobody_was_listed() -> None:
    denied = "iam:GetAccountAuthorizationDetails"
    toml = '[response]\nnever_touch = ["arn:aws:iam::*:role/saviour"]\n'
    told = verdicts(
        "response/break_glass_bound",
        posture([ACCOUNT_ITSELF], toml, unknowns=[Unknown(denied, "AccessDenied", denied, "iam", "no")]),
    )
    assert [(one.resource, one.ruling) for one in told] == [(ROOT, Ruling.UNKNOWN)]


ORGANIZATION = f"arn:aws:organizations::{ACCOUNT}:organization/o-1"
FREEZE = '[response]\nfreeze_policy = "freeze"\n'
SPARED = {"ArnNotLike": {"aws:PrincipalArn": ["arn:*:iam::*:role/stanch-responder"]}}
STOP = {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": SPARED}


def organization(policies: Any = ("p-1",)) -> dict[str, Any]:
    told = list(policies) if isinstance(policies, tuple) else policies
    return thing("organizations/organization", ORGANIZATION, {"Id": "o-1", "SERVICE_CONTROL_POLICY": told})


def policy(*statements: Any, **data: Any) -> dict[str, Any]:
    told = {"Id": "p-1", "Name": "freeze", "Type": "SERVICE_CONTROL_POLICY", "Content": document(*statements)}
    arn = f"arn:aws:organizations::{ACCOUNT}:policy/o-1/service_control_policy/p-1"
    return thing("organizations/policy", arn, {**told, **data})


@pytest.mark.parametrize(
    ("lines", "toml", "ruling"),
    [
        ([organization(), policy(STOP)], FREEZE, Ruling.PASS),
        ([organization(), policy(STOP)], FREEZE.replace('"freeze"', '"p-1"'), Ruling.PASS),
        ([organization(), policy({**STOP, "Action": "iam:*"})], FREEZE, Ruling.FAIL),
        (
            [organization(), policy({"Effect": "Deny", "NotAction": "sts:*", "Resource": "*", "Condition": SPARED})],
            FREEZE,
            Ruling.PASS,
        ),
        ([organization(), policy({**STOP, "Effect": "Allow"})], FREEZE, Ruling.FAIL),
        ([organization(), policy(STOP, Name="other")], FREEZE, Ruling.FAIL),
        ([organization(), policy(STOP, Type="TAG_POLICY")], FREEZE, Ruling.FAIL),
        ([organization(), policy(STOP, Content=HIDDEN)], FREEZE, Ruling.UNKNOWN),
        ([organization(HIDDEN)], FREEZE, Ruling.UNKNOWN),
        ([organization(None)], FREEZE, Ruling.FAIL),
        ([organization(), policy(STOP)], '[response]\nmode = "ask"\n', Ruling.FAIL),
    ],
)
def test_what_would_freeze_an_account(lines: Any, toml: str, ruling: Ruling) -> None:
    assert rulings("response/freeze_unplaced", posture(lines, toml)) == {ORGANIZATION: ruling}


def test_an_account_in_no_organisation_is_not_asked_about() -> None:
    assert rulings("response/freeze_unplaced", posture([], FREEZE)) == {}


VPC = f"arn:aws:ec2:{HERE}:vpc/vpc-1"
OPEN = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]


def network(*egress: Any, instance: str = "g5.xlarge") -> list[dict[str, Any]]:
    groups = [
        thing("ec2/security-group", f"arn:aws:ec2:{HERE}:security-group/sg-{n}",
              {"GroupId": f"sg-{n}", "VpcId": "vpc-1", "IpPermissions": [], "IpPermissionsEgress": one})
        for n, one in enumerate(egress)
    ]  # fmt: skip
    host = {"InstanceId": "i-1", "InstanceType": instance, "VpcId": "vpc-1"}
    return [
        thing("ec2/vpc", VPC, {"VpcId": "vpc-1"}),
        thing("ec2/instance", f"arn:aws:ec2:{HERE}:instance/i-1", host),
        *groups,
    ]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (network(OPEN), {VPC: Ruling.FAIL}),
        (network(OPEN, []), {VPC: Ruling.PASS}),
        (network([{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "127.0.0.1/32"}]}]), {VPC: Ruling.PASS}),
        (
            network([{"IpProtocol": "-1", "IpRanges": [], "UserIdGroupPairs": [{"GroupId": "sg-1"}]}]),
            {VPC: Ruling.FAIL},
        ),
        (network(HIDDEN), {VPC: Ruling.FAIL}),
        (network(OPEN, instance="t3.micro"), {}),
    ],
)
def test_a_network_of_inference_hosts_has_an_empty_group(lines: Any, expected: Any) -> None:
    assert rulings("response/quarantine_unready", posture(lines)) == expected


KEPT = '[response.evidence]\nbucket = "evidence-eu"\n'


@pytest.mark.parametrize(
    ("lines", "toml", "accounts", "ruling"),
    [
        ([bucket("arn:aws:s3:::evidence-eu")], KEPT, [], Ruling.PASS),
        ([bucket("arn:aws:s3:::evidence-eu"), bucket()], KEPT + ASSET, [], Ruling.PASS),
        ([bucket("arn:aws:s3:::evidence-eu"), bucket()], KEPT + ASSET, [OTHER], Ruling.FAIL),
        ([bucket("arn:aws:s3:::evidence-eu", OTHER), bucket()], KEPT + ASSET, [], Ruling.PASS),
        ([], KEPT, [], Ruling.FAIL),
        ([], KEPT + f'account = "{OTHER}"\n', [], Ruling.UNKNOWN),
        ([], KEPT + f'[perimeter]\naccounts = ["{ACCOUNT}", "{OTHER}"]\n', [], Ruling.UNKNOWN),
        ([], '[response]\nmode = "ask"\n', [], Ruling.FAIL),
        ([], None, [], Ruling.UNKNOWN),
    ],
)
def test_where_evidence_is_kept(lines: Any, toml: str | None, accounts: Any, ruling: Ruling) -> None:
    found = verdicts("response/evidence_homeless", posture(lines, toml, accounts=[ACCOUNT, *accounts]))
    assert {one.ruling for one in found} == {ruling}
