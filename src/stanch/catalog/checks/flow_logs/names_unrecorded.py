"""A host that may send to no address may still ask for names, and what it asks travels to whoever owns the domain.

VPC User Guide, "Flow log limitations": traffic to Amazon's DNS server is in no flow log; only Resolver logs questions.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from stanch.catalog.checks._hosts import Host, Hosts, blind_to_hosts
from stanch.catalog.checks._things import evidence, gap, in_region, mappings
from stanch.contracts.check import GDPR, ISO, NIS2, NIST, About, Judged, Posture
from stanch.contracts.collector import Place, unseen
from stanch.domain.arn import Arn
from stanch.domain.estate import Asset
from stanch.domain.severity import Severity
from stanch.domain.verdict import Remedy, Row, Ruling

ABOUT = About(
    title="Nobody records which names an inference host asks for",
    row=Row.FLOW_LOGS,
    severity=Severity.MEDIUM,
    controls={
        NIST: ("AU-2", "AU-12", "SI-4(4)"),
        ISO: ("A.8.15", "A.8.16"),
        GDPR: ("Art. 32(1)(d)",),
        NIS2: ("Art. 21(2)(b)",),
    },
)
_LOG = "route53resolver/query-log-config"
_LISTING = "route53resolver:ListResolverQueryLog"
_TEMPLATE = """\
QueryLog:
  Type: AWS::Route53Resolver::ResolverQueryLoggingConfig
  Properties:
    DestinationArn: the-arn-of-a-bucket-of-the-log-account
QueryLogOfTheNetwork:
  Type: AWS::Route53Resolver::ResolverQueryLoggingConfigAssociation
  Properties:
    ResolverQueryLogConfigId: !Ref QueryLog
    ResourceId: {vpc}
"""


def judge(posture: Posture) -> Iterator[Judged]:
    """See `contracts.check.Check`."""
    yield from blind_to_hosts(posture)
    networks: dict[str, list[Host]] = defaultdict(list)
    for host in Hosts(posture).inference:
        for vpc in sorted({interface.vpc for interface in host.interfaces}):
            networks[vpc].append(host)
    for vpc, hosts in networks.items():
        yield _judged(posture, vpc, hosts)


def _judged(posture: Posture, vpc: str, hosts: list[Host]) -> Judged:
    place, own = hosts[0].place, Arn.parse(hosts[0].arn)
    arn = str(Arn(own.partition, "ec2", own.region, own.account, f"vpc/{vpc}"))
    assets: tuple[Asset, ...] = tuple(dict.fromkeys(asset for host in hosts for asset in host.assets))
    there = [log for log in posture.of(_LOG) if log.region == place.region]
    found = [(log, one) for log in there for one in _of(log, vpc)]
    proof = tuple(evidence(log, "Associations") for log, _ in found) or (evidence(place, "NetworkInterfaces"),)
    recording = [_name(log) for log, one in found if one.get("Status") == "ACTIVE"]
    if recording:
        return _told(place, arn, Ruling.PASS, f"recorded by {', '.join(recording)}", assets, proof)
    hidden = next((why for log in there if (why := unseen(log.thing.data.get("Associations")))), None)
    why = gap(posture, "route53resolver", place.account, place.region, _LISTING) or (hidden and f"not seen: {hidden}")
    if why:
        return _told(place, arn, Ruling.UNKNOWN, why, assets, proof)
    faults = [f"{_name(log)} is {one.get('Status')} ({one.get('Error') or 'no error told'})" for log, one in found]
    names = sorted(host.name for host in hosts)
    return Judged(
        arn,
        place.account,
        place.region,
        Ruling.FAIL,
        f"{'; '.join(faults) or 'no query log is for it'}; in it {', '.join(names)}",
        assets,
        proof,
        (
            f"whoever runs code on {', '.join(names[:3])}",
            f"sends {hosts[0].loot()} as questions for names of a domain of his own, a few bytes each",
            "no route, group or flow log shows it: neither alarm nor report can say what left",
        ),
        _remedy(vpc, place),
    )


def _told(place: Place, arn: str, ruling: Ruling, why: str, assets: tuple[Asset, ...], proof: Any) -> Judged:
    return Judged(arn, place.account, place.region, ruling, why, assets, proof)


def _of(log: Place, vpc: str) -> Iterator[Mapping[str, Any]]:
    yield from (one for one in mappings(log.thing.data.get("Associations")) if one.get("ResourceId") == vpc)


def _name(log: Place) -> str:
    return str(log.thing.data.get("Id"))


def _remedy(vpc: str, place: Place) -> Remedy:
    region = in_region(place.region)
    create = ("aws", "route53resolver", "create-resolver-query-log-config", "--name", f"names-of-{vpc}")
    where = ("--destination-arn", "the-arn-of-a-bucket-of-the-log-account", "--creator-request-id", vpc)
    put = ("aws", "route53resolver", "associate-resolver-query-log-config", "--resource-id", vpc)
    return Remedy(
        "Log the questions of the network into a bucket of the log account, and let a DNS firewall refuse all domains "
        "but those that its hosts need.",
        ((*create, *where, *region), (*put, "--resolver-query-log-config-id", "the-id-of-the-log", *region)),
        _TEMPLATE.format(vpc=vpc),
    )
