"""Whoever cannot run a command on a host cannot take its memory: Systems Manager is how a responder gets in.

Reads: which inference hosts report to Systems Manager. Blind to: other agents that could do the same.
"""

from collections.abc import Iterator

from stanch.catalog.checks._hosts import Host, Hosts, blind_to_hosts
from stanch.catalog.checks._things import evidence, gap, mapped
from stanch.contracts.check import FSBP, GDPR, ISO, NIS2, NIST, About, Judged, Posture
from stanch.contracts.collector import Place
from stanch.domain.severity import Severity
from stanch.domain.verdict import Remedy, Row, Ruling

ABOUT = About(
    title="An inference host answers no responder (Systems Manager)",
    row=Row.INFERENCE_HOSTS,
    severity=Severity.MEDIUM,
    controls={
        FSBP: ("SSM.1",),
        NIST: ("CM-8", "IR-4"),
        ISO: ("A.5.26", "A.5.28"),
        GDPR: ("Art. 32(1)(c)",),
        NIS2: ("Art. 21(2)(b)",),
    },
)
_POLICY = "AmazonSSMManagedInstanceCore"
_TEMPLATE = f"""\
ManagedPolicyArns:
  - Fn::Sub: arn:${{AWS::Partition}}:iam::aws:policy/{_POLICY}
"""


def judge(posture: Posture) -> Iterator[Judged]:
    """See `contracts.check.Check`."""
    yield from blind_to_hosts(posture)
    managed = {str(place.thing.data.get("InstanceId")): place for place in posture.of("ssm/managed-instance")}
    for host in Hosts(posture).inference:
        ruling, why = _ruling(posture, host, managed.get(host.name))
        failed = ruling is Ruling.FAIL
        proof = managed.get(host.name)
        yield Judged(
            host.arn,
            host.place.account,
            host.place.region,
            ruling,
            why,
            host.assets,
            (evidence(proof, "PingStatus") if proof else evidence(host.place, "InstanceId"),),
            _way(host) if failed else (),
            _remedy(host) if failed else None,
        )


def _ruling(posture: Posture, host: Host, seen: Place | None) -> tuple[Ruling, str]:
    if mapped(host.data.get("State")).get("Name") == "stopped":
        return Ruling.PASS, "it is stopped, and its disks can be copied"
    if seen is not None:
        ping = seen.thing.data.get("PingStatus")
        if ping == "Online":
            return Ruling.PASS, "it answers Systems Manager"
        return Ruling.FAIL, f"Systems Manager knows it and gets no answer ({ping})"
    why = gap(posture, "ssm", host.place.account, host.place.region, "ssm:DescribeInstanceInformation")
    return (Ruling.UNKNOWN, why) if why else (Ruling.FAIL, "Systems Manager does not know it")


def _way(host: Host) -> tuple[str, ...]:
    return (
        f"an intruder in the memory of {host.name} (a poisoned model, a flaw of the server)",
        "the response isolates and images the disks, and cannot run a command to take the memory",
        "keys, prompts and code that were only in memory are gone with the host",
    )


def _remedy(host: Host) -> Remedy:
    words = (
        f"Let the host's role use Systems Manager ({_POLICY}), with endpoints for ssm, ssmmessages and ec2messages "
        "where it has no way to the internet; the agent is in Amazon's images."
    )
    if host.role is None:
        return Remedy(words, (), _TEMPLATE)
    partition, name = host.role.split(":")[1], host.role.rpartition("/")[2]
    attach = ("aws", "iam", "attach-role-policy", "--role-name", name)
    return Remedy(words, ((*attach, "--policy-arn", f"arn:{partition}:iam::aws:policy/{_POLICY}"),), _TEMPLATE)
