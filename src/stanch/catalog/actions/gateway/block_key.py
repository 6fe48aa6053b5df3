"""A key of an inference gateway that leaked is used by whoever has it, from anywhere, until the gateway refuses it.

Blind to: other instances of the gateway, which may know the key as good for as long as they remember it.
"""

from stanch.catalog.actions._settle import settled
from stanch.catalog.actions.gateway import _key
from stanch.contracts.action import Affects, Case, Plan, Wait, Witness
from stanch.contracts.aws import Aws
from stanch.domain.arn import Arn
from stanch.domain.step import Method, Phase, Proof, State, Step

APPLIES_TO = ("gateway-key",)
PHASE = Phase.IDENTITY
AFFECTS = Affects.USERS
PERMISSIONS = ()


def plan(aws: Aws, resource: Arn, case: Case) -> Plan:
    """Refuses a key in clear, and an alias that several keys have."""
    arn = _key.named(aws, resource)
    name = arn.resource.removeprefix("key/")
    info = _key.described(aws, name)
    blocked = bool(info.get("blocked"))
    return Plan(
        resource=str(arn),
        before={"blocked": blocked},
        calls=() if blocked else (f"POST /key/block at {aws.region}: {name}",),
        undo=f"POST /key/{'block' if blocked else 'unblock'} at {aws.region}: {name}",
        breaks=(
            f"whoever uses this key ({_key.owner(info)}) is refused until he has another",
            "NOT cut: answers that are being streamed now, and instances of the gateway that still remember the key",
        ),
    )


def read(aws: Aws, step: Step) -> State:
    """`{"blocked": bool}`."""
    return {"blocked": bool(_key.described(aws, _key.token(step)).get("blocked"))}


def apply(aws: Aws, step: Step, wait: Wait) -> Witness | None:
    """Block it; blocking a blocked key changes nothing."""
    if not read(aws, step)["blocked"]:
        aws.call("litellm", "KeyBlock", key=_key.token(step))
    settled(lambda: bool(read(aws, step)["blocked"]), wait)
    return None  # the key itself, with which it could be tried, is not ours to have


def verify(aws: Aws, step: Step, wait: Wait, witness: Witness | None) -> Proof:
    """Read back: only its holder could try the key."""
    holds = settled(lambda: bool(read(aws, step)["blocked"]), wait)
    return Proof(holds, Method.STATE, (f"/key/info of {_key.token(step)}: {'blocked' if holds else 'not blocked'}",))


def undo(aws: Aws, step: Step, wait: Wait) -> None:
    """Unblock it, unless it was blocked before."""
    before = step.before or {}
    if read(aws, step) != before:
        aws.call("litellm", "KeyBlock" if before["blocked"] else "KeyUnblock", key=_key.token(step))
    settled(lambda: read(aws, step) == before, wait)
