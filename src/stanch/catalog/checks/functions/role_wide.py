"""A function needs the store that it works on; each other store that its role reads is lost with it for nothing.

Reads: what its role gets to, what its environment refers to, what feeds it, what the events at hand show it reading.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from stanch.catalog.checks._declared import undeclared
from stanch.catalog.checks._reach import Way, at_stake, shown, steps
from stanch.catalog.checks._strangers import name_of as last_part
from stanch.catalog.checks._things import evidence, gap, mapped, mappings, texts
from stanch.catalog.checks._trust import FORGOTTEN, instant
from stanch.catalog.checks.functions._functions import (
    KIND,
    blind_to_functions,
    name_of,
    read_by_functions,
    role_of,
)
from stanch.contracts.check import GDPR, ISO, NIS2, NIST, About, Judged, Posture
from stanch.contracts.collector import Place
from stanch.domain.severity import Severity
from stanch.domain.verdict import Remedy, Row, Ruling

ABOUT = About(
    title="A function's role reads assets that the function does not use",
    row=Row.LAMBDA,
    severity=Severity.MEDIUM,
    controls={
        NIST: ("AC-3", "AC-6"),
        ISO: ("A.5.15", "A.5.18", "A.8.3"),
        GDPR: ("Art. 25(2)", "Art. 32(1)(b)"),
        NIS2: ("Art. 21(2)(i)",),
    },
)
_TEMPLATE = """\
PolicyDocument:
  Version: "2012-10-17"
  Statement:
    - Effect: Allow
      Action: s3:GetObject
      Resource: !Sub arn:${AWS::Partition}:s3:::BUCKET/PREFIX/*
"""


def judge(posture: Posture) -> Iterator[Judged]:
    """See `contracts.check.Check`."""
    yield from blind_to_functions(posture)
    if not posture.estate.assets:
        yield from undeclared(posture, "no asset is declared that a function could read")
        return
    reached, used = read_by_functions(posture), _read_in(posture)
    for place in posture.of(KIND):
        direct = [way for way in reached.get(role_of(place), ()) if not way.reached.path]
        yield _judged(posture, place, direct, used.get(role_of(place), set()))


def _judged(posture: Posture, place: Place, direct: Sequence[Way], used: set[str]) -> Judged:
    """Where nothing tells what it uses, one store is taken for its own; of several nobody can say which."""
    role = posture.named(role_of(place))
    policies = (evidence(role, "RolePolicyList"),) if role else ()
    proof = (evidence(place, "Role"), evidence(place, "Environment"), *policies)
    idle = _idle(posture, role)
    known = set() if idle else used | _named(place)
    own = [way for way in direct if last_part(way.store.arn) in known]
    more = [way for way in direct if way not in own]
    if not more or (len(more) == 1 and not own and not idle):
        why = gap(posture, "iam", place.account, None, "iam:GetAccountAuthorizationDetails") if not direct else None
        ruling = Ruling.UNKNOWN if why else Ruling.PASS
        why = why or (f"its role reads {shown(direct)}" if direct else "its role reads no asset")
        return Judged(place.thing.arn, place.account, place.region, ruling, why, at_stake(direct), proof)
    besides = f", besides {shown(own)}" if own else ", and nothing tells which of them it uses"
    why = f"its role reads {shown(more)}" + (f", and was not used for {idle}" if idle else besides)
    return Judged(
        place.thing.arn,
        place.account,
        place.region,
        Ruling.FAIL,
        why,
        at_stake(more),
        proof,
        way=(
            f"whoever gets code into {name_of(place)} (a dependency, its input, lambda:UpdateFunctionCode)",
            *steps(more[0].reached, f"reads {more[0].store}"),
        ),
        remedy=_remedy(role_of(place)),
    )


def _named(place: Place) -> set[str]:
    """The buckets and tables that its environment and its sources of events name."""
    variables = mapped(mapped(place.thing.data.get("Environment")).get("Variables"))
    told = [text for one in variables.values() for text in texts(mapped(one).get("Refers"))]
    told += [str(one.get("EventSourceArn")) for one in mappings(place.thing.data.get("EventSources"))]
    return {_store(text) for text in told}


def _store(text: str) -> str:
    """`models-eu` of an address in S3, `runs` of a table's stream."""
    if text.startswith("s3://"):
        return text[5:].partition("/")[0]
    resource = text.split(":", 5)[-1]
    return resource.split("/")[1] if resource.startswith("table/") else resource.partition("/")[0]


def _read_in(posture: Posture) -> Mapping[str, set[str]]:
    """The buckets that each role was seen to read from, by its ARN, in the events at hand."""
    found: dict[str, set[str]] = defaultdict(set)
    for event in posture.events or ():
        if event.record.get("eventName") == "GetObject":
            session = mapped(mapped(event.record.get("userIdentity")).get("sessionContext"))
            issuer = str(mapped(session.get("sessionIssuer")).get("arn"))
            found[issuer].add(str(mapped(event.record.get("requestParameters")).get("bucketName")))
    return found


def _idle(posture: Posture, role: Place | None) -> str:
    """For how long nobody used the role, where that is too long; a young role may wait for its first work."""
    told = mapped(role.thing.data.get("RoleLastUsed")).get("LastUsedDate") if role else None
    last = instant(told)
    return f"{(posture.made_at - last).days} days" if last and posture.made_at - last > FORGOTTEN else ""


def _remedy(role: str) -> Remedy:
    name = last_part(role)
    return Remedy(
        "Give the function a role of its own that reads the one prefix it works on.",
        (
            ("stanch", "iam", "what-can", role),
            ("aws", "iam", "generate-service-last-accessed-details", "--arn", role, "--granularity", "ACTION_LEVEL"),
            ("aws", "iam", "list-role-policies", "--role-name", name),
        ),
        _TEMPLATE,
    )
