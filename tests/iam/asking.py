"""Short words for policies, callers and requests, for tests that say one thing in a line or two."""

from typing import Any

from stanch.iam import Caller, Decision, Policy, Request, evaluate, parse

HOME, AWAY = "111122223333", "444455556666"
BUCKET, OBJECT = "arn:aws:s3:::weights", "arn:aws:s3:::weights/a/b.safetensors"
ROLE = f"arn:aws:iam::{HOME}:role/ml/serving"
SESSION = f"arn:aws:sts::{HOME}:assumed-role/serving/i-0abc"
USER = f"arn:aws:iam::{HOME}:user/bob"
ROOT = f"arn:aws:iam::{HOME}:root"

USER_CALLER = Caller("user", HOME, USER)
SESSION_CALLER = Caller("role-session", HOME, SESSION, role_arn=ROLE)
ROOT_CALLER = Caller("root", HOME, ROOT)
ANYONE = Caller("anonymous")
FEDERATED_CALLER = Caller("federated", HOME, f"arn:aws:sts::{HOME}:federated-user/bob", role_arn=USER)


def policy(*statements: dict[str, Any]) -> Policy:
    return parse({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action: str = "*", resource: str = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action: str = "*", resource: str = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Deny", "Action": action, "Resource": resource, **more}


def trust(principal: Any, **more: Any) -> Policy:
    return policy({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal, **more})


def to(*names: str) -> dict[str, Any]:
    return {"AWS": list(names)}


def read(caller: Caller, owner: str | None = HOME, **layers: Any) -> Decision:
    return evaluate(Request(caller, "s3:GetObject", OBJECT, owner, layers.pop("context", {})), **layers)


ALL, NOTHING = policy(allow()), policy(allow("sqs:*"))
