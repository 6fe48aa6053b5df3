"""Only a service control policy stops an administrator; written in the hour of need it has a mistake in it.

AWS Organizations User Guide, "Service control policies". Reads: the policy that the estate names, and what it denies.
"""

from collections.abc import Iterator

from stanch.catalog.checks._declared import undeclared
from stanch.catalog.checks._things import evidence, unlisted
from stanch.contracts.check import ISO, NIS2, NIST, About, Judged, Posture
from stanch.contracts.collector import Place, unseen
from stanch.domain.severity import Severity
from stanch.domain.verdict import Remedy, Row, Ruling
from stanch.iam import Policy, PolicyError, parse
from stanch.iam.matching import names_action

ABOUT = About(
    title="No policy is at hand that would freeze an account",
    row=Row.RESPONSE,
    severity=Severity.MEDIUM,
    controls={NIST: ("AC-3", "IR-4"), ISO: ("A.5.26", "A.8.2"), NIS2: ("Art. 21(2)(b)",)},
)
_STOPPED = ("cloudtrail:StopLogging", "iam:AttachRolePolicy", "iam:CreateAccessKey", "iam:UpdateAssumeRolePolicy")
"""How an intruder comes back and hides; a freeze stops all of it."""
_TEMPLATE = """\
Type: AWS::Organizations::Policy
Properties:
  Name: freeze
  Type: SERVICE_CONTROL_POLICY
  Content:
    Version: "2012-10-17"
    Statement:
      - Effect: Deny
        Action: "*"
        Resource: "*"
        Condition:
          ArnNotLike:
            aws:PrincipalArn: ["arn:*:iam::*:role/stanch-responder", "arn:*:iam::*:role/break-glass"]
"""


def judge(posture: Posture) -> Iterator[Judged]:
    """See `contracts.check.Check`."""
    if not posture.estate.declared:
        yield from undeclared(posture, "[response] freeze_policy names none")
        return
    yield from unlisted(posture, "organizations", "organizations:DescribeOrganization")
    seen: dict[str, Place] = {}
    for place in posture.of("organizations/organization"):
        other = seen.get(place.thing.arn)
        if other is None or unseen(other.thing.data.get("SERVICE_CONTROL_POLICY")):
            seen[place.thing.arn] = place
    for place in seen.values():
        yield _judged(posture, place)


def _judged(posture: Posture, place: Place) -> Judged:
    wanted = posture.estate.response.freeze_policy
    told = place.thing.data.get("SERVICE_CONTROL_POLICY", {"$unseen": "its policies"})
    found = [one for one in posture.of("organizations/policy") if wanted in _names(one)] if wanted else []
    proof = (*(evidence(one, "Content") for one in found[:1]), evidence(place, "SERVICE_CONTROL_POLICY"))
    ruling, why = Ruling.FAIL, "[response] freeze_policy names none"
    if found and (hidden := unseen(found[0].thing.data.get("Content"))):
        ruling, why = Ruling.UNKNOWN, f"not seen: {hidden}"
    elif found:
        fault = _fault(found[0])
        ruling, why = (Ruling.FAIL, f"{wanted} {fault}") if fault else (Ruling.PASS, f"{wanted} waits to be attached")
    elif wanted and (hidden := unseen(told)):
        ruling, why = Ruling.UNKNOWN, f"not seen: {hidden}"
    elif wanted:
        why = (
            f"there is no service control policy {wanted}" if told is not None else "such policies are not switched on"
        )
    failed = ruling is Ruling.FAIL
    return Judged(
        place.thing.arn,
        place.account,
        place.region,
        ruling,
        why,
        tuple(one for one in posture.estate.assets if not one.decoy),
        proof,
        way=(
            "an intruder who has become administrator of an account",
            "makes a new key for each that is taken from him, within seconds",
            "nothing inside the account stops him, and what would, has yet to be written",
        )
        if failed
        else (),
        remedy=_remedy() if failed else None,
    )


def _names(policy: Place) -> tuple[object, ...]:
    data = policy.thing.data
    return (data.get("Id"), data.get("Name")) if data.get("Type") == "SERVICE_CONTROL_POLICY" else ()


def _fault(place: Place) -> str | None:
    """Why a policy would not do: it lets an intruder come back, or stops the responder as well."""
    policy = _parsed(place.thing.data.get("Content"))
    denials = [one for one in policy.statements if one.effect == "Deny"] if policy else []
    left = [action for action in _STOPPED if not any(names_action(one, action) for one in denials)]
    if left:
        return f"does not deny {', '.join(left)}"
    if not any(condition.key.lower().startswith("aws:principal") for one in denials for condition in one.conditions):
        return "spares nobody, the responder neither"
    return None


def _parsed(document: object) -> Policy | None:
    try:
        return parse(document) if isinstance(document, dict) else None
    except PolicyError:
        return None


def _remedy() -> Remedy:
    create = ("aws", "organizations", "create-policy", "--name", "freeze", "--type", "SERVICE_CONTROL_POLICY")
    about = ("--description", "Stops everybody in an account but the responder", "--content", "file://freeze.json")
    return Remedy(
        "Write the policy now, sparing the responder and the emergency access, attach it to nothing, and name it in "
        "[response] freeze_policy.",
        ((*create, *about),),
        _TEMPLATE,
    )
