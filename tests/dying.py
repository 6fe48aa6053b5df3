"""A responder may die, or be refused, between any two calls; the next run must end as if nothing had been."""

from collections.abc import Callable
from functools import partial

from stanch.contracts.aws import AwsDenied
from stanch.engine.contain.compare import plain
from tests.listening import Listening
from tests.planning import ACTIONS, Grounds, no_wait


class Died(BaseException):
    """The process ended here; a BaseException, because nothing may catch it."""


def changes(operation: str) -> bool:
    """Whether an operation (`s3:PutBucketPolicy`) changes something, by its name."""
    return not operation.split(":")[1].startswith(("Describe", "Get", "List", "Head", "Simulate", "Assume"))


def dying_before(change: int) -> Callable[[str], None]:
    """A hook that lets so many changes through and dies before the next one; looking is free."""
    left = [change]

    def before_call(operation: str) -> None:
        if not changes(operation):
            return
        if not left[0]:
            raise Died
        left[0] -= 1

    return before_call


def survives_dying(ground: Grounds, action_id: str, make: Callable[[], str]) -> int:
    """Die before each change of an apply and of an undo; the next run must end as if nothing had been.

    Returns how many changes the apply has.
    """
    action = ACTIONS[action_id]
    aws = ground.responder()
    for change in range(100):
        step = ground.planned(action_id, make(), aws)
        died = _dies(aws, change, partial(action.apply, aws, step, no_wait))
        once = plain(action.read(aws, step))
        action.apply(aws, step, no_wait)
        assert died or plain(action.read(aws, step)) == once, "applying twice is not applying once"
        proof = action.verify(aws, step, no_wait, None)
        assert proof.holds, proof
        _dies(aws, change, partial(action.undo, aws, step, no_wait))
        action.undo(aws, step, no_wait)
        assert plain(action.read(aws, step)) == step.before, "undo did not restore what was there"
        assert aws.needed <= set(action.PERMISSIONS), aws.needed - set(action.PERMISSIONS)
        if not died:
            return change
    raise AssertionError("an apply of a hundred changes")


def survives_refusals(ground: Grounds, action_id: str, make: Callable[[], str]) -> int:
    """Refuse each call of an apply once, looking included; the next run must end as if nothing had been.

    Returns how many calls the apply has.
    """
    action = ACTIONS[action_id]
    aws = ground.responder()
    for call in range(300):
        step = ground.planned(action_id, make(), aws)
        refused = False
        aws.before_call = refusing(call)
        try:
            action.apply(aws, step, no_wait)
        except AwsDenied:
            refused = True
        finally:
            aws.before_call = lambda _: None
        action.apply(aws, step, no_wait)
        proof = action.verify(aws, step, no_wait, None)
        assert proof.holds, proof
        action.undo(aws, step, no_wait)
        assert plain(action.read(aws, step)) == step.before, "undo did not restore what was there"
        if not refused:
            return call
    raise AssertionError("an apply of three hundred calls")


def refusing(call: int) -> Callable[[str], None]:
    """A hook that refuses one call, after so many that it lets through."""
    left = [call]

    def before_call(operation: str) -> None:
        left[0] -= 1
        if left[0] == -1:
            raise AwsDenied(operation, "AccessDeniedException", "not now")

    return before_call


def _dies(aws: Listening, change: int, deed: Callable[[], object]) -> bool:
    aws.before_call = dying_before(change)
    try:
        deed()
    except Died:
        return True
    finally:
        aws.before_call = lambda _: None
    return False
