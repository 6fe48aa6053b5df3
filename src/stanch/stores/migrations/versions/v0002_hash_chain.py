"""The hash chain over everything that is written; older rows are chained as they are found, and marked so."""

import hashlib
import json
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_ROWS = (
    ("journal", "seq", ("seq", "incident", "action", "resource", "state", "body")),
    ("awareness", "seq", ("seq", "incident", "body")),
    ("incidents", "id", ("id", "state", "actor", "first_seen", "last_seen", "body")),
)


def upgrade() -> None:
    """Make both tables and chain what is there; how a link is made stands here once more, for this moment of it."""
    chain = op.create_table(
        "chain",
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("before", sa.String(64), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("how", sa.String(16), nullable=False),
        sa.Column("link", sa.String(64), nullable=False),
    )
    heads = op.create_table(
        "heads",
        sa.Column("name", sa.String(16), primary_key=True),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("link", sa.String(64), nullable=False),
    )
    connection = op.get_bind()
    seq, link = 0, "0" * 64
    for table, key, columns in _ROWS:
        found = sa.table(table, *(sa.column(name) for name in columns))
        for row in connection.execute(sa.select(found).order_by(found.c[key])).all():
            seq += 1
            name = str(row[columns.index(key)])
            entry = [seq, table, name, "", _digest(table, *row), "upgrade"]
            link = _digest(link, *entry)
            connection.execute(sa.insert(chain).values([*entry, link]))
    connection.execute(sa.insert(heads).values(["chain", seq, link]))


def _digest(*said: Any) -> str:
    text = json.dumps(said, separators=(",", ":"), ensure_ascii=True, default=_odd)
    return hashlib.sha256(text.encode()).hexdigest()


def _odd(value: object) -> str:
    return f"{type(value).__name__}:{value!r}"
