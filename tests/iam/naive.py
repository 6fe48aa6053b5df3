"""A second evaluator, as slow and plain as can be, written from the IAM User Guide and sharing no code with `stanch`.

It takes a case as `stanch iam evaluate` does, as plain JSON, and returns the result and the layers in the way.
"""

from typing import Any

from tests.iam.naive_statement import about, many, words

ORDER = ["scp", "rcp", "pb", "identity", "resource", "session", "vpce"]
WITH_RCPS = ["s3", "sts", "kms", "sqs", "secretsmanager", "ecr", "dynamodb", "logs", "aoss", "cognito-idp"]


def who(principal: Any, action: str) -> dict[str, Any]:
    """The caller's kind, his account, and his names from the closest on."""
    if isinstance(principal, dict):
        return {"kind": "anonymous", "account": None, "arn": None, "role": None}
    if principal.endswith(".amazonaws.com"):
        return {"kind": "service", "account": None, "arn": principal, "role": None}
    arn = principal.split(":", 5)
    account, rest = arn[4], arn[5]
    found = {"kind": "user", "account": account, "arn": principal, "role": None, "partition": arn[1]}
    if rest == "root":
        found["kind"] = "root"
    elif rest.startswith("role/"):
        found |= {"kind": "role", "role": principal, "arn": None}
    elif rest.startswith("assumed-role/"):
        found |= {"kind": "session", "role": rest.split("/")[1]}
    elif rest.startswith("federated-user/"):
        found["kind"] = "federated"
    elif rest.startswith(("oidc-provider/", "saml-provider/")):
        found |= {"kind": "provider", "account": None}
    return found


def named(element: Any, caller: dict[str, Any]) -> set[str]:
    """By which of his names an element names the caller: everyone, self, role, account."""
    found: set[str] = set()
    if element == "*":
        return {"everyone"}
    for name in many(element.get("AWS", [])):
        if name == "*":
            found.add("everyone")
        if caller["account"] is None:
            continue
        if name == caller["arn"] and caller["kind"] != "root":
            found.add("self")
        if name in (caller["account"], f"arn:{caller['partition']}:iam::{caller['account']}:root"):
            found.add("account")
        roles = f"arn:{caller['partition']}:iam::{caller['account']}:role/"
        if caller["role"] == name or (name.startswith(roles) and name.split("/")[-1] == caller["role"]):
            found.add("role")
    if caller["kind"] == "service" and caller["arn"] in many(element.get("Service", [])):
        found.add("self")
    if caller["kind"] == "provider" and caller["arn"] in many(element.get("Federated", [])):
        found.add("self")
    return found


def strength(statement: dict[str, Any], caller: dict[str, Any]) -> str:
    if "NotPrincipal" in statement:
        return "" if named(statement["NotPrincipal"], caller) else "direct"
    if "Principal" not in statement:
        return ""
    names = named(statement["Principal"], caller)
    if names & {"everyone", "self"} or (caller["kind"] == "root" and "account" in names):
        return "direct"
    return "role" if "role" in names else "account" if "account" in names else ""


def denied(statement: dict[str, Any], caller: dict[str, Any], bounded: bool) -> bool:
    if "NotPrincipal" not in statement:
        return "Principal" in statement and bool(named(statement["Principal"], caller))
    names = named(statement["NotPrincipal"], caller)
    if bounded:
        return True
    needed = {
        "user": {"account", "self"},
        "federated": {"account", "self"},
        "session": {"account", "self", "role"},
        "role": {"account", "role"},
        "root": {"account"},
    }.get(caller["kind"], {"self"})
    return not ("everyone" in names or needed <= names)


def decide(case: dict[str, Any]) -> tuple[str, list[str]]:  # noqa: C901 - all in one place, to be read beside AWS's chart
    request = dict(case["request"])
    if request.get("wildcard_only"):
        request["resource"] = "*"
    context: dict[str, list[str]] = {k.lower(): [words(v) for v in many(vs)] for k, vs in request["context"].items()}
    caller = who(request["principal"], request["action"])
    action = request["action"].lower()
    if action == "sts:getcalleridentity" and caller["kind"] != "anonymous":
        return "Allowed", []
    in_aws = caller["kind"] not in ("anonymous", "service", "provider")
    own = request["resource_account"] == caller["account"]
    linked = "/aws-service-role/" in str(request["principal"])
    bounded = bool(case["boundary"])

    def applying(policies: list[Any]) -> list[dict[str, Any]]:
        return [
            statement
            for policy in policies
            for statement in many(policy["Statement"])
            if about(statement, policy.get("Version", "2008-10-17"), request, context)
        ]

    denies: set[str] = set()
    allows: dict[str, bool] = {}

    def plainly(layer: str, policies: list[Any]) -> bool:
        statements = applying(policies)
        if any(s["Effect"] == "Deny" for s in statements):
            denies.add(layer)
        return any(s["Effect"] == "Allow" for s in statements)

    def by_name(layer: str, policies: list[Any]) -> list[str]:
        statements = applying(policies)
        if any(s["Effect"] == "Deny" and denied(s, caller, bounded) for s in statements):
            denies.add(layer)
        return [strength(s, caller) for s in statements if s["Effect"] == "Allow"]

    if in_aws and not linked:
        answers = [plainly("scp", [p["policy"] for p in level["policies"]]) for level in case["scps"]]
        allows["scp"] = all(answers)
    if action.split(":")[0] in WITH_RCPS and not linked:
        for level in case["rcps"]:
            by_name("rcp", [p["policy"] for p in level["policies"]])
    if in_aws:
        allows["identity"] = caller["kind"] == "root"
        if caller["kind"] != "root":
            allows["identity"] = plainly("identity", [p["policy"] for p in case["identity"]])
        if case["boundary"]:
            allows["pb"] = plainly("pb", [p["policy"] for p in case["boundary"]])
        if caller["kind"] == "federated":
            allows["session"] = False
        if case["session"]:
            allows["session"] = plainly("session", [case["session"]])
    if case["vpce"]:
        allows["vpce"] = any(by_name("vpce", [p["policy"] for p in case["vpce"]]))
    grants = by_name("resource", [case["resource_policy"]] if case["resource_policy"] else [])
    if (
        caller["kind"] == "root"
        and own
        and action in ("s3:getbucketpolicy", "s3:putbucketpolicy", "s3:deletebucketpolicy")
    ):
        denies.discard("resource")

    needed = {"scp", "vpce"}
    if not in_aws:
        needed |= {"resource"}
    elif caller["kind"] == "root" and action == "sts:assumerole":
        allows["identity"] = False
        needed |= {"identity"}
    elif own and "direct" in grants:
        pass
    elif own and "role" in grants:
        needed |= {"pb", "session"}
    else:
        needed |= {"pb", "session", "identity"}
        trusts_nobody = (
            action.startswith(("sts:assumerole", "sts:tagsession", "sts:setsourceidentity"))
            and ":role/" in request["resource"]
        ) or (action.startswith("kms:") and ":key/" in request["resource"])
        if not own or trusts_nobody:
            needed |= {"resource"}
    allows["resource"] = any(grants)
    blocked = denies | {layer for layer in needed if not allows.get(layer, True)}
    if denies:
        return "ExplicitlyDenied", [layer for layer in ORDER if layer in blocked]
    return ("ImplicitlyDenied" if blocked else "Allowed"), [layer for layer in ORDER if layer in blocked]
