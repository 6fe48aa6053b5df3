"""An inference server asks nobody who he is, unless it was started with a key: whoever gets to its port uses the model.

Reads: the host's groups, ACL, routes, gateway and public addresses together. Blind to: load balancers (another check).
"""

import re
from collections.abc import Iterable, Iterator

from stanch.catalog.checks._hosts import PORTS, Host, Hosts, blind_to_hosts
from stanch.catalog.checks._network import Network, Passage
from stanch.catalog.checks._network.mend import revoked
from stanch.catalog.checks._things import evidence
from stanch.contracts.check import FSBP, GDPR, ISO, NIS2, NIST, About, Judged, Posture
from stanch.domain.severity import Severity
from stanch.domain.verdict import Remedy, Row, Ruling

ABOUT = About(
    title="An inference port is open to the internet",
    row=Row.INFERENCE_HOSTS,
    severity=Severity.CRITICAL,
    controls={
        FSBP: ("EC2.18", "EC2.19"),
        NIST: ("AC-3", "SC-7"),
        ISO: ("A.5.15", "A.8.20", "A.8.22"),
        GDPR: ("Art. 32(1)(b)",),
        NIS2: ("Art. 21(2)(e)", "Art. 21(2)(i)"),
    },
)
_KEYED = re.compile(r"(?i)--api[-_]key\b|\b(?:VLLM|SGLANG|LLAMA|LITELLM_MASTER|OLLAMA)_(?:API_)?KEY\b")
_TEMPLATE = """\
SecurityGroupIngress:
  - IpProtocol: tcp
    FromPort: {port}
    ToPort: {port}
    SourceSecurityGroupId: sg-of-the-gateway
"""


def judge(posture: Posture) -> Iterator[Judged]:
    """See `contracts.check.Check`."""
    yield from blind_to_hosts(posture)
    network, hosts = Network(posture), Hosts(posture)
    for host in hosts.inference:
        yield _judged(host, {port: _passage(network, host, port) for port in hosts.listens(host)})


def _passage(network: Network, host: Host, port: int) -> Passage:
    """The easiest way to a port, by any of the host's interfaces."""
    found = Passage(closed=("it has no network interface",))
    for interface in host.interfaces:
        passage = network.enters(interface, port)
        if passage.open:
            return passage
        if found.open is False and (passage.open is None or passage.admitted):
            found = passage
    return found


def _judged(host: Host, found: dict[int, Passage]) -> Judged:
    opened = {port: passage for port, passage in found.items() if passage.open}
    place, data = host.place, host.data
    if opened:
        port, passage = next(iter(opened.items()))
        keyed = bool(_KEYED.search(host.text))
        return Judged(
            host.arn,
            place.account,
            place.region,
            Ruling.FAIL,
            f"{_named(opened)} of a host taken for inference ({host.why}) can be called from the internet"
            + (", and asks for a key" if keyed else ""),
            assets=host.assets,
            evidence=(*passage.proof, evidence(place, "NetworkInterfaces")),
            way=(
                "anybody on the internet",
                f"{_address(host)}:{port}: {', '.join(passage.by)}",
                *(("a guessed or stolen key, or a flaw in the server before it asks",) if keyed else ()),
                f"every prompt the server answers, and from inside it {host.loot()}",
            ),
            remedy=Remedy(
                "Let only the gateway's security group call the port.",
                _closing(opened.values(), place.region),
                _TEMPLATE.format(port=port),
            ),
            severity=Severity.HIGH if keyed else None,
        )
    doubtful = sorted({word for passage in found.values() if passage.open is None for word in passage.unseen})
    if doubtful:
        ruling, why = Ruling.UNKNOWN, f"not seen: {', '.join(doubtful)}"
    else:
        ruling, why = Ruling.PASS, _closed(found)
    proof = (evidence(place, "NetworkInterfaces" if "NetworkInterfaces" in data else "SecurityGroups"),)
    return Judged(host.arn, place.account, place.region, ruling, why, host.assets, proof)


def _closing(opened: Iterable[Passage], region: str | None) -> tuple[tuple[str, ...], ...]:
    """A command for each rule of a security group that lets the internet in."""
    rules = (proof for one in opened for proof in one.proof if proof.at.startswith("IpPermissions"))
    return tuple(dict.fromkeys(revoked(rule, region) for rule in rules))


def _closed(found: dict[int, Passage]) -> str:
    """Why nobody gets in; told apart is the group that is open and saved only by what stands around it."""
    half = {port: passage for port, passage in found.items() if passage.admitted}
    if not half:
        return "no security group opens an inference port to the internet"
    passage = next(iter(half.values()))
    return f"{passage.by[0]} on {_named(half)}, but {passage.closed[0]}: one change away from open"


def _named(ports: dict[int, Passage]) -> str:
    if len(ports) >= len(PORTS):
        return "every inference port"
    told = [f"{port} ({PORTS[port]})" if port in PORTS else str(port) for port in ports]
    return ("port " if len(told) == 1 else "ports ") + ", ".join(told)


def _address(host: Host) -> str:
    told = [address for one in host.interfaces for address in (one.address, *one.addresses6) if address]
    return told[0] if told else host.name
