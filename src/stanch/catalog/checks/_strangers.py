"""Who is not named as ours is a stranger; a service that anyone may send is a way in, but nobody by itself."""

from collections.abc import Iterable
from typing import Any

from stanch.contracts.check import Open, Posture
from stanch.contracts.collector import Place, unseen
from stanch.domain.arn import Arn, ArnError
from stanch.domain.verdict import Ruling
from stanch.iam import PolicyError, parse
from stanch.iam.accounts import account_of, is_account
from stanch.iam.exposure import Exposure, of_policy, service_named
from stanch.iam.matching import names_action

_POLICIES = ("Policy", "ResourcePolicy")
_SERVICE = "service:"


def ours(posture: Posture) -> frozenset[str]:
    """The accounts that are inside: those that the estate names, and those that were looked at."""
    return posture.perimeter("").accounts


def organizations(posture: Posture) -> frozenset[str]:
    """The organisations that are inside: those that the estate names, or else the one that the accounts are in."""
    return posture.perimeter("").organizations


def is_stranger(posture: Posture, principal: str) -> bool:
    """Whether an account, or an ARN that carries one, is outside; False for what carries none."""
    account = account_of(principal)
    return account is not None and account not in ours(posture)


def strangers(found: Open) -> tuple[str, ...]:
    """Accounts, organisations, users of identity providers and canonical users from outside that get in."""
    return tuple(who for who in found.exposure.outside if not who.startswith(_SERVICE))


def senders(found: Open) -> tuple[str, ...]:
    """The services that get in, whoever sends them."""
    return tuple(who.removeprefix(_SERVICE) for who in found.exposure.outside if who.startswith(_SERVICE))


def lets_in(found: Open) -> bool:
    """Whether anybody, or a stranger, gets in by himself."""
    return found.exposure.public or bool(strangers(found))


def whom(found: Open) -> str:
    """Those who get in, in words."""
    return "anybody" if found.exposure.public else ", ".join(map(_in_words, strangers(found)))


def _in_words(who: str) -> str:
    kind, _, name = who.partition(":")
    known = {"org": f"organisation {name}", "federated": f"users of {name}"}
    return known.get(kind, f"account {who}" if is_account(who) else f"canonical user {who}")


def ruled(found: Open) -> tuple[Ruling, str]:
    """The ruling on a thing by its policies alone, with why."""
    if lets_in(found):
        return Ruling.FAIL, f"{whom(found)} gets in: {'; '.join(found.exposure.why)}"
    if found.unseen:
        return Ruling.UNKNOWN, f"not seen: {'; '.join(found.unseen)}"
    if found.exposure.unplaced:
        whose = ", ".join(found.exposure.unplaced)
        return Ruling.UNKNOWN, f"it lets in {whose}: nobody said whose that is; if it is yours, name it in [perimeter]"
    return Ruling.PASS, "no policy of it lets in anyone from outside"


def policy_at(place: Place) -> str | None:
    """The key under which the thing's policy stands, or None where the snapshot does not say."""
    return next((key for key in _POLICIES if key in place.thing.data), None)


def opens_reading(place: Place, found: Open, action: str) -> bool:
    """Whether one of the statements that let somebody in, as their position tells, is about this action."""
    key = policy_at(place)
    document = place.thing.data.get(key) if key else None
    try:
        policy = parse(document) if isinstance(document, dict) else None
    except PolicyError:
        policy = None
    listed = policy.statements if policy else ()
    said = found.exposure.statements
    return any(f"[{at}]" in one and names_action(listed[at], action) for at in range(len(listed)) for one in said)


def opened(posture: Posture, account: str, service: str, documents: Iterable[tuple[str, Any]]) -> Open:
    """Whom policies let in that stand elsewhere than `Posture.open` looks, each document with what to call it."""
    public, outside, statements, why, gaps = False, set[str](), list[str](), list[str](), list[str]()
    perimeter = posture.perimeter(account)
    for name, document in documents:
        if document is None:
            continue
        hidden = unseen(document)
        if hidden:
            gaps.append(hidden)
            continue
        try:
            found = of_policy(parse(document), perimeter, service_named(service))
        except PolicyError as error:
            gaps.append(f"{name}: {error}")
            continue
        public, outside = public or found.public, outside | set(found.outside)
        statements += [f"{name} {one}" for one in found.statements]
        why += [f"{name} {one}" for one in found.why]
    return Open(Exposure(public, tuple(sorted(outside)), (), tuple(statements), tuple(why)), tuple(gaps))


def both(one: Open, other: Open) -> Open:
    """What two looks at the same thing found together."""
    first, second = one.exposure, other.exposure
    return Open(
        Exposure(
            first.public or second.public,
            tuple(sorted({*first.outside, *second.outside})),
            tuple(sorted({*first.unplaced, *second.unplaced})),
            (*first.statements, *second.statements),
            (*first.why, *second.why),
        ),
        (*one.unseen, *other.unseen),
    )


def name_of(arn: str) -> str:
    """The last part of an ARN, as commands name the thing; the text itself where it is no ARN."""
    try:
        return Arn.parse(arn).name
    except ArnError:
        return arn
