"""Incidents of a responder in AWS: two findings of one story that come at once must end in one incident."""

import hashlib
from collections.abc import Callable, Sequence
from datetime import UTC

from stanch.contracts.store import StoreError
from stanch.domain.event import is_identity
from stanch.domain.incident import Incident, IncidentState
from stanch.domain.regime import Awareness
from stanch.stores.chain import digest
from stanch.stores.codec import decode, encode
from stanch.stores.dynamo import AT_ONCE, Clash, Item, Put, Table, packed, unpacked
from stanch.stores.dynamo_chain import NEW, STAMP, Chain
from stanch.stores.merge import filed, merged, same_story

ALL = "incidents"
_TRIES = 20
_NAMED = 5

Wait = Callable[[float], None]


class DynamoIncidents:
    """Implements `contracts.store.Incidents`; each incident is one item, replaced only as it was read."""

    def __init__(self, table: Table, chain: Chain, wait: Wait) -> None:
        self._table = table
        self._chain = chain
        self._wait = wait

    def save(self, incidents: Sequence[Incident]) -> list[Incident]:
        """Store or merge each, in the order given; one that fails leaves those before it stored."""
        return [self._again(lambda one=incident: self._saved(one)) for incident in incidents]  # type: ignore[misc]

    def all(self) -> list[Incident]:
        """All incidents, newest first."""
        found = [_incident(item) for item in self._table.under(ALL)]
        return sorted(found, key=lambda one: (-one.last_seen.timestamp(), one.id))

    def get(self, id_or_prefix: str) -> Incident:
        """One incident by id or unique prefix; raises StoreError naming those there are."""
        exact = self._table.get(ALL, id_or_prefix) if id_or_prefix else None
        found = [exact] if exact else self._table.under(ALL, begins=id_or_prefix) if id_or_prefix else []
        if len(found) != 1:
            raise StoreError(_which(id_or_prefix, found, found or self._table.under(ALL)))
        return _incident(found[0])

    def move(self, incident: str, state: IncidentState) -> Incident:
        """Set the state of one incident, by its full id."""

        def moved() -> Incident:
            item = self._table.get(ALL, incident)
            if item is None:
                raise StoreError(f"no incident {incident!r}")
            return self._put(_incident(item).moved(state), item)

        return self._again(moved)

    def decide(self, awareness: Awareness) -> None:
        """Append a decision; earlier ones are kept."""
        self._chain.append(awareness.incident, "awareness", encode(awareness))

    def awareness(self, incident: str) -> list[Awareness]:
        """Every recorded decision, oldest first."""
        return [decode(text, Awareness, "the decisions") for text in self._chain.rows(incident, "awareness")]

    def _again(self, attempt: Callable[[], Incident]) -> Incident:
        for number in range(_TRIES):
            try:
                return attempt()
            except Clash:
                self._wait(min(0.02 * (number + 1), 0.5))
        raise StoreError("the incident is written by others all the time; run again")

    def _saved(self, incident: Incident) -> Incident:
        name = self._free(incident.id)  # before looking: whoever takes it after this is met when it is written
        known = self._known(incident)
        if known is None:
            return self._put(filed(incident, name), None)
        stored = _incident(known)
        if stored.state is IncidentState.CLOSED:
            return stored
        return self._put(merged(stored, incident), known)

    def _known(self, incident: Incident) -> Item | None:
        """The stored incident that this one continues, the one that began first; a closed one only when nothing is new.

        It is looked for by its actor, its findings and its id.
        """
        ids = {str(item["sk"]) for name in names(incident) for item in self._table.under(name)} | {incident.id}
        items = [item for id_ in ids if (item := self._table.get(ALL, id_))]
        stories = [(_incident(item), item) for item in items]
        fitting = [(one, item) for one, item in stories if same_story(one, incident)]
        fitting.sort(key=lambda p: (p[0].state is IncidentState.CLOSED, p[0].id != incident.id, p[0].first_seen))
        return fitting[0][1] if fitting else None

    def _free(self, id_: str) -> str:
        taken = {str(item["sk"]) for item in self._table.under(ALL, begins=id_)}
        number, name = 1, id_
        while name in taken:
            number += 1
            name = f"{id_}-{number}"
        return name

    def _put(self, incident: Incident, known: Item | None) -> Incident:
        """What leads to an incident is written first: a pointer to one that is not there yet leads nowhere.

        The incident itself is written together with a row of its chain that holds its digest.
        """
        pointers = names(incident)
        for start in range(0, len(pointers), AT_ONCE):
            self._table.write(*(Put({"pk": name, "sk": incident.id}) for name in pointers[start : start + AT_ONCE]))
        text = encode(incident)
        version = int(known["version"]) + 1 if known else 1
        item = {
            "pk": ALL,
            "sk": incident.id,
            "state": incident.state.value,
            "last_seen": incident.last_seen.astimezone(UTC).isoformat(),
            "version": version,
            "body": packed(text, f"incident {incident.id}"),
        }
        same = Put(item, "version = :version", {":version": version - 1}) if known else Put(item, NEW)
        self._chain.append(incident.id, STAMP, stamp(version, incident.state.value, text), same)
        return incident


def _incident(item: Item) -> Incident:
    where = f"incident {item['sk']}"
    return decode(unpacked(item, where), Incident, where)


def stamp(version: int, state: str, text: str) -> str:
    """What the chain keeps of an incident: which of its versions, and the digest of all that stands in its item."""
    return f"{version} {digest(state, text)}"


def names(incident: Incident) -> list[str]:
    """By what an incident is found again; everybody without an identity has one name, and that joins nothing."""
    found = dict.fromkeys(_finding(finding.id) for finding in incident.findings)
    return [*found, *([_actor(incident.actor.root)] if is_identity(incident.actor.root) else [])]


def _finding(id_: str) -> str:
    return f"finding#{hashlib.sha256(id_.encode()).hexdigest()}"


def _actor(root: str) -> str:
    return f"actor#{hashlib.sha256(root.encode()).hexdigest()}"


def _which(asked: str, found: Sequence[Item], known: Sequence[Item]) -> str:
    if not known:
        return "no incident is stored yet; one is when a finding comes in, or by `stanch hunt`"
    newest = sorted(known, key=lambda item: str(item["last_seen"]), reverse=True)
    listed = ", ".join(str(item["sk"]) for item in newest[:_NAMED])
    more = f" and {len(known) - _NAMED} more" if len(known) > _NAMED else ""
    if found:
        return f"{asked!r} fits {len(found)} incidents: {listed}{more}; give more of the id"
    return f"no incident {asked!r}; there are: {listed}{more}"
