"""A key that many depend on can be slowed where it may have leaked: it takes many answers to copy a model."""

from typing import Any

from stanch.catalog.actions._settle import settled
from stanch.catalog.actions.gateway import _key
from stanch.contracts.action import Affects, Case, Overtaken, Plan, Wait, Witness
from stanch.contracts.aws import Aws
from stanch.domain.arn import Arn
from stanch.domain.step import Method, Phase, Proof, State, Step

APPLIES_TO = ("gateway-key",)
PHASE = Phase.IDENTITY
AFFECTS = Affects.USERS
PERMISSIONS = ()

SLOW = {"rpm_limit": 1, "tpm_limit": 1000}
"""Requests and tokens a minute that are left: enough to see that the key works, too few to take anything with it."""


def plan(aws: Aws, resource: Arn, case: Case) -> Plan:
    """Refuses a key in clear, and an alias that several keys have."""
    arn = _key.named(aws, resource)
    name = arn.resource.removeprefix("key/")
    info = _key.described(aws, name)
    before = _limits(info)
    wanted = {limit: _lower(before[limit], most) for limit, most in SLOW.items()}
    told = ", ".join(f"{limit} {_words(before[limit])} -> {wanted[limit]}" for limit in SLOW)
    return Plan(
        resource=str(arn),
        before=before,
        calls=(f"POST /key/update at {aws.region}: {name}: {told}",) if wanted != before else (),
        undo=f"POST /key/update at {aws.region}: {', '.join(f'{k} {_words(v)}' for k, v in before.items())}",
        breaks=(f"whoever uses this key ({_key.owner(info)}) is answered {SLOW['rpm_limit']} time a minute",),
        settings={"wanted": wanted},
    )


def read(aws: Aws, step: Step) -> State:
    """`{"rpm_limit": int | None, "tpm_limit": int | None}`, None for no limit."""
    return _limits(_key.described(aws, _key.token(step)))


def apply(aws: Aws, step: Step, wait: Wait) -> Witness | None:
    """Both limits in one call."""
    now, wanted = read(aws, step), step.settings["wanted"]
    if now not in (wanted, step.before):
        raise Overtaken(f"somebody changed the limits of {_key.token(step)} since the plan was made")
    if now != wanted:
        aws.call("litellm", "KeyUpdate", key=_key.token(step), **wanted)
    settled(lambda: read(aws, step) == wanted, wait)
    return None


def verify(aws: Aws, step: Step, wait: Wait, witness: Witness | None) -> Proof:
    """Read back: only its holder could try the key."""
    holds = settled(lambda: read(aws, step) == step.settings["wanted"], wait)
    told = ", ".join(f"{limit} {_words(value)}" for limit, value in read(aws, step).items())
    return Proof(holds, Method.STATE, (f"/key/info of {_key.token(step)}: {told}",))


def undo(aws: Aws, step: Step, wait: Wait) -> None:
    """The limits that were, or none."""
    before = dict(step.before or {})
    if read(aws, step) != before:
        aws.call("litellm", "KeyUpdate", key=_key.token(step), **before)
    settled(lambda: read(aws, step) == before, wait)


def _limits(info: dict[str, Any]) -> dict[str, int | None]:
    return {limit: None if info.get(limit) is None else int(info[limit]) for limit in SLOW}


def _lower(found: int | None, most: int) -> int:
    return most if found is None else min(found, most)


def _words(limit: int | None) -> str:
    return "none" if limit is None else str(limit)
