"""A host that holds a model and may send anywhere needs minutes to give it away, and no AWS call that a log would tell.

Reads: groups, ACL, routes, gateways and addresses of the host, and the bandwidth and memory of its type.
Blind to: DNS tunnels, proxies and firewalls beyond the first hop, and what an operating system's own firewall refuses.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from stanch.catalog.checks._hosts import Host, Hosts, blind_to_hosts
from stanch.catalog.checks._network import Network, Passage
from stanch.catalog.checks._network.mend import revoked
from stanch.catalog.checks._network.passage import best
from stanch.catalog.checks._things import evidence, in_region, mappings
from stanch.catalog.checks.egress._link import in_words, load_of, to_internet
from stanch.contracts.check import GDPR, ISO, NIS2, NIST, About, Judged, Posture
from stanch.domain.severity import Severity
from stanch.domain.verdict import Remedy, Row, Ruling

ABOUT = About(
    title="A host that holds a model can send it anywhere",
    row=Row.EGRESS,
    severity=Severity.HIGH,
    controls={
        NIST: ("AC-4", "SC-7(5)"),
        ISO: ("A.8.12", "A.8.20", "A.8.22"),
        GDPR: ("Art. 32(1)(b)",),
        NIS2: ("Art. 21(2)(e)",),
    },
)
_TEMPLATE = """\
SecurityGroupEgress:
  - IpProtocol: tcp
    FromPort: 443
    ToPort: 443
    DestinationPrefixListId: pl-of-s3-in-this-region
"""


def judge(posture: Posture) -> Iterator[Judged]:
    """See `contracts.check.Check`."""
    yield from blind_to_hosts(posture)
    network, disks = Network(posture), _disks(posture)
    for host in Hosts(posture).holding:
        yield _judged(host, best(network.leaves(one) for one in host.interfaces), disks[host.name])


def _disks(posture: Posture) -> dict[str, list[Mapping[str, Any]]]:
    """The volumes of each instance, by its id."""
    found: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for place in posture.of("ec2/volume"):
        for one in mappings(place.thing.data.get("Attachments")):
            found[str(one.get("InstanceId"))].append(place.thing.data)
    return found


def _judged(host: Host, passage: Passage, disks: list[Mapping[str, Any]]) -> Judged:
    place = host.place
    proof = (*passage.proof, evidence(place, "NetworkInterfaces"))
    if passage.open is False:
        why = f"it cannot send to the internet: {'; '.join(passage.closed)}"
        return Judged(host.arn, place.account, place.region, Ruling.PASS, why, host.assets, proof)
    if passage.open is None:
        why = f"not seen: {', '.join(passage.unseen)}"
        return Judged(host.arn, place.account, place.region, Ruling.UNKNOWN, why, host.assets, proof)
    link = in_words(load_of(host.data, disks), to_internet(host.data))
    return Judged(
        host.arn,
        place.account,
        place.region,
        Ruling.FAIL,
        f"it can send to any address of the internet, by {' and '.join(passage.by)}; {link}",
        host.assets,
        proof,
        way=(
            f"whoever runs code on {host.name} (a flaw of the server, a poisoned model, a plug-in)",
            f"one upload over HTTPS: {', '.join(passage.by)}",
            f"{host.loot()}: {link}",
        ),
        remedy=Remedy(
            "Let the host send to endpoints (S3, ECR, CloudWatch) and to the networks that it serves, and to nothing "
            "else; what must leave goes through a proxy that knows its destinations.",
            _commands(passage, place.region),
            _TEMPLATE,
        ),
    )


def _commands(passage: Passage, region: str | None) -> tuple[tuple[str, ...], ...]:
    """What the host needs is opened before the rest is closed."""
    if not passage.admitted:
        return ()
    group = passage.proof[0].arn.rpartition("/")[2]
    to_s3 = '[{"IpProtocol":"tcp","FromPort":443,"ToPort":443,"PrefixListIds":[{"PrefixListId":"pl-of-s3"}]}]'
    first = ("aws", "ec2", "authorize-security-group-egress", "--group-id", group, "--ip-permissions", to_s3)
    return (*first, *in_region(region)), revoked(passage.proof[0], region)
