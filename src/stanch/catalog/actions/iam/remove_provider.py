"""An identity provider of an intruder's own signs in whomever the intruder likes, with no key and no user to find.

Blind to: a provider of ours whose client ids, thumbprints or metadata were changed. The proof is that it is gone: a
token signed by that provider is the intruder's to try.
"""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any

from stanch.catalog.actions._responder import is_own
from stanch.catalog.actions._settle import settled
from stanch.contracts.action import Affects, Case, Needless, Overtaken, Plan, Refused, Wait, Witness
from stanch.contracts.aws import Aws, AwsAbsent
from stanch.domain.arn import Arn
from stanch.domain.step import Method, Phase, Proof, State, Step
from stanch.iam import PolicyError, parse

APPLIES_TO = ("oidc-provider", "saml-provider")
PHASE = Phase.IDENTITY
AFFECTS = Affects.STRANGERS
PERMISSIONS = (
    "iam:GetOpenIDConnectProvider",
    "iam:CreateOpenIDConnectProvider",
    "iam:DeleteOpenIDConnectProvider",
    "iam:TagOpenIDConnectProvider",
    "iam:GetSAMLProvider",
    "iam:CreateSAMLProvider",
    "iam:DeleteSAMLProvider",
    "iam:TagSAMLProvider",
    "iam:ListRoles",
)

_IDENTITY_CENTER = "AWSSSO_"
_STEM = {"oidc-provider": "OpenIDConnectProvider", "saml-provider": "SAMLProvider"}


def plan(aws: Aws, resource: Arn, case: Case) -> Plan:
    """Refuses one older than the incident that roles use, the responder's way in, and Identity Center's."""
    try:
        found = _described(aws, str(resource))
    except AwsAbsent:
        raise Needless(f"there is no provider {resource} (any more)") from None
    if resource.name.startswith(_IDENTITY_CENTER):
        raise Refused(f"{resource} belongs to IAM Identity Center: disable the user there instead")
    trusting = _trusting(aws, str(resource))
    own = [arn for arn in trusting if is_own(arn, case.responder, aws.caller)]
    if own:
        raise Refused(f"stanch's own role {own[0]} is opened through {resource}: remove it from another one")
    made: datetime = found["CreateDate"]
    if trusting and not (case.since and made >= case.since.replace(microsecond=0)):
        raise Refused(
            f"{resource} was made {made:%Y-%m-%d %H:%M:%S}Z, not since the incident began, and {_few(trusting)} trust "
            "it: narrow their trust instead (iam/narrow_trust)"
        )
    stem, same = _STEM[resource.kind], "address, clients" if resource.kind == "oidc-provider" else "metadata"
    return Plan(
        before={"provider": _picture(found)},
        calls=(f"iam:Delete{stem} {resource} (made {made:%Y-%m-%d %H:%M:%S}Z)",),
        undo=f"iam:Create{stem} with the same {same} and tags",
        breaks=(
            *(f"nobody can open {arn} through it any more" for arn in trusting),
            "NOT cut: sessions that were opened through it (iam/revoke_sessions on each role)",
            *_lost(found),
        ),
    )


def read(aws: Aws, step: Step) -> State:
    """`{"provider": None | {...}}`: what is needed to make it again; lists sorted, tags by key."""
    return {"provider": _now(aws, step)}


def apply(aws: Aws, step: Step, wait: Wait) -> Witness | None:
    """Delete it, unless somebody has made another of it since the plan."""
    stem = _STEM[Arn.parse(step.resource).kind]
    now = _now(aws, step)
    if now is not None and now != (step.before or {}).get("provider"):
        raise Overtaken(f"somebody changed {step.resource} since the plan was made")
    if now is not None:
        with suppress(AwsAbsent):
            aws.call("iam", f"Delete{stem}", **{f"{stem}Arn": step.resource})
    settled(lambda: _now(aws, step) is None, wait)
    return None  # a token of that provider is the intruder's to make


def verify(aws: Aws, step: Step, wait: Wait, witness: Witness | None) -> Proof:
    """Read back: IAM knows no such provider, so it takes no token of it."""
    if settled(lambda: _now(aws, step) is None, wait):
        return Proof(True, Method.STATE, (f"IAM knows no provider {step.resource}: it accepts no token of it",))
    return Proof(False, Method.STATE, (f"{step.resource} is there: somebody made it again",))


def undo(aws: Aws, step: Step, wait: Wait) -> None:
    """Make it again as it was."""
    was, arn = (step.before or {}).get("provider"), Arn.parse(step.resource)
    if was is None or _now(aws, step) is not None:
        return
    given: dict[str, Any] = {}
    if was["tags"]:
        given["Tags"] = [{"Key": key, "Value": value} for key, value in was["tags"].items()]
    if arn.kind == "oidc-provider":
        # AWS takes no empty list, and finds the thumbprint itself where none is given.
        given |= {k: was[v] for k, v in (("ClientIDList", "clients"), ("ThumbprintList", "thumbprints")) if was[v]}
        aws.call("iam", "CreateOpenIDConnectProvider", Url=f"https://{was['url']}", **given)
    else:
        if was["encryption"]:
            given["AssertionEncryptionMode"] = was["encryption"]
        aws.call("iam", "CreateSAMLProvider", Name=arn.name, SAMLMetadataDocument=was["metadata"], **given)
    settled(lambda: _now(aws, step) == was, wait)


def _described(aws: Aws, arn: str) -> dict[str, Any]:
    stem = _STEM[Arn.parse(arn).kind]
    return aws.call("iam", f"Get{stem}", **{f"{stem}Arn": arn})


def _now(aws: Aws, step: Step) -> dict[str, Any] | None:
    try:
        return _picture(_described(aws, step.resource))
    except AwsAbsent:
        return None


def _picture(found: Mapping[str, Any]) -> dict[str, Any]:
    tags = {str(tag["Key"]): str(tag["Value"]) for tag in found.get("Tags") or ()}
    if "SAMLMetadataDocument" in found:
        encryption = found.get("AssertionEncryptionMode")
        return {"metadata": str(found["SAMLMetadataDocument"]), "encryption": encryption, "tags": tags}
    return {
        "url": str(found["Url"]).removeprefix("https://"),
        "clients": sorted(found.get("ClientIDList") or ()),
        "thumbprints": sorted(found.get("ThumbprintList") or ()),
        "tags": tags,
    }


def _trusting(aws: Aws, provider: str) -> list[str]:
    """The roles whose trust names the provider."""
    return [
        str(role["Arn"])
        for role in aws.pages("iam", "ListRoles", "Roles")
        if provider in _federated(role.get("AssumeRolePolicyDocument"))
    ]


def _federated(trust: Any) -> Iterable[str]:
    try:
        policy = parse(trust)
    except PolicyError:
        return ()
    return {p.value for s in policy.statements if s.effect == "Allow" for p in s.principals or ()}


def _lost(found: Mapping[str, Any]) -> tuple[str, ...]:
    if found.get("PrivateKeyList"):
        return ("its private keys for encrypted assertions cannot be read, so undo does not bring them back",)
    return ()


def _few(names: list[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
