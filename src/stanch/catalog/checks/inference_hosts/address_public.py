"""A host with a public address stands in the internet, and one changed rule of a security group opens it.

Reads: public IPv4 addresses. Blind to: IPv6, where every address is public and only routes and groups tell.
"""

from collections.abc import Iterator

from stanch.catalog.checks._hosts import Host, Hosts, blind_to_hosts
from stanch.catalog.checks._things import evidence, in_region
from stanch.contracts.check import FSBP, GDPR, ISO, NIS2, NIST, About, Judged, Posture
from stanch.domain.severity import Severity
from stanch.domain.verdict import Remedy, Row, Ruling

ABOUT = About(
    title="An inference host has a public address",
    row=Row.INFERENCE_HOSTS,
    severity=Severity.MEDIUM,
    controls={
        FSBP: ("EC2.9",),
        NIST: ("AC-4", "SC-7"),
        ISO: ("A.8.20", "A.8.22"),
        GDPR: ("Art. 32(1)(b)",),
        NIS2: ("Art. 21(2)(e)",),
    },
)
_TEMPLATE = """\
NetworkInterfaces:
  - DeviceIndex: "0"
    AssociatePublicIpAddress: false
    SubnetId: subnet-without-a-route-to-an-internet-gateway
"""


def judge(posture: Posture) -> Iterator[Judged]:
    """See `contracts.check.Check`."""
    yield from blind_to_hosts(posture)
    for host in Hosts(posture).inference:
        addresses = [one.address for one in host.interfaces if one.address]
        yield Judged(
            host.arn,
            host.place.account,
            host.place.region,
            Ruling.FAIL if addresses else Ruling.PASS,
            f"a host taken for inference ({host.why}) has the public address {', '.join(addresses)}"
            if addresses
            else "it has no public IPv4 address",
            host.assets,
            (evidence(host.place, "NetworkInterfaces"),),
            _way(host, addresses[0]) if addresses else (),
            _remedy(host) if addresses else None,
        )


def _way(host: Host, address: str) -> tuple[str, ...]:
    return (
        "anybody on the internet",
        f"{address}: no gateway or load balancer stands in front, the security group alone keeps him out",
        f"a rule opened once for a test, and he has {host.loot()}",
    )


def _remedy(host: Host) -> Remedy:
    interface = next((one.id for one in host.interfaces if one.address), "")
    modify = ("aws", "ec2", "modify-network-interface-attribute", "--network-interface-id", interface)
    return Remedy(
        "Take the address away (an elastic one is disassociated instead) and serve through a load balancer; "
        "a host that needs updates reaches them through endpoints or a mirror.",
        ((*modify, "--no-associate-public-ip-address", *in_region(host.place.region)),),
        _TEMPLATE,
    )
