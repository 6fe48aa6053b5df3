"""A host is cut off by giving it a group without a rule; such a group must be in its own network, and be there.

VPC User Guide, "Security groups": a group belongs to one network. stanch makes one for each incident, where it may.
"""

from collections import defaultdict
from collections.abc import Iterator

from stanch.catalog.checks._hosts import Host, Hosts, blind_to_hosts
from stanch.catalog.checks._things import evidence, gap, in_region, listed
from stanch.contracts.check import ISO, NIS2, NIST, About, Judged, Posture
from stanch.contracts.collector import Place, unseen
from stanch.domain.severity import Severity
from stanch.domain.verdict import Remedy, Row, Ruling

ABOUT = About(
    title="No empty security group waits where inference hosts are",
    row=Row.RESPONSE,
    severity=Severity.LOW,
    controls={NIST: ("IR-4", "SC-7(21)"), ISO: ("A.5.24", "A.8.22"), NIS2: ("Art. 21(2)(b)",)},
)
_TEMPLATE = """\
Type: AWS::EC2::SecurityGroup
Properties:
  GroupDescription: for a host that is cut off
  VpcId: !Ref Vpc
  SecurityGroupEgress:
    - {IpProtocol: "-1", CidrIp: 127.0.0.1/32, Description: nothing}
"""


def judge(posture: Posture) -> Iterator[Judged]:
    """See `contracts.check.Check`."""
    yield from blind_to_hosts(posture)
    hosts: dict[str, list[Host]] = defaultdict(list)
    for host in Hosts(posture).inference:
        hosts[str(host.data.get("VpcId"))].append(host)
    groups: dict[str, list[Place]] = defaultdict(list)
    for place in posture.of("ec2/security-group"):
        groups[str(place.thing.data.get("VpcId"))].append(place)
    for place in posture.of("ec2/vpc"):
        name = str(place.thing.data.get("VpcId"))
        if name in hosts:
            yield _judged(posture, place, hosts[name], groups.get(name, []))


def _judged(posture: Posture, place: Place, hosts: list[Host], groups: list[Place]) -> Judged:
    empty = [one for one in groups if _is_empty(one)]
    assets = tuple(dict.fromkeys(asset for host in hosts for asset in host.assets))
    hidden = gap(posture, "ec2/network", place.account, place.region, "ec2:DescribeSecurityGroups")
    ruling, why = Ruling.FAIL, f"none of its {len(groups)} groups is empty, and {len(hosts)} inference hosts are in it"
    if empty:
        ruling, why = Ruling.PASS, f"{empty[0].thing.data.get('GroupId')} has no rule, and cuts off whom it is given to"
    elif hidden:
        ruling, why = Ruling.UNKNOWN, hidden
    failed = ruling is Ruling.FAIL
    proof = tuple(evidence(one, "IpPermissionsEgress") for one in (empty or groups)[:3])
    return Judged(
        place.thing.arn,
        place.account,
        place.region,
        ruling,
        why,
        assets,
        proof or (evidence(place, "VpcId"),),
        way=(
            f"an intruder on {hosts[0].name}",
            "somebody makes a group, forgets that it lets everything out, and gives it to the host",
            "he goes on sending",
        )
        if failed
        else (),
        remedy=_remedy(place) if failed else None,
    )


def _is_empty(place: Place) -> bool:
    """Whether a group has no rule at all; a rule to the host itself is none."""
    data = place.thing.data
    told = (data.get("IpPermissions"), data.get("IpPermissionsEgress"))
    return all(
        isinstance(one, list) and not unseen(one) and all(_is_none(rule) for rule in listed(one)) for one in told
    )


def _is_none(rule: object) -> bool:
    if not isinstance(rule, dict) or any(rule.get(key) for key in ("Ipv6Ranges", "PrefixListIds", "UserIdGroupPairs")):
        return False
    ranges = listed(rule.get("IpRanges"))
    return bool(ranges) and all(isinstance(one, dict) and one.get("CidrIp") == "127.0.0.1/32" for one in ranges)


def _remedy(place: Place) -> Remedy:
    where, vpc = in_region(place.region), str(place.thing.data.get("VpcId"))
    create = (
        "aws",
        "ec2",
        "create-security-group",
        "--group-name",
        "quarantine",
        "--description",
        "for a host cut off",
    )
    everything = '[{"IpProtocol":"-1","IpRanges":[{"CidrIp":"0.0.0.0/0"}]}]'
    revoke = (
        "aws",
        "ec2",
        "revoke-security-group-egress",
        "--group-id",
        "the-new-group",
        "--ip-permissions",
        everything,
    )
    return Remedy(
        "Make an empty group in the network now; a new one lets everything out, until that rule is taken away.",
        ((*create, "--vpc-id", vpc, *where), (*revoke, *where)),
        _TEMPLATE,
    )
