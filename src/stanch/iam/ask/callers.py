"""Of a user or role much is known before it asks: its name, account, organisation and tags; not when, nor from where.

IAM User Guide, "AWS global condition context keys". The caller is taken to ask AWS itself and over TLS, for that is his
to choose. A session brings tags of its own only where the role's trust allows `sts:TagSession`.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping

from stanch.iam.ask.bits import bits_of, numbers_in
from stanch.iam.organization import Identity, Organization
from stanch.iam.request import Caller

Values = tuple[str, ...] | None
"""The values of a condition key: () when the request surely lacks it, None when nobody knows."""

Group = tuple[tuple[Values, ...], int]
"""The values of some keys, and the callers who have just these."""

ANY_SESSION = "*"
"""The name of a session that has none yet; no real one can be called so."""

_TAG = "aws:principaltag/"
_OF_ANY_CALLER: Mapping[str, Values] = {
    "aws:calledvia": (),
    "aws:calledviafirst": (),
    "aws:calledvialast": (),
    "aws:principalisawsservice": ("false",),
    "aws:principalservicename": (),
    "aws:principalservicenameslist": (),
    "aws:securetransport": ("true",),
    "aws:sourceaccount": (),
    "aws:sourcearn": (),
    "aws:sourceorgid": (),
    "aws:sourceorgpaths": (),
    "aws:viaawsservice": ("false",),
}
_OF_ONE: Mapping[str, Callable[[Identity], Values]] = {
    "aws:federatedprovider": lambda one: () if one.kind == "user" else None,
    "aws:principalaccount": lambda one: (one.account,),
    "aws:principalarn": lambda one: (one.arn,),
    "aws:principaltype": lambda one: ("User",) if one.kind == "user" else ("AssumedRole",),
    "aws:userid": lambda one: (one.unique_id,) if one.kind == "user" and one.unique_id else None,
    "aws:username": lambda one: (one.name,) if one.kind == "user" else (),
    "kms:calleraccount": lambda one: (one.account,),
}


class Callers:
    """All users and roles of an organisation, numbered.

    everyone, bounded, service_linked: sets of them. of_account: the set of each account.
    """

    def __init__(self, organization: Organization) -> None:
        self.identities = tuple(one for account in organization.accounts.values() for one in account.identities)
        self.organization_id = organization.id
        self.everyone = (1 << len(self.identities)) - 1
        self.number = {one.arn: at for at, one in enumerate(self.identities)}
        self.bounded = self._all(lambda one: one.boundary is not None)
        self.service_linked = self._all(lambda one: one.is_service_linked)
        self.roles = self._all(lambda one: one.kind == "role")
        by_account: dict[str, list[int]] = defaultdict(list)
        for at, one in enumerate(self.identities):
            by_account[one.account].append(at)
        self.of_account = {account: bits_of(numbers) for account, numbers in by_account.items()}
        by_partition: dict[str, list[int]] = defaultdict(list)
        for at, one in enumerate(self.identities):
            by_partition[one.arn.split(":", 2)[1]].append(at)
        self._of_partition = {partition: bits_of(numbers) for partition, numbers in by_partition.items()}
        self._role_named = {(one.account, one.name): at for at, one in enumerate(self.identities) if one.kind == "role"}
        self._tagged = [_tags(one) for one in self.identities]
        self._groups: dict[tuple[str, ...], list[Group]] = {}

    def one(self, arn: str) -> int:
        """The set of the user or role with this ARN; empty when there is none."""
        at = self.number.get(arn)
        return 0 if at is None else 1 << at

    def role_of_session(self, account: str, name: str) -> int:
        """The set of the role with this name, which is unique in its account."""
        at = self._role_named.get((account, name))
        return 0 if at is None else 1 << at

    def of_partition(self, partition: str) -> int:
        """The set of the callers of a partition."""
        return self._of_partition.get(partition, 0)

    def is_known(self, key: str) -> bool:
        """Whether the key, in lower case, is one that the caller decides, even if not for all callers."""
        if key == "aws:principalorgid":
            return self.organization_id is not None
        return key in _OF_ONE or key in _OF_ANY_CALLER or key.startswith(_TAG)

    def values(self, number: int, key: str) -> Values:
        """The values of a key, in lower case, when this caller asks."""
        if key.startswith(_TAG):
            tags = self._tagged[number]
            return None if tags is None else tags.get(key.removeprefix(_TAG), ())
        if key in _OF_ONE:
            return _OF_ONE[key](self.identities[number])
        if key == "aws:principalorgid":
            return None if self.organization_id is None else (self.organization_id,)
        return _OF_ANY_CALLER.get(key)

    def context(self, number: int) -> dict[str, tuple[str, ...]]:
        """All keys that are known when this caller asks, those he surely lacks with (); untold tags not among them."""
        keys = [*_OF_ANY_CALLER, *_OF_ONE, "aws:principalorgid", *(_TAG + tag for tag in self._tagged[number] or ())]
        return {key: values for key in keys if (values := self.values(number, key)) is not None}

    def groups(self, keys: tuple[str, ...], among: int | None = None) -> list[Group]:
        """Callers sorted by their values of these keys: few groups where the key is a tag, or an account.

        among: the callers that matter; others may be there too, and are where that is cheaper.
        """
        if among is not None and among.bit_count() * 4 < len(self.identities):
            return self._grouped(keys, numbers_in(among))
        if keys not in self._groups:
            self._groups[keys] = self._grouped(keys, range(len(self.identities)))
        return self._groups[keys]

    def _grouped(self, keys: tuple[str, ...], numbers: Iterable[int]) -> list[Group]:
        found: dict[tuple[Values, ...], list[int]] = defaultdict(list)
        for at in numbers:
            found[tuple([self.values(at, key) for key in keys])].append(at)
        return [(values, bits_of(members)) for values, members in found.items()]

    def caller(self, number: int, session: str = ANY_SESSION) -> Caller:
        """The caller as one request would show him: a role in a session, by default one whose name nobody knows."""
        one = self.identities[number]
        if one.kind == "user":
            return Caller("user", one.account, one.arn)
        partition = one.arn.split(":", 2)[1]
        arn = f"arn:{partition}:sts::{one.account}:assumed-role/{one.name}/{session}"
        return Caller("role-session", one.account, arn, one.arn)

    def _all(self, wanted: Callable[[Identity], bool]) -> int:
        return bits_of(at for at, one in enumerate(self.identities) if wanted(one))


def _tags(one: Identity) -> Mapping[str, tuple[str, ...]] | None:
    """A caller's tags, names in lower case; None for a role whose sessions may bring others."""
    if one.kind == "role" and one.trust is not None and one.trust.program.about("sts:tagsession"):
        return None
    return {name.lower(): (value,) for name, value in one.tags.items()}
