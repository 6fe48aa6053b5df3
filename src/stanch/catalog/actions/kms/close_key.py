"""A key policy is the root of who may use a key: without it not even the account's administrators may.

Blind to: grants (see `revoke_grants`), and plaintext that was decrypted before. The key itself is not disabled: volumes
in use would stay readable for as long as they are attached, while our own forensic copy would fail.
"""

from dataclasses import replace

from stanch.catalog.actions import _closing
from stanch.catalog.actions.kms._key import described
from stanch.contracts.action import Affects, Case, Plan, Refused
from stanch.contracts.aws import Aws
from stanch.domain.arn import Arn
from stanch.domain.step import Phase
from stanch.iam import Request, caller_of, evaluate, parse

APPLIES_TO = ("key",)
PHASE = Phase.DATA
AFFECTS = Affects.STRANGERS
PERMISSIONS = ("kms:DescribeKey", "kms:GetKeyPolicy", "kms:PutKeyPolicy")

# Whatever its own policies say, the key's policy must let the responder in.
_EVERYTHING = parse({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})


def plan(aws: Aws, resource: Arn, case: Case) -> Plan:
    """Narrow the key policy to our own principals; refuses what would lock us out, and keys that AWS manages."""
    key = described(aws, resource)
    planned = _KEEPER.plan(aws, Arn.parse(key), case)
    _refuse_lockout(planned.settings["closed"], key, case.responder)
    return replace(planned, resource=key)


def _refuse_lockout(closed: str, key: str, responder: str) -> None:
    """A key whose policy nobody may change is lost until AWS Support helps; KMS's own check only knows its caller."""
    request = Request(caller_of(responder), "kms:PutKeyPolicy", key, Arn.parse(key).account, unknown=frozenset({"*"}))
    decision = evaluate(request, identity=[_EVERYTHING], resource_policy=parse(closed))
    if decision.result in ("ImplicitlyDenied", "ExplicitlyDenied"):
        raise Refused(
            f"without strangers nobody of ours could change the policy of {key}: add a statement for them first"
        )


def _get(aws: Aws, resource: Arn) -> str | None:
    return str(aws.call("kms", "GetKeyPolicy", KeyId=str(resource), PolicyName="default")["Policy"])


def _put(aws: Aws, resource: Arn, text: str) -> None:
    # BypassPolicyLockoutSafetyCheck stays off: KMS refuses a policy that would lock out whoever sets it.
    aws.call("kms", "PutKeyPolicy", KeyId=str(resource), PolicyName="default", Policy=text)


_KEEPER = _closing.Keeper(_get, _put, None, "kms:PutKeyPolicy")
read, apply, verify, undo = _KEEPER.read, _KEEPER.apply, _KEEPER.verify, _KEEPER.undo
