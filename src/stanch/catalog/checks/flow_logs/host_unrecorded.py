"""What a stolen model leaves of itself in a network is one line of a flow log: these bytes went to that address.

Reads: the subnets of inference hosts, and the flow logs of the networks, subnets and interfaces there.
Blind to: what the destination of a log did with it; the names that hosts ask for, which have a check of their own.
"""

from collections import defaultdict
from collections.abc import Iterator

from stanch.catalog.checks._hosts import Host, Hosts, blind_to_hosts
from stanch.catalog.checks._network import Interface
from stanch.catalog.checks._things import evidence, gap, in_region
from stanch.catalog.checks.flow_logs._logs import Logs, lacks
from stanch.contracts.check import CIS, FSBP, GDPR, ISO, NIS2, NIST, About, Judged, Posture
from stanch.contracts.collector import Place
from stanch.domain.arn import Arn
from stanch.domain.estate import Asset
from stanch.domain.severity import Severity
from stanch.domain.verdict import Evidence, Remedy, Row, Ruling

ABOUT = About(
    title="Nobody records what an inference host sends",
    row=Row.FLOW_LOGS,
    severity=Severity.HIGH,
    controls={
        CIS: ("3.7",),
        FSBP: ("EC2.6",),
        NIST: ("AU-2", "AU-12", "SI-4(20)"),
        ISO: ("A.8.15", "A.8.16"),
        GDPR: ("Art. 32(1)(d)", "Art. 33(3)"),
        NIS2: ("Art. 21(2)(b)",),
    },
)
_FORMAT = (
    "${version} ${account-id} ${interface-id} ${srcaddr} ${dstaddr} ${srcport} ${dstport} ${protocol} ${packets} "
    "${bytes} ${start} ${end} ${action} ${log-status} ${vpc-id} ${subnet-id} ${instance-id} ${pkt-srcaddr} "
    "${pkt-dstaddr} ${flow-direction} ${traffic-path}"
)
_TEMPLATE = """\
Type: AWS::EC2::FlowLog
Properties:
  ResourceType: Subnet
  ResourceId: {subnet}
  TrafficType: ALL
  MaxAggregationInterval: 60
  LogDestinationType: s3
  LogDestination: the-arn-of-a-bucket-of-the-log-account
"""
_LISTING = "ec2:DescribeFlowLogs"


def judge(posture: Posture) -> Iterator[Judged]:
    """See `contracts.check.Check`."""
    yield from blind_to_hosts(posture)
    logs = Logs(posture)
    subnets: dict[str, list[tuple[Host, Interface]]] = defaultdict(list)
    for host in Hosts(posture).inference:
        for interface in host.interfaces:
            subnets[interface.subnet].append((host, interface))
    known = {str(place.thing.data.get("SubnetId")): place for place in posture.of("ec2/subnet")}
    for name, inside in subnets.items():
        yield _judged(posture, logs, name, known.get(name), inside)


def _judged(
    posture: Posture, logs: Logs, name: str, subnet: Place | None, inside: list[tuple[Host, Interface]]
) -> Judged:
    host = inside[0][0]
    place = host.place
    own = Arn.parse(host.arn)
    arn = subnet.thing.arn if subnet else str(Arn(own.partition, "ec2", own.region, own.account, f"subnet/{name}"))
    assets: tuple[Asset, ...] = tuple(dict.fromkeys(asset for one, _ in inside for asset in one.assets))
    found = list({log.thing.arn: log for _, interface in inside for log in logs.of(interface)}.values())
    missing = [(one, interface) for one, interface in inside if all(lacks(log) for log in logs.of(interface))]
    proof = tuple(evidence(log, "LogFormat") for log in found) or _bare(subnet, host)
    if not missing:
        why = f"recorded by {', '.join(_name(log) for log in found if not lacks(log))}"
        return Judged(arn, place.account, place.region, Ruling.PASS, why, assets, proof)
    hidden = gap(posture, "ec2/network", place.account, place.region, _LISTING)
    if hidden:
        return Judged(arn, place.account, place.region, Ruling.UNKNOWN, hidden, assets, proof)
    names = sorted({one.name for one, _ in missing})
    faults = [f"{_name(log)}: {', '.join(lacks(log))}" for log in found if lacks(log)]
    return Judged(
        arn,
        place.account,
        place.region,
        Ruling.FAIL,
        f"{'; '.join(faults) or 'no flow log records it'}; in it {', '.join(names)}",
        assets,
        proof,
        _way(names, missing[0][0]),
        _remedy(name, place),
    )


def _bare(subnet: Place | None, host: Host) -> tuple[Evidence, ...]:
    return (evidence(subnet, "SubnetId") if subnet else evidence(host.place, "NetworkInterfaces"),)


def _name(log: Place) -> str:
    return str(log.thing.data.get("FlowLogId"))


def _way(names: list[str], host: Host) -> tuple[str, ...]:
    return (
        f"whoever runs code on {', '.join(names[:3])}",
        f"sends {host.loot()} to an address of his own",
        "no log holds the address or the bytes: neither alarm nor report can say what left",
    )


def _remedy(subnet: str, place: Place) -> Remedy:
    create = ("aws", "ec2", "create-flow-logs", "--resource-type", "Subnet", "--resource-ids", subnet)
    bucket = "the-arn-of-a-bucket-of-the-log-account"
    how = ("--traffic-type", "ALL", "--max-aggregation-interval", "60", "--log-format", _FORMAT)
    where = ("--log-destination-type", "s3", "--log-destination", bucket)
    return Remedy(
        "Record all traffic of the subnet each minute, with bytes and both addresses, into a bucket of the log "
        "account; a log's format cannot be changed, so one that lacks a field is made anew.",
        ((*create, *how, *where, *in_region(place.region)),),
        _TEMPLATE.format(subnet=subnet),
    )
