"""With version 1 of the metadata service one forwarded GET is enough to take the role of the host.

EC2 User Guide, "Use the Instance Metadata Service": version 2 asks for a token that most forwarded requests cannot get.
"""

from collections.abc import Iterator

from stanch.catalog.checks._hosts import Host, Hosts
from stanch.catalog.checks._things import blind, evidence, in_region, mapped
from stanch.contracts.check import CIS, FSBP, GDPR, ISO, NIS2, NIST, About, Judged, Posture
from stanch.contracts.collector import unseen
from stanch.domain.severity import Severity
from stanch.domain.verdict import Remedy, Row, Ruling

ABOUT = About(
    title="A host gives its role's credentials to any forwarded request (IMDSv1)",
    row=Row.INFERENCE_HOSTS,
    severity=Severity.HIGH,
    controls={
        CIS: ("5.6",),
        FSBP: ("EC2.8",),
        NIST: ("AC-3", "AC-6", "SC-7"),
        ISO: ("A.5.15", "A.8.9"),
        GDPR: ("Art. 32(1)(b)",),
        NIS2: ("Art. 21(2)(e)",),
    },
)
_MOST_HOPS = 2
"""One for the host itself, two for a container behind its bridge, as AWS advises; more serves nobody on the host."""
_TEMPLATE = """\
MetadataOptions:
  HttpTokens: required
  HttpPutResponseHopLimit: 1
"""


def judge(posture: Posture) -> Iterator[Judged]:
    """See `contracts.check.Check`."""
    yield from blind(posture, "ec2/hosts", "ec2", "ec2:DescribeInstances")
    for host in Hosts(posture).every:
        ruling, why = _ruling(host)
        failed = ruling is Ruling.FAIL
        yield Judged(
            host.arn,
            host.place.account,
            host.place.region,
            ruling,
            why,
            host.assets,
            (evidence(host.place, "MetadataOptions"),),
            _way(host) if failed else (),
            _remedy(host) if failed else None,
            None if _takes_any(host) and host.role else Severity.MEDIUM,
        )


def _takes_any(host: Host) -> bool:
    return mapped(host.data.get("MetadataOptions")).get("HttpTokens") == "optional"


def _ruling(host: Host) -> tuple[Ruling, str]:
    told = host.data.get("MetadataOptions")
    options = mapped(told)
    if options.get("HttpEndpoint") == "disabled":
        return Ruling.PASS, "the metadata service is off"
    tokens, hops = options.get("HttpTokens"), options.get("HttpPutResponseHopLimit")
    if tokens == "optional":
        return Ruling.FAIL, "the metadata service answers without a token"
    if tokens != "required":
        return Ruling.UNKNOWN, f"not seen: {unseen(told) or 'the options of the metadata service'}"
    if host.why and isinstance(hops, int) and hops > _MOST_HOPS:
        return Ruling.FAIL, f"a token travels {hops} hops, so that neighbours behind this host can get one"
    containers = ": containers on it can take the host's role" if hops == _MOST_HOPS else ""
    return Ruling.PASS, f"the metadata service asks for a token{containers}"


def _way(host: Host) -> tuple[str, ...]:
    role = host.role.rpartition("/")[2] if host.role else None
    first = (
        "whoever makes a server on the host fetch an address (an image URL, a tool call, a model's redirect)",
        f"GET http://169.254.169.254/latest/meta-data/iam/security-credentials/{role or ''}",
    )
    if role is None:
        return (*first, "no role is attached: user data and identity only")
    return (*first, f"{host.role}: {host.loot() if host.assets else 'all that the role may do'}")


def _remedy(host: Host) -> Remedy:
    options = ("--http-endpoint", "enabled", "--http-tokens", "required", "--http-put-response-hop-limit", "1")
    command = ("aws", "ec2", "modify-instance-metadata-options", "--instance-id", host.name, *options)
    return Remedy(
        "Demand the token (two hops where containers on the host need its role), here and in the launch template.",
        ((*command, *in_region(host.place.region)),),
        _TEMPLATE,
    )
