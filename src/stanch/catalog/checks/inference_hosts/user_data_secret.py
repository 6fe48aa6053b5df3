"""User data is read by every process on the host and by everyone who may describe instances: no place for a secret.

EC2 User Guide, "Run commands at launch": user data is not protected by authentication or cryptography.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from stanch.catalog.checks._hosts import Hosts
from stanch.catalog.checks._things import blind, evidence, in_region, mapped, mappings
from stanch.contracts.check import GDPR, ISO, NIS2, NIST, About, Judged, Posture
from stanch.contracts.collector import Place, unseen
from stanch.domain.estate import Asset
from stanch.domain.severity import Severity
from stanch.domain.verdict import Remedy, Row, Ruling

ABOUT = About(
    title="A host's user data holds a secret",
    row=Row.INFERENCE_HOSTS,
    severity=Severity.HIGH,
    controls={
        NIST: ("IA-5(7)", "SC-28"),
        ISO: ("A.5.17", "A.8.9"),
        GDPR: ("Art. 32(1)(b)",),
        NIS2: ("Art. 21(2)(h)", "Art. 21(2)(i)"),
    },
)
_MASK = re.compile(r"\[masked:([a-z0-9-]+):\d+(?::[0-9a-f]+)?\]")
_GUESSED = "random"
"""A value that only looks like nothing a person writes: often a secret, sometimes a checksum."""
_TEMPLATE = """\
UserData:
  Fn::Base64: |
    #!/bin/sh
    token="$(aws secretsmanager get-secret-value --secret-id serving --query SecretString --output text)"
"""


def judge(posture: Posture) -> Iterator[Judged]:
    """See `contracts.check.Check`."""
    yield from blind(posture, "ec2/hosts", "ec2", "ec2:DescribeInstances")
    for host in Hosts(posture).every:
        yield _judged(host.place, "UserData", host.data.get("UserData"), host.assets)
    for place in posture.of("ec2/launch-template"):
        yield _template(place, tuple(posture.assets_of(place.thing.arn)))


def _template(place: Place, assets: tuple[Asset, ...]) -> Judged:
    """A template by its versions in use; the one that holds a secret is told, else one that nobody saw."""
    found = [pair for key in ("Versions", "PinnedVersions") for pair in _of_versions(key, place.thing.data.get(key))]
    rank = {Ruling.FAIL: 2, Ruling.UNKNOWN: 1, Ruling.PASS: 0}
    at, told = max(found, key=lambda pair: rank[_ruling(pair[1])[0]], default=("Versions", None))
    return _judged(place, at, told, assets)


def _of_versions(key: str, versions: Any) -> Iterator[tuple[str, Any]]:
    """The user data of each version with where it stands; what hides it, where something does."""
    if unseen(versions):
        yield key, versions
    for index, one in enumerate(mappings(versions)):
        data = one.get("LaunchTemplateData")
        hidden = next((part for part in (one, data) if unseen(part)), None)
        yield (
            (f"{key}.{index}", hidden)
            if hidden
            else (
                f"{key}.{index}.LaunchTemplateData.UserData",
                mapped(data).get("UserData"),
            )
        )


def _judged(place: Place, at: str, told: Any, assets: tuple[Asset, ...]) -> Judged:
    ruling, why, kinds = _ruling(told)
    failed = ruling is Ruling.FAIL
    return Judged(
        place.thing.arn,
        place.account,
        place.region,
        ruling,
        why,
        assets,
        (evidence(place, at),),
        _way(kinds) if failed else (),
        _remedy(place) if failed else None,
        Severity.MEDIUM if set(kinds) == {_GUESSED} else None,
    )


def _ruling(told: Any) -> tuple[Ruling, str, list[str]]:
    hidden = unseen(told)
    if hidden:
        return Ruling.UNKNOWN, f"not seen: {hidden}", []
    data: Mapping[str, Any] = mapped(told)
    if not data:
        return Ruling.PASS, "there is no user data", []
    text = data.get("Text")
    kinds = sorted(set(_MASK.findall(text))) if isinstance(text, str) else []
    if data.get("Masked") or kinds:
        return Ruling.FAIL, f"its user data holds what looks like a secret: {', '.join(kinds) or 'masked'}", kinds
    if not isinstance(text, str):
        return Ruling.UNKNOWN, "not read: its user data is no text", []
    return Ruling.PASS, "nothing in its user data looks like a secret", []


def _way(kinds: list[str]) -> tuple[str, ...]:
    return (
        "any process on the host (a plug-in, a model's own code), or whoever may call ec2:DescribeInstanceAttribute",
        "GET http://169.254.169.254/latest/user-data",
        f"the secret ({', '.join(kinds) or 'masked'}) and whatever it opens, from anywhere and without a trace in AWS",
    )


def _remedy(place: Place) -> Remedy:
    name = place.thing.arn.rpartition("/")[2]
    region = in_region(place.region)
    if place.thing.kind == "ec2/launch-template":
        show = ("aws", "ec2", "describe-launch-template-versions", "--launch-template-id", name, *region)
        return Remedy("Change the secret, and make a version that fetches it when the host starts.", (show,), _TEMPLATE)
    stop = ("aws", "ec2", "stop-instances", "--instance-ids", name, *region)
    change = ("aws", "ec2", "modify-instance-attribute", "--instance-id", name, "--user-data", "Value=file://start.txt")
    return Remedy(
        "Change the secret first: it must be taken for known; then let the host fetch it from Secrets Manager when it "
        "starts. User data is replaced while the host is stopped.",
        (stop, (*change, *region)),
        _TEMPLATE,
    )
