"""What nobody has made yet can be given a name that the policies at hand allow: their patterns are tried as names.

A role that may create functions called `dev-*` may create one; a pattern becomes a name when its wildcards are filled.
"""

from collections.abc import Iterable, Iterator

from stanch.iam.accounts import is_account
from stanch.iam.escalation.paths import Need
from stanch.iam.escalation.things import Thing
from stanch.iam.ways import BREADTH

ANY_NAME = "stanch-probe"
"""What nothing is called, so that it stands for any name."""

_MOST_NAMES = 50_000
_REGIONLESS = ("iam",)
_GLOBAL = ("s3", "route53")


class Imagination:
    """The things that the paths' needs are about, as they would be called in each account and region."""

    def __init__(self, needs: Iterable[Need]) -> None:
        self._needs: dict[str, list[Need]] = {}
        for thing, need in {need.thing: need for need in needs if need.thing}.items():
            self._needs.setdefault(thing.partition(":")[0], []).append(need)

    def of_any_name(self, partition: str, account: str, regions: Iterable[str]) -> Iterator[Thing]:
        """Each sort of thing once a region."""
        for region in regions:
            yield Thing("*", "*", account, region)
            for need in (need for needs in self._needs.values() for need in needs):
                yield _thing(need, partition, region, account, ANY_NAME)

    def named(self, patterns: Iterable[tuple[str, str]], regions: Iterable[str]) -> Iterator[Thing]:
        """The things that the patterns, each with the account of its principal, name more closely than `*`."""
        usual = tuple(regions)
        for count, (pattern, account) in enumerate(patterns):
            parts = pattern.split(":", 5)
            if len(parts) < 6 or count >= _MOST_NAMES:
                continue
            partition, service, region, owner, resource = parts[1:]
            if is_account(owner) and owner != account:
                continue
            for need in self._needs.get(service, ()):
                if resource.startswith(need.prefix) and len(resource) > len(need.prefix):
                    name = _filled(resource[len(need.made.partition("*")[0]) :])
                    for place in (region,) if region and not _wild(region) else usual:
                        yield _thing(need, partition, place, account, name, tail=False)


def probes(partition: str, account: str, region: str) -> Iterator[tuple[str, Thing]]:
    """The sampled actions that all but administrators lack, each with a thing of any name to try it on."""
    for action, _ in BREADTH:
        service = action.partition(":")[0]
        place, owner = ("", "") if service in _GLOBAL else (region, account)
        yield action, Thing(f"arn:{partition}:{service}:{place}:{owner}:{ANY_NAME}", "probe", account, region)


def _thing(need: Need, partition: str, region: str, account: str, name: str, *, tail: bool = True) -> Thing:
    head, star, rest = need.made.partition("*")
    resource = f"{head}{name}{rest if tail else ''}" if star else head
    owner, place = account if need.who != "public" else "", "" if need.service in _REGIONLESS else region
    return Thing(f"arn:{partition}:{need.service}:{place}:{owner}:{resource}", need.thing, account, place)


def _filled(pattern: str) -> str:
    return pattern.replace("*", ANY_NAME).replace("?", "x")


def _wild(text: str) -> bool:
    return "*" in text or "?" in text
