"""What an identity may is in its account's facts, what it did is in the logs; the difference is what can go."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from stanch.app.iam_facts import Facts
from stanch.app.knowledge import every_source
from stanch.contracts.source import LogFile
from stanch.domain.arn import role_of_session
from stanch.engine.read import Tally, read
from stanch.engine.untrusted import at, text
from stanch.iam.least import Proposal, Silence, Used, calls_of, propose, silences
from stanch.iam.least.calls import was_refused
from stanch.iam.organization import Identity, Organization

_KEPT_NAMES = 25_000  # of anybody's calls, to tell which data events are on


class NoSuchIdentity(ValueError):
    """The facts hold no such identity, or several; the message says what to give."""


@dataclass(slots=True)
class Unused:
    """What one identity used of what it may, over the logs at hand."""

    identity: Identity
    used: Used
    proposal: Proposal
    silences: list[Silence]
    tally: Tally = field(repr=False)

    @property
    def days(self) -> float:
        """How long the logs are, from the first event of anybody to the last, in days."""
        if self.tally.first is None or self.tally.last is None:
            return 0.0
        return (self.tally.last - self.tally.first).total_seconds() / 86_400


def unused(
    principal: str, facts: Facts, files: Sequence[LogFile], on_file: Callable[[Tally], None] = lambda _: None
) -> Unused:
    """Set what an identity used against what it may.

    principal: the ARN of a user or a role, of a role's session, or a name that is in the facts once.
    Raises NoSuchIdentity.
    """
    identity = _identity(facts.organization, principal)
    used, others, tally = Used(), dict[tuple[str, str], tuple[str, ...]](), Tally()
    for event in read(files, every_source(), tally, on_file=on_file):
        record = event.record
        named = (str(record.get("eventSource")), str(record.get("eventName")))
        own = _is_by(record, identity)
        if not own and (named in others or len(others) >= _KEPT_NAMES):
            continue
        calls, refused = calls_of(record), was_refused(record)
        if not refused:
            others[named] = tuple(call.action for call in calls)
        if own:
            used.note(calls, event.time, refused=refused)
    anybody = {action for actions in others.values() for action in actions}
    allowing = [statement for named in identity.policies for statement in named.policy.statements]
    silent = silences(allowing, {use.action for use in used}, anybody)
    return Unused(identity, used, propose(identity.policies, used), silent, tally)


def _identity(organization: Organization, principal: str) -> Identity:
    wanted = role_of_session(principal) or principal
    listed = [identity for account in organization.accounts.values() for identity in account.identities]
    found = [one for one in listed if wanted in (one.arn, one.name)]
    if not found and wanted != principal:  # the ARN of a session lacks the path of its role
        found = [one for one in listed if _without_path(one) == wanted]
    if len(found) == 1:
        return found[0]
    if found:
        raise NoSuchIdentity(f"{principal} is the name of {len(found)} identities; give the ARN of one")
    raise NoSuchIdentity(f"{principal} is in none of the {len(listed)} identities of the facts; give its ARN or name")


def _is_by(record: Mapping[str, Any], identity: Identity) -> bool:
    issuer = text(at(record, "userIdentity", "sessionContext", "sessionIssuer", "arn"))
    arn = text(at(record, "userIdentity", "arn")) or ""
    if identity.arn in (issuer, arn):
        return True
    return issuer is None and identity.kind == "role" and role_of_session(arn) == _without_path(identity)


def _without_path(identity: Identity) -> str:
    return f"{identity.arn.split('/', 1)[0]}/{identity.name}"


def counted(actions: Iterable[str]) -> str:
    """Actions in a few words: the first ones, and how many more."""
    listed = list(actions)
    more = f" and {len(listed) - 4} more" if len(listed) > 4 else ""
    return ", ".join(listed[:4]) + more
