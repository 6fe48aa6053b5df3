"""An explicit Deny in a principal's own policy wins over every Allow, a bucket's or a key's policy included."""

import json
from typing import Any, Literal

from stanch.catalog.actions._document import same
from stanch.catalog.actions._names import short
from stanch.catalog.actions._settle import settled
from stanch.contracts.action import Wait
from stanch.contracts.aws import Aws, AwsAbsent, AwsDenied

Kind = Literal["Role", "User"]


def of_user(incident: str) -> str:
    """The name of the inline policy that denies a user everything in one incident."""
    return f"stanch-deny-{short(incident)}"


def inline_policy(aws: Aws, kind: Kind, name: str, policy: str) -> str | None:
    """The text of an inline policy, its keys in one order; None when there is none of that name."""
    try:
        found = aws.call("iam", f"Get{kind}Policy", **{f"{kind}Name": name, "PolicyName": policy})["PolicyDocument"]
    except AwsAbsent:
        return None
    document = json.loads(found) if isinstance(found, str) else found
    return json.dumps(document, separators=(",", ":"), sort_keys=True)


def put_inline(aws: Aws, kind: Kind, name: str, policy: str, text: str, wait: Wait) -> None:
    """Write an inline policy, or leave it when it says so already; returns when it can be read back."""
    if same(inline_policy(aws, kind, name, policy), text):
        return
    aws.call("iam", f"Put{kind}Policy", **{f"{kind}Name": name, "PolicyName": policy, "PolicyDocument": text})
    settled(lambda: same(inline_policy(aws, kind, name, policy), text), wait)


def restore_inline(aws: Aws, kind: Kind, name: str, policy: str, before: str | None, wait: Wait) -> None:
    """Put the former text back, or take the policy away where there was none."""
    if before is not None:
        put_inline(aws, kind, name, policy, before, wait)
        return
    try:
        aws.call("iam", f"Delete{kind}Policy", **{f"{kind}Name": name, "PolicyName": policy})
    except AwsAbsent:
        return
    settled(lambda: inline_policy(aws, kind, name, policy) is None, wait)


def decision(aws: Aws, principal: str, issued: str | None = None) -> str | None:
    """What AWS's policy simulator decides for this principal on one data read, in its own words.

    `allowed`, `explicitDeny`, `implicitDeny`; None when the responder may not ask. `issued`: when its session began.
    """
    asked: dict[str, Any] = {"PolicySourceArn": principal, "ActionNames": ["s3:GetObject"]}
    if issued:
        entry = {"ContextKeyName": "aws:TokenIssueTime", "ContextKeyType": "date", "ContextKeyValues": [issued]}
        asked["ContextEntries"] = [entry]
    try:
        answer = aws.call("iam", "SimulatePrincipalPolicy", **asked)
    except AwsDenied:
        return None
    return str(answer["EvaluationResults"][0]["EvalDecision"])
