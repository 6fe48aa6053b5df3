"""What the estate says of events is looked up for each."""

from collections.abc import Collection

from stanch.domain.estate import Estate, Side
from stanch.domain.event import Event
from stanch.engine.enrich.caller import ANONYMOUS
from stanch.engine.enrich.view import View

_LAZY_OF_CALLER = ("account_side", "actor", "caller", "network_side", "purpose", "recipient")
"""What a view works out of nothing but userIdentity, where the call came from, and whose log it is in."""


class Enricher:
    """Makes views of events. `accounts` are those the logs come from: the perimeter where the estate declares none."""

    def __init__(self, estate: Estate, accounts: Collection[str] = ()) -> None:
        self.estate = estate
        self._accounts = frozenset(estate.perimeter.accounts or accounts)
        self._declared = bool(estate.perimeter.accounts)

    def view(self, event: Event, like: View | None = None) -> View:
        """The event as rules see it; nothing is worked out before it is asked for.

        `like` is a view of another call that tells the same of its caller, and of the log it is in.
        """
        view = View(event, self)
        if like is not None:
            vars(view).update({name: getattr(like, name) for name in _LAZY_OF_CALLER})
        return view

    def side(self, account: str | None, recipient: str | None) -> Side:
        """The side of an account; without declared accounts the one that received the record is ours as well."""
        if account == ANONYMOUS:
            return Side.OUTSIDE
        if not account:
            return Side.UNKNOWN
        if account in self._accounts or (not self._declared and account == recipient):
            return Side.INSIDE
        return Side.OUTSIDE if self._accounts or recipient else Side.UNKNOWN
