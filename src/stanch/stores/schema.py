"""A write-ahead journal is only ever appended to: a step's last row is its state, the rows before it its story."""

from sqlalchemy import Column, ForeignKey, Index, Integer, MetaData, String, Table, Text

REVISION = "0003"
"""The newest migration; a database that says so is opened without loading the migrations."""

METADATA = MetaData()

INCIDENTS = Table(
    "incidents",
    METADATA,
    Column("id", String(128), primary_key=True),
    Column("state", String(16), nullable=False),
    Column("actor", Text, nullable=False),  # what one actor's deeds are joined by
    Column("first_seen", String(40), nullable=False),  # ISO 8601 in UTC: text order is time order
    Column("last_seen", String(40), nullable=False),
    Column("body", Text, nullable=False),
    Index("incidents_actor", "actor"),
)

FINDINGS = Table(
    "findings",
    METADATA,
    Column("finding", String(128), primary_key=True),
    Column("incident", String(128), ForeignKey("incidents.id"), primary_key=True),
)

AWARENESS = Table(
    "awareness",
    METADATA,
    Column("seq", Integer, primary_key=True, autoincrement=True),
    Column("incident", String(128), nullable=False, index=True),
    Column("body", Text, nullable=False),
)

JOURNAL = Table(
    "journal",
    METADATA,
    Column("seq", Integer, primary_key=True, autoincrement=True),
    Column("incident", String(128), nullable=False, index=True),
    Column("action", String(128), nullable=False),
    Column("resource", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("body", Text, nullable=False),
)

DECISIONS = Table(
    "decisions",
    METADATA,
    Column("seq", Integer, primary_key=True, autoincrement=True),
    Column("incident", String(128), nullable=False),
    Column("plan", String(64), nullable=False, index=True),
    Column("kind", String(16), nullable=False),
    Column("body", Text, nullable=False),
)

CHAIN = Table(
    "chain",
    METADATA,
    Column("seq", Integer, primary_key=True, autoincrement=False),  # counted by the chain itself: a gap is a loss
    Column("kind", String(16), nullable=False),  # the table of the row that was written
    Column("name", Text, nullable=False),
    Column("before", String(64), nullable=False),  # the digest of the row that was replaced
    Column("digest", String(64), nullable=False),
    Column("how", String(16), nullable=False),
    Column("link", String(64), nullable=False),
)

HEADS = Table(
    "heads",
    METADATA,
    Column("name", String(16), primary_key=True),
    Column("seq", Integer, nullable=False),
    Column("link", String(64), nullable=False),
)
