"""The same logs searched twice tell the same incident twice; it must be stored once, under the id it first had."""

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import Connection, Engine, delete, insert, select, update

from stanch.contracts.store import StoreError
from stanch.domain.event import is_identity
from stanch.domain.incident import Incident, IncidentState
from stanch.domain.regime import Awareness
from stanch.stores.chained import Written, chain
from stanch.stores.codec import decode, encode
from stanch.stores.connection import reading, writing
from stanch.stores.merge import filed, merged, same_story
from stanch.stores.schema import AWARENESS, FINDINGS, INCIDENTS

_NAMED = 5
"""How many known ids an error names."""


class SqlIncidents:
    """Implements `contracts.store.Incidents`; each call is one transaction."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def save(self, incidents: Sequence[Incident]) -> list[Incident]:
        """Store or merge, all of them or none; returns them as they are stored now, in the order given."""
        with writing(self._engine) as connection:
            return [self._save(connection, incident) for incident in incidents]

    def all(self) -> list[Incident]:
        """All incidents, newest first."""
        rows = select(INCIDENTS.c.id, INCIDENTS.c.body).order_by(INCIDENTS.c.last_seen.desc(), INCIDENTS.c.id)
        with reading(self._engine) as connection:
            return [decode(body, Incident, f"incident {key}") for key, body in connection.execute(rows)]

    def get(self, id_or_prefix: str) -> Incident:
        """One incident by id or unique prefix; raises StoreError naming those there are."""
        with reading(self._engine) as connection:
            ids = list(connection.execute(select(INCIDENTS.c.id).order_by(INCIDENTS.c.last_seen.desc())).scalars())
            if id_or_prefix in ids:
                found = [id_or_prefix]
            else:
                found = [key for key in ids if id_or_prefix and key.startswith(id_or_prefix)]
            if len(found) != 1:
                raise StoreError(_which(id_or_prefix, found, ids))
            return _one(connection, found[0])

    def move(self, incident: str, state: IncidentState) -> Incident:
        """Set the state of one incident, by its full id; returns it as it is stored now."""
        with writing(self._engine) as connection:
            if connection.execute(select(INCIDENTS.c.id).where(INCIDENTS.c.id == incident)).first() is None:
                raise StoreError(f"no incident {incident!r}")
            moved = _one(connection, incident).moved(state)
            _replace(connection, moved)
            return moved

    def decide(self, awareness: Awareness) -> None:
        """Append a decision; earlier ones are kept."""
        row = {"incident": awareness.incident, "body": encode(awareness)}
        with writing(self._engine) as connection:
            seq = connection.execute(insert(AWARENESS).values(row).returning(AWARENESS.c.seq)).scalar_one()
            chain(connection, Written(AWARENESS, str(seq), (seq, *row.values())))

    def awareness(self, incident: str) -> list[Awareness]:
        """Every recorded decision, oldest first."""
        rows = select(AWARENESS.c.body).where(AWARENESS.c.incident == incident).order_by(AWARENESS.c.seq)
        with reading(self._engine) as connection:
            return [decode(body, Awareness, "the decisions") for body in connection.execute(rows).scalars()]

    def _save(self, connection: Connection, incident: Incident) -> Incident:
        known = _known(connection, incident)
        if known is None:
            stored = _named(connection, incident)
            connection.execute(insert(INCIDENTS).values(_row(stored)))
            chain(connection, _written(stored))
        elif known.state is IncidentState.CLOSED:
            return known
        else:
            stored = merged(known, incident)
            _replace(connection, stored)
            connection.execute(delete(FINDINGS).where(FINDINGS.c.incident == stored.id))
        findings = [{"finding": finding.id, "incident": stored.id} for finding in stored.findings]
        if findings:
            connection.execute(insert(FINDINGS), findings)
        return stored


def _known(connection: Connection, incident: Incident) -> Incident | None:
    """The stored incident that this one continues, the one that began first; a closed one only when nothing is new."""
    wanted = [finding.id for finding in incident.findings]
    ids: set[str] = set()
    if is_identity(incident.actor.root):  # everybody without an identity has one name: that joins nothing
        same = select(INCIDENTS.c.id).where(INCIDENTS.c.actor == incident.actor.root)
        ids.update(connection.execute(same).scalars())
    for start in range(0, len(wanted), 500):  # SQLite bounds the variables of one statement
        part = wanted[start : start + 500]
        ids.update(connection.execute(select(FINDINGS.c.incident).where(FINDINGS.c.finding.in_(part))).scalars())
    ids.update(connection.execute(select(INCIDENTS.c.id).where(INCIDENTS.c.id == incident.id)).scalars())
    stories = [stored for stored in (_one(connection, key) for key in ids) if same_story(stored, incident)]
    # One that is still worked on comes before a closed one, the incident's own id before another.
    stories.sort(key=lambda s: (s.state is IncidentState.CLOSED, s.id != incident.id, s.first_seen, s.id))
    return stories[0] if stories else None


def _one(connection: Connection, key: str) -> Incident:
    body = connection.execute(select(INCIDENTS.c.body).where(INCIDENTS.c.id == key)).scalar_one()
    return decode(body, Incident, f"incident {key}")


def _named(connection: Connection, incident: Incident) -> Incident:
    """The incident under an id that is free: a story that goes on after its incident was closed is a new one."""
    taken = set(
        connection.execute(select(INCIDENTS.c.id).where(INCIDENTS.c.id.startswith(incident.id, autoescape=True)))
        .scalars()
        .all()
    )
    number, name = 1, incident.id
    while name in taken:
        number += 1
        name = f"{incident.id}-{number}"
    return filed(incident, name)


def _row(incident: Incident) -> dict[str, str]:
    return {
        "id": incident.id,
        "state": incident.state.value,
        "actor": incident.actor.root,
        "first_seen": _utc(incident.first_seen),
        "last_seen": _utc(incident.last_seen),
        "body": encode(incident),
    }


def _replace(connection: Connection, incident: Incident) -> None:
    """Store what an incident became; the chain keeps what it was found as, or an edit would be lost in the merge."""
    mine = INCIDENTS.c.id == incident.id
    found = Written(INCIDENTS, incident.id, tuple(connection.execute(select(INCIDENTS).where(mine)).one()))
    connection.execute(update(INCIDENTS).where(mine).values(_row(incident)))
    now = _written(incident, found.digest)
    if now.digest != found.digest:
        chain(connection, now)


def _written(incident: Incident, before: str = "") -> Written:
    return Written(INCIDENTS, incident.id, tuple(_row(incident).values()), before)


def _utc(time: datetime) -> str:
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _which(asked: str, found: Sequence[str], known: Sequence[str]) -> str:
    if not known:
        return "no incident is stored yet; run `stanch hunt` first"
    listed = ", ".join((found or known)[:_NAMED])
    more = len(found or known) - _NAMED
    tail = f" and {more} more" if more > 0 else ""
    if found:
        return f"{asked!r} fits {len(found)} incidents: {listed}{tail}; give more of the id"
    return f"no incident {asked!r}; there are: {listed}{tail}"
