"""Whoever may invoke a function has its role do his work; an address without authentication asks nobody who he is.

Lambda Developer Guide, "Using resource-based policies", "Control access to Lambda function URLs": without a statement
in the policy an address of type NONE answers nobody. Each alias has a policy of its own.
"""

from collections.abc import Iterator

from stanch.catalog.checks._strangers import both, opened, ruled, whom
from stanch.catalog.checks._things import blind, evidence, mappings
from stanch.contracts.check import FSBP, GDPR, ISO, NIS2, NIST, About, Judged, Open, Posture
from stanch.contracts.collector import Place, unseen
from stanch.domain.severity import Severity
from stanch.domain.verdict import Evidence, Remedy, Row, Ruling

ABOUT = About(
    title="A function can be invoked by anybody, or by a stranger",
    row=Row.PUBLIC,
    severity=Severity.CRITICAL,
    controls={
        FSBP: ("Lambda.1",),
        NIST: ("AC-3", "AC-6", "SC-7"),
        ISO: ("A.5.15", "A.8.3"),
        GDPR: ("Art. 32(1)(b)",),
        NIS2: ("Art. 21(2)(i)",),
    },
)


def judge(posture: Posture) -> Iterator[Judged]:
    """See `contracts.check.Check`."""
    for place in posture.of("lambda/function"):
        found = _open(posture, place)
        ruling, why = ruled(found)
        address = _address(place)
        failed = ruling is Ruling.FAIL
        yield Judged(
            place.thing.arn,
            place.account,
            place.region,
            ruling,
            f"{why}, at {address}" if failed and address else why,
            assets=tuple(posture.assets_of(place.thing.arn)),
            evidence=tuple(_evidence(place)),
            way=_way(place, found, address) if failed else (),
            remedy=_remedy(place) if failed else None,
            severity=None if found.exposure.public else Severity.HIGH,
        )
    yield from blind(posture, "functions", "lambda", "lambda:ListFunctions")


def _open(posture: Posture, place: Place) -> Open:
    """By the function's own policy and by those of its aliases."""
    data = place.thing.data
    aliases = data.get("Aliases")
    policies = [(f"alias {one.get('Name')}:", one.get("Policy")) for one in mappings(aliases)]
    found = both(posture.open(place), opened(posture, place.account, "lambda", policies))
    hidden = [why for why in (unseen(aliases),) if why]
    if "Policy" not in data:
        hidden.append("its policy")
    return Open(found.exposure, (*found.unseen, *hidden))


def _address(place: Place) -> str | None:
    """The function's address that asks for no credential."""
    urls = mappings(place.thing.data.get("Urls"))
    return next((str(url.get("FunctionUrl")) for url in urls if url.get("AuthType") == "NONE"), None)


def _evidence(place: Place) -> Iterator[Evidence]:
    yield evidence(place, "Policy")
    if mappings(place.thing.data.get("Aliases")):
        yield evidence(place, "Aliases")
    if _address(place):
        yield evidence(place, "Urls")


def _way(place: Place, found: Open, address: str | None) -> tuple[str, ...]:
    call = f"POST {address}, with no credential" if address and found.exposure.public else "lambda:InvokeFunction"
    role = place.thing.data.get("Role") or "its role"
    return (whom(found), call, f"its code runs with what he sends, as {role}")


def _remedy(place: Place) -> Remedy:
    name = str(place.thing.data.get("FunctionName") or place.thing.arn.rpartition(":")[2])
    region = ("--region", place.region or "")
    policy = place.thing.data.get("Policy")
    statements = mappings(policy.get("Statement")) if isinstance(policy, dict) else []
    commands: list[tuple[str, ...]] = [("aws", "lambda", "get-policy", "--function-name", name, *region)]
    for statement in statements:
        principal = statement.get("Principal")
        if statement.get("Sid") and (principal == "*" or (isinstance(principal, dict) and "AWS" in principal)):
            sid = ("--statement-id", str(statement["Sid"]))
            commands.append(("aws", "lambda", "remove-permission", "--function-name", name, *sid, *region))
    if _address(place):
        auth = ("--auth-type", "AWS_IAM")
        commands.append(("aws", "lambda", "update-function-url-config", "--function-name", name, *auth, *region))
    return Remedy(
        "Remove each statement that lets in a stranger; let an address ask for a signature.",
        tuple(commands),
        "Type: AWS::Lambda::Url\nProperties:\n  AuthType: AWS_IAM\n  TargetFunctionArn: !Ref Function\n",
    )
