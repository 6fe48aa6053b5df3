"""A lease ends by itself: whoever holds a resource and dies lets go of it when the lease is not renewed.

The holder renews it from a thread. One that was frozen for longer than its lease may wake up and believe that it still
holds the resource: so each of its writes to the journal is refused unless the lease is still its own.
"""

import hashlib
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from stanch.contracts.store import Busy, StoreError
from stanch.stores.dynamo import Check, Clash, Item, Put, Table

LEASE = 90
"""Seconds for which a holder that says nothing is believed to live."""
_EVERY = LEASE / 3
_POLL = 2.0

Wait = Callable[[float], None]


class Leases:
    """The resources that this process holds; `patience` is for how many seconds it waits for one that is held."""

    def __init__(self, table: Table, clock: Callable[[], datetime], wait: Wait, patience: float = 0) -> None:
        self._table = table
        self._clock = clock
        self._wait = wait
        self._patience = patience
        self._held: dict[str, str] = {}

    @contextmanager
    def held(self, resource: str) -> Iterator[None]:
        """Hold it alone; raises Busy where somebody else does."""
        owner = uuid.uuid4().hex
        fence = self._taken(resource, owner)
        ended = threading.Event()
        keeper = threading.Thread(target=self._keep, args=(resource, owner, fence, ended), daemon=True)
        keeper.start()
        self._held[resource] = owner
        try:
            yield
        finally:
            ended.set()
            del self._held[resource]
            keeper.join()
            self._let_go(resource, owner, fence)

    def fence(self, resource: str) -> list[Check]:
        """What a write about this resource must demand: nothing, unless this process holds it."""
        owner = self._held.get(resource)
        if owner is None:
            return []
        values = {":owner": owner, ":now": self._now()}
        return [Check(_key(resource), "lock", "holder = :owner AND lease_end > :now", values)]

    def _taken(self, resource: str, owner: str) -> int:
        waited = 0.0
        while True:
            known = self._table.get(_key(resource), "lock")
            if known is None or known["lease_end"] <= self._now():
                fence = int(known["fence"]) + 1 if known else 1
                try:
                    self._put(resource, owner, fence, known)
                except Clash:
                    continue
                return fence
            if waited >= self._patience:
                left = known["lease_end"] - self._now()
                raise Busy(f"{resource} is held by another responder for up to {left} s more; it goes on by itself")
            self._wait(_POLL)
            waited += _POLL

    def _put(self, resource: str, owner: str, fence: int, known: Item | None) -> None:
        item = self._item(resource, owner, fence, self._now() + LEASE)
        if known is None:
            self._table.write(Put(item, "attribute_not_exists(pk)"))
        else:
            self._table.write(Put(item, "fence = :fence AND lease_end = :until", _before(known)))

    def _keep(self, resource: str, owner: str, fence: int, ended: threading.Event) -> None:
        while not ended.wait(_EVERY):
            item = self._item(resource, owner, fence, self._now() + LEASE)
            try:
                self._table.write(Put(item, "holder = :owner", {":owner": owner}))
            except (Clash, StoreError):
                return  # lost: the next write to the journal says so

    def _let_go(self, resource: str, owner: str, fence: int) -> None:
        item = self._item(resource, owner, fence, 0)
        try:
            self._table.write(Put(item, "holder = :owner", {":owner": owner}))
        except (Clash, StoreError):
            return  # another has it already, or the lease ends by itself

    def _item(self, resource: str, owner: str, fence: int, until: int) -> Item:
        return {
            "pk": _key(resource),
            "sk": "lock",
            "resource": resource,
            "holder": owner,
            "fence": fence,
            "lease_end": until,
        }

    def _now(self) -> int:
        return int(self._clock().timestamp())


def _before(known: Item) -> Item:
    return {":fence": int(known["fence"]), ":until": int(known["lease_end"])}


def _key(resource: str) -> str:
    return f"lock#{hashlib.sha256(resource.encode()).hexdigest()}"
