"""What nobody saw may say anything: a policy under a condition that no request answers."""

from typing import Any

from stanch.iam.reading.documents import UNKNOWN_TEXT


def unknown_policy(name: str, *, principal: bool) -> dict[str, Any]:
    """A policy that may allow and may deny anything; principal: of a resource, to anybody. name: what is not known."""
    anything: dict[str, Any] = {"Action": "*", "Resource": "*", "Condition": {"StringEquals": {UNKNOWN_TEXT: name}}}
    anybody = {**anything, "Principal": "*"} if principal else anything
    return {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", **anybody}, {"Effect": "Deny", **anybody}],
    }
