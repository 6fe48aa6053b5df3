"""AWS decides a request in one order: an explicit deny anywhere, then every fence, then the grants.

IAM User Guide, "Policy evaluation logic". Exact for one request whose context is known; where it is not, the request is
decided twice, each doubt once for and once against the caller, and is Unknown when that makes a difference.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from stanch.iam.layers import LAYERS, TITLES, Given, Layer, Question, Reading, read, read_named, read_resource
from stanch.iam.naming import Grant
from stanch.iam.organization import Named
from stanch.iam.policy import Policy
from stanch.iam.request import Request
from stanch.iam.variables import Context

Result = Literal["Allowed", "ImplicitlyDenied", "ExplicitlyDenied", "Unknown"]

_ROLE_ACTIONS = ("sts:assumerole", "sts:tagsession", "sts:setsourceidentity")


@dataclass(frozen=True, slots=True)
class Decision:
    """What AWS would answer.

    blocked_by: every layer in the way, by a deny or for want of an allow; () when allowed.
    because: the statements that decided, in words; names and Sids in them come from the documents as they are.
    hangs_on: of an Unknown, the condition keys and layers whose knowledge would decide it, sorted.
    """

    result: Result
    blocked_by: tuple[Layer, ...] = ()
    because: tuple[str, ...] = ()
    hangs_on: tuple[str, ...] = ()

    @property
    def allowed(self) -> bool:
        """Whether the request goes through."""
        return self.result == "Allowed"


@dataclass(frozen=True, slots=True)
class Layers:
    """All policies that a request meets; what is () or None does not exist."""

    identity: Sequence[Given] = ()
    boundary: Sequence[Given] = ()
    session: Sequence[Given] = ()
    resource: Given | None = None
    scps: Sequence[Sequence[Given]] = ()
    rcps: Sequence[Sequence[Given]] = ()
    vpce: Sequence[Given] = ()


def evaluate(
    request: Request,
    *,
    identity: Sequence[Given] = (),
    boundary: Given | Sequence[Given] | None = None,
    session: Given | Sequence[Given] | None = None,
    resource_policy: Given | None = None,
    scps: Sequence[Sequence[Given]] = (),
    rcps: Sequence[Sequence[Given]] = (),
    vpce: Given | Sequence[Given] | None = None,
    unknown: Collection[Layer] = (),
) -> Decision:
    """Decide one request.

    identity: all policies of the user or role, inline ones and its groups' among them.
    resource_policy: the resource's own; for `sts:AssumeRole` the role's trust policy; for a KMS key its key policy.
    scps: one sequence a level, from the root of the caller's organisation down to its account; () for a management
        account and outside an organisation. Each level must allow.
    rcps: the same of the resource's account; RCPFullAWSAccess, which nobody can detach, is at every level anyway.
    vpce: the policy of the VPC endpoint that the request goes through.
    unknown: layers of which it is not known what they hold.
    A layer that is not given does not exist. The context must hold the keys that AWS would set: none is added.
    """
    if request.action.lower() == "sts:getcalleridentity" and request.caller.kind != "anonymous":
        return Decision("Allowed", because=("sts:GetCallerIdentity needs no permission and cannot be denied",))
    layers = Layers(identity, _several(boundary), _several(session), resource_policy, scps, rcps, _several(vpce))
    question = Question(request, _lower_keys(request.context), bool(layers.boundary) or "pb" in unknown)
    if request.unknown or unknown:
        return _weigh_doubts(question, layers, frozenset(unknown))
    return _decide(question, layers)


def _weigh_doubts(question: Question, layers: Layers, unknown: frozenset[Layer]) -> Decision:
    """Decide with every doubt against the caller, then with every doubt for it."""
    keys = frozenset(key.lower() for key in question.request.unknown) - question.context.keys()
    worst = replace(question, leaning="deny", unknown=keys, doubts=question.doubts)
    best = replace(worst, leaning="allow", bounded=bool(layers.boundary))
    against = _decide(worst, layers, unknown)
    if against.allowed:
        return against
    in_favour = _decide(best, layers, unknown)
    if not in_favour.allowed:
        return in_favour
    hangs_on = {*question.doubts, *unknown}
    return Decision("Unknown", against.blocked_by, against.because, tuple(sorted(hangs_on)))


def _decide(question: Question, layers: Layers, unknown: frozenset[Layer] = frozenset()) -> Decision:
    readings = list(_readings(question, layers))
    if unknown:
        readings = [r for r in readings if r.layer not in unknown] + [
            _doubtful(layer, question) for layer in unknown if question.meets(layer)
        ]
        readings.sort(key=lambda reading: LAYERS.index(reading.layer))
    needed = _needed(question, readings)
    missing = [reading for reading in readings if not reading.allows and reading.layer in needed]
    denying = tuple([reason for reading in readings for reason in reading.denies])
    if not missing and not denying:
        allows = [reason for r in readings if r.layer in ("resource", "identity") for reason in r.allows]
        return Decision("Allowed", because=tuple(allows) or _without_statement(question))
    blocked = {reading.layer for reading in (*missing, *(r for r in readings if r.denies))}
    wanting = tuple([_wanted(reading, question, layers) for reading in missing])
    result: Result = "ExplicitlyDenied" if denying else "ImplicitlyDenied"
    return Decision(result, tuple([layer for layer in LAYERS if layer in blocked]), denying + wanting)


def _readings(question: Question, layers: Layers) -> Iterator[Reading]:
    """What each layer that is there says, in the order of LAYERS."""
    if layers.scps and question.bound_by_scps:
        for level, policies in enumerate(layers.scps, 1):
            yield read(policies, "scp", question, level)
    if layers.rcps and question.bound_by_rcps:
        for level, policies in enumerate(layers.rcps, 1):
            yield read_named(policies, "rcp", question, level)
    own = question.in_aws
    if own:
        if layers.boundary:
            yield read(layers.boundary, "pb", question)
        yield read(layers.identity if question.request.caller.kind != "root" else (), "identity", question)
    yield read_resource(layers.resource, question)
    if own and (layers.session or question.request.caller.kind == "federated"):
        # GetFederationToken without a policy yields a session that may nothing but what resources grant to itself.
        yield read(layers.session, "session", question)
    if layers.vpce:
        yield read_named(layers.vpce, "vpce", question)


def _needed(question: Question, readings: Sequence[Reading]) -> frozenset[Layer]:
    """The layers that must allow."""
    caller = question.request.caller
    strength = next((r.strength for r in readings if r.layer == "resource"), Grant.NONE)
    needed: set[Layer] = {"scp", "vpce"}
    if not question.in_aws:
        needed.add("resource")
    elif caller.kind == "root" and question.action == "sts:assumerole":
        needed.add("identity")  # AWS lets no root user assume a role, whatever the policies say
    elif not (question.own_account and strength is Grant.DIRECT):
        needed |= {"pb", "session"}
        if not (question.own_account and strength is Grant.ROLE):
            if caller.kind != "root":
                needed.add("identity")
            if not question.own_account or _rests_on_resource_policy(question):
                needed.add("resource")
    return frozenset(needed)


def _rests_on_resource_policy(question: Question) -> bool:
    """Roles and KMS keys trust nobody, not even their own account, unless their own policy says so."""
    if question.action.startswith(_ROLE_ACTIONS):
        return ":role/" in question.request.resource
    return question.action.startswith("kms:") and ":key/" in question.request.resource


def _doubtful(layer: Layer, question: Question) -> Reading:
    told = f"it is not known what the {TITLES[layer]} says"
    if question.leaning == "allow":
        return Reading(layer, allows=[told], strength=Grant.DIRECT)
    return Reading(layer, denies=[told])


def _wanted(reading: Reading, question: Question, layers: Layers) -> str:
    levels = layers.scps if reading.layer == "scp" else layers.rcps
    level = f" at level {reading.level} of {len(levels)}" if len(levels) > 1 and reading.level else ""
    return f"no {TITLES[reading.layer]}{level} allows {question.request.action} on {question.request.resource}"


def _without_statement(question: Question) -> tuple[str, ...]:
    if question.request.caller.kind == "root":
        return ("the root user may do what nothing denies",)
    return ()


def _several(given: Given | Sequence[Given] | None) -> Sequence[Given]:
    if given is None:
        return ()
    return (given,) if isinstance(given, Policy | Named) else given


def _lower_keys(context: Context) -> Context:
    lowered: dict[str, tuple[str, ...]] = {}
    for key, values in context.items():
        low = key.lower()
        lowered[low] = lowered[low] + values if low in lowered else values
    return lowered
