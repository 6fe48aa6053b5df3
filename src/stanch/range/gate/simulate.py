"""iam:SimulatePrincipalPolicy asks what a principal's policies would say, without making the call.

Shapes: "SimulatePrincipalPolicy", IAM API Reference. Only the context that the caller supplies exists; keys that the
policies ask for beyond it are listed as missing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import product
from typing import Any
from xml.sax.saxutils import escape

from moto.iam.models import Role, User, iam_backends

from stanch.iam import Caller, Decision, Policy, Request, evaluate
from stanch.range.gate import directory
from stanch.range.gate.identity import Identity
from stanch.range.gate.refusal import Answer, Refusal
from stanch.range.request.call import Call

OPERATIONS = ("SimulatePrincipalPolicy", "SimulateCustomPolicy")
DECISIONS = {"Allowed": "allowed", "ImplicitlyDenied": "implicitDeny", "ExplicitlyDenied": "explicitDeny"}


def simulate(call: Call, identity: Identity, request_id: str) -> Answer:
    """The answer to a simulation. Raises Refusal for a principal that does not exist."""
    sent = call.parameters
    extra = [policy for text in sent.get("PolicyInputList", []) if (policy := directory.read_policy(text))]
    if call.operation == "SimulatePrincipalPolicy":
        simulated, held, limit = _principal(str(call.text("PolicySourceArn")))
        policies = [*held, *extra]
    else:
        simulated, policies, limit = identity, extra, None
    for text in sent.get("PermissionsBoundaryPolicyInputList", []):
        limit = directory.read_policy(text)
    context = {
        entry["ContextKeyName"]: tuple(map(str, entry.get("ContextKeyValues", [])))
        for entry in sent.get("ContextEntries", [])
    }
    resource_policy = directory.read_policy(sent.get("ResourcePolicy"))
    owner = call.text("ResourceOwner")
    resource_account = owner.split(":")[4] if owner and owner.count(":") == 5 else simulated.account
    missing = _missing(policies, limit, context)
    results = []
    for action, resource in product(sent.get("ActionNames", []), sent.get("ResourceArns") or ["*"]):
        request = Request(simulated.caller, action, resource, resource_account, context)
        decision = evaluate(request, identity=policies, boundary=limit, resource_policy=resource_policy)
        results.append(_result(action, resource, decision, limit, missing))
    name = call.operation
    body = (
        f'<{name}Response xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><{name}Result>'
        f"<IsTruncated>false</IsTruncated><EvaluationResults>{''.join(results)}</EvaluationResults></{name}Result>"
        f"<ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata></{name}Response>"
    )
    return Answer(200, body.encode(), "text/xml")


def _principal(arn: str) -> tuple[Identity, list[Policy], Policy | None]:
    parts = arn.split(":", 5)
    if len(parts) == 6 and parts[4] in iam_backends:
        partition, account, kind = parts[1], parts[4], parts[5].partition("/")[0]
        name = arn.rsplit("/", 1)[-1]
        found: User | Role | None = None
        if kind == "user":
            found = directory.find_user(account, partition, name)
            caller = Caller(kind="user", account=account, arn=arn)
        elif kind == "role":
            found = directory.find_role(account, partition, name)
            session = f"arn:{partition}:sts::{account}:assumed-role/{name}/simulated"
            caller = Caller(kind="role-session", account=account, arn=session, role_arn=arn)
        if found is not None and found.arn == arn:
            identity = replace(Identity(caller, partition), principal=found)
            return identity, identity.policies, identity.boundary
    raise Refusal("NoSuchEntity", f"The principal {arn} cannot be found.", 404)


def _missing(policies: Iterable[Policy], limit: Policy | None, context: Mapping[str, Any]) -> list[str]:
    present = {key.lower() for key in context}
    asked = {
        condition.key
        for policy in [*policies, *([limit] if limit else [])]
        for statement in policy.statements
        for condition in statement.conditions
    }
    return sorted(key for key in asked if key.lower() not in present)


def _result(action: str, resource: str, decision: Decision, limit: Policy | None, missing: list[str]) -> str:
    members = "".join(f"<member>{escape(key)}</member>" for key in missing)
    capped = ""
    if limit is not None:
        within = str("pb" not in decision.blocked_by).lower()
        capped = (
            "<PermissionsBoundaryDecisionDetail><AllowedByPermissionsBoundary>"
            f"{within}</AllowedByPermissionsBoundary></PermissionsBoundaryDecisionDetail>"
        )
    return (
        f"<member><EvalActionName>{escape(action)}</EvalActionName>"
        f"<EvalResourceName>{escape(resource)}</EvalResourceName>"
        f"<EvalDecision>{DECISIONS[decision.result]}</EvalDecision><MatchedStatements/>"
        f"<MissingContextValues>{members}</MissingContextValues>{capped}</member>"
    )
