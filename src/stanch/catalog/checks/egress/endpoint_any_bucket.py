"""A network without a way to the internet still has one to S3: an endpoint that admits any bucket admits a stranger's.

VPC User Guide, "Endpoint policies for gateway endpoints": without a policy of your own everything is allowed.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from stanch.catalog.checks._hosts import Host, Hosts
from stanch.catalog.checks._things import blind, evidence, in_region
from stanch.contracts.check import GDPR, ISO, NIS2, NIST, About, Judged, Posture
from stanch.contracts.collector import Place, unseen
from stanch.domain.arn import Arn
from stanch.domain.estate import Asset
from stanch.domain.severity import Severity
from stanch.domain.verdict import Remedy, Row, Ruling
from stanch.iam import Caller, Decision, Policy, PolicyError, Request, evaluate, parse

ABOUT = About(
    title="A network endpoint lets hosts that hold a model write to anybody's bucket",
    row=Row.EGRESS,
    severity=Severity.HIGH,
    controls={
        NIST: ("AC-4", "SC-7(5)"),
        ISO: ("A.8.12", "A.8.22"),
        GDPR: ("Art. 32(1)(b)",),
        NIS2: ("Art. 21(2)(e)",),
    },
)
_STRANGER = "000000000000"
"""No account has this number."""
_ALL = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
_ANYBODY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}],
}
_TEMPLATE = """\
PolicyDocument:
  Version: "2012-10-17"
  Statement:
    - Effect: Allow
      Principal: "*"
      Action: "*"
      Resource: "*"
      Condition:
        StringEquals:
          aws:ResourceAccount:
            - Ref: AWS::AccountId
"""


def judge(posture: Posture) -> Iterator[Judged]:
    """See `contracts.check.Check`."""
    yield from blind(posture, "ec2/network", "ec2", "ec2:DescribeVpcEndpoints")
    told = [str(place.thing.data.get("Id")) for place in posture.of("organizations/organization")]
    ours = (*posture.estate.perimeter.organizations, *told)[:1]
    hosts: dict[str, list[Host]] = defaultdict(list)
    for host in Hosts(posture).holding:
        for vpc in {one.vpc for one in host.interfaces}:
            hosts[vpc].append(host)
    for place in posture.of("ec2/vpc-endpoint"):
        here = hosts.get(str(place.thing.data.get("VpcId")), [])
        if here and _is_of_s3(str(place.thing.data.get("ServiceName"))):
            yield _judged(place, here, ours)


def _is_of_s3(service: str) -> bool:
    return service.rpartition(".")[2] in ("s3", "s3express") or service.endswith("s3-global.accesspoint")


def _judged(place: Place, hosts: list[Host], ours: tuple[str, ...]) -> Judged:
    assets: tuple[Asset, ...] = tuple(dict.fromkeys(asset for host in hosts for asset in host.assets))
    ruling, why = _ruling(place, hosts[0], ours)
    failed = ruling is Ruling.FAIL
    return Judged(
        place.thing.arn,
        place.account,
        place.region,
        ruling,
        why,
        assets,
        (evidence(place, "PolicyDocument"),),
        _way(place, hosts) if failed else (),
        _remedy(place) if failed else None,
    )


def _ruling(place: Place, host: Host, ours: tuple[str, ...]) -> tuple[Ruling, str]:
    document = place.thing.data.get("PolicyDocument")
    if unseen(document):
        return Ruling.UNKNOWN, f"not seen: {unseen(document)}"
    if document is None:
        return Ruling.FAIL, "it has no policy of its own, and then admits every bucket of everybody"
    if not isinstance(document, Mapping):
        return Ruling.UNKNOWN, "not read: its policy is no JSON object"
    try:
        policy = parse(document)
        by_role, by_stranger = _of_host(place, host, ours, policy), _of_stranger(place, host, policy)
    except PolicyError as error:
        return Ruling.UNKNOWN, f"not read: its policy ({error})"
    if by_role.allowed:
        return Ruling.FAIL, "its policy admits a bucket of any account"
    if by_stranger.allowed:
        return Ruling.FAIL, "its policy admits a stranger's own key to the stranger's own bucket"
    hangs = sorted({*by_role.hangs_on, *by_stranger.hangs_on})
    if hangs:
        return Ruling.UNKNOWN, f"whether it admits a stranger's bucket hangs on {', '.join(hangs)}"
    return Ruling.PASS, "its policy refuses to write to a stranger's bucket"


def _of_host(place: Place, host: Host, ours: tuple[str, ...], policy: Policy) -> Decision:
    """Whether the endpoint lets the host's role write to a bucket of an account that nobody knows."""
    role = host.role or str(Arn(Arn.parse(host.arn).partition, "iam", "", place.account, "role/host"))
    return _asked(place, role, host.name, policy, {"aws:PrincipalOrgID": ours} if ours else {})


def _of_stranger(place: Place, host: Host, policy: Policy) -> Decision:
    """Whether it lets a key that was brought along write to a bucket of the same stranger."""
    role = str(Arn(Arn.parse(host.arn).partition, "iam", "", _STRANGER, "role/thief"))
    known = {"aws:PrincipalOrgID": ("o-stranger",), "aws:PrincipalOrgPaths": ("o-stranger/r-stranger/",)}
    return _asked(place, role, "thief", policy, known)


def _asked(place: Place, role: str, session: str, policy: Policy, more: Mapping[str, tuple[str, ...]]) -> Decision:
    arn = Arn.parse(role)
    name = str(Arn(arn.partition, "sts", "", arn.account, f"assumed-role/{arn.name}/{session}"))
    request = Request(
        Caller("role-session", arn.account, name, role),
        "s3:PutObject",
        str(Arn(arn.partition, "s3", "", "", "bucket-of-a-stranger/model")),
        _STRANGER,
        context={**_context(place, role, arn.account), **more},
        unknown=frozenset({"*"}),
    )
    return evaluate(request, identity=(parse(_ALL),), resource_policy=parse(_ANYBODY), vpce=policy)


def _context(place: Place, role: str, account: str) -> dict[str, tuple[str, ...]]:
    told: dict[str, Any] = {
        "aws:ResourceAccount": _STRANGER,
        "aws:ResourceOrgID": "o-stranger",
        "aws:ResourceOrgPaths": "o-stranger/r-stranger/",
        "s3:ResourceAccount": _STRANGER,
        "aws:PrincipalAccount": account,
        "aws:PrincipalArn": role,
        "aws:SourceVpc": place.thing.data.get("VpcId"),
        "aws:SourceVpce": place.thing.data.get("VpcEndpointId"),
        "aws:SecureTransport": "true",
    }
    return {key: (str(value),) for key, value in told.items() if value}


def _way(place: Place, hosts: list[Host]) -> tuple[str, ...]:
    names = ", ".join(host.name for host in hosts[:3])
    return (
        f"whoever runs code on {names}, with the host's role or a key that he brought along",
        f"aws s3 cp to a bucket of his own through {place.thing.data.get('VpcEndpointId')}: no internet needed",
        f"{hosts[0].loot()}",
    )


def _remedy(place: Place) -> Remedy:
    name = place.thing.arn.rpartition("/")[2]
    modify = ("aws", "ec2", "modify-vpc-endpoint", "--vpc-endpoint-id", name, "--policy-document")
    return Remedy(
        "Let the endpoint admit buckets of your own accounts only; the buckets of AWS that hosts need (package "
        "mirrors, ECR layers) are named in a statement of their own.",
        ((*modify, "file://own-buckets-only.json", *in_region(place.region)),),
        _TEMPLATE,
    )
