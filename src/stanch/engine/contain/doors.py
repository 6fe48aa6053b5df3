"""A responder acts where the resource lies: in its region, in its account through the member role, at its gateway."""

import threading
from collections.abc import Callable, Mapping

from stanch.contracts.aws import Aws
from stanch.domain.arn import Arn
from stanch.domain.estate import Estate, Side
from stanch.engine.contain.spelling import GATEWAY

_SESSION = "stanch"
_ORGANIZATIONS = "organizations"
"""Its ARNs bear the management account's id; the account that one is about is its name."""


class Doors:
    """The responder's own door and those derived from it, each opened once."""

    def __init__(self, aws: Aws, estate: Estate, gateways: Mapping[str, Aws]) -> None:
        self.own = aws
        self._estate = estate
        self._gateways = gateways
        self._open: dict[tuple[str, str], Aws] = {}
        self._opening = threading.Lock()

    def to(self, resource: str, account: str | None = None) -> Aws:
        """The door at which this resource is changed; `account` is where it lies if its ARN does not say.

        Raises AwsDenied when the account's member role does not admit the responder.
        """
        arn = Arn.parse(resource)
        if arn.partition == GATEWAY:
            return self._gateways[arn.region]
        where = (arn.account or account or self.own.account, arn.region or self.own.region)
        return self.own if where == (self.own.account, self.own.region) else self._derived(*where)

    def elsewhere(self, resource: str, account: str | None = None) -> str | None:
        """Why the responder cannot act on this resource, or None: another account may hold one of the same name."""
        arn = Arn.parse(resource)
        if arn.partition == GATEWAY:
            known = ", ".join(sorted(self._gateways)) or "none"
            unknown = f"no [[response.gateway]] is named {arn.region!r} in stanch.toml (there is: {known})"
            return None if arn.region in self._gateways else unknown
        if arn.partition != self.own.partition:
            return f"it lies in the partition {arn.partition}; these credentials are of {self.own.partition}"
        above = arn.service == _ORGANIZATIONS
        owner = arn.name if above else arn.account or account or self.own.account
        if self._estate.perimeter.account(owner) is Side.OUTSIDE:
            return f"account {owner} is outside the perimeter: not ours to change"
        if owner == self.own.account or self._member(owner) or (above and self._is_ours(owner)):
            return None
        return f"it belongs to account {owner}; these credentials act in {self.own.account}: run there"

    def _member(self, account: str) -> str | None:
        """The role to assume in an account that is declared ours; in one that nobody declared, none."""
        name = self._estate.response.member_role
        if not name or not self._is_ours(account):
            return None
        return str(Arn(self.own.partition, "iam", "", account, f"role/{name}"))

    def _is_ours(self, account: str) -> bool:
        return self._estate.perimeter.account(account) is Side.INSIDE

    def _derived(self, account: str, region: str) -> Aws:
        with self._opening:
            return self._kept((account, region), lambda: self._at_home(account).at(region))

    def _at_home(self, account: str) -> Aws:
        """The door in that account, in the responder's own region."""
        member = self._member(account)
        if account == self.own.account or member is None:
            return self.own
        return self._kept((account, self.own.region), lambda: self.own.assuming(member, _SESSION))

    def _kept(self, where: tuple[str, str], made: Callable[[], Aws]) -> Aws:
        if where not in self._open:
            self._open[where] = made()
        return self._open[where]
