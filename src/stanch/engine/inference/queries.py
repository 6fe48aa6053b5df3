"""A gateway knows who asked and a server what it answered: the request's id is all that their lines share.

Every query is built from the names of columns that stand in `rows`, never from what a log holds.
"""

from stanch.engine.inference.rows import ANY, KEYS, MOSTS, SUMS, TOLD

KEPT_CELLS = 64
"""Cells of one key in one hour; what is beyond is one more, of no network and no client."""
KEPT_MARKS = 20_000
"""Marks of one key and kind."""
_NEAR = 2 * 3600
"""Seconds that the clocks of two logs, and the hours of their lines, may lie apart."""

_KEYS = ", ".join(KEYS)
_OTHERS = ", ".join(name for name in KEYS if name not in ("network", "agent", "model"))
_SUMMED = ", ".join(
    (
        *(f"sum({name}) AS {name}" if name == "cost" else f"sum({name})::BIGINT AS {name}" for name in SUMS),
        *(f"max({name}) AS {name}" for name in (*MOSTS, *ANY, "request")),
        "min(first) AS first",
        "max(last) AS last",
    )
)

_COLUMNS = ", ".join(
    (
        "start BIGINT",
        *(f"{name} VARCHAR" for name in (*KEYS, *ANY, "request")),
        *(f"{name} {'DOUBLE' if name == 'cost' else 'BIGINT'}" for name in (*SUMS, *MOSTS)),
    )
)
TABLES = (
    f"CREATE TABLE cells ({_COLUMNS}, first BIGINT, last BIGINT)",
    f'CREATE TABLE loose ({_COLUMNS}, "when" BIGINT)',
    f"CREATE TABLE named (id UBIGINT, start BIGINT, has BIGINT, {', '.join(f'{name} VARCHAR' for name in KEYS)})",
    "CREATE TABLE marks (key VARCHAR, request VARCHAR, start BIGINT, kind VARCHAR, value VARCHAR, count BIGINT)",
)

# The lines of one call in several logs are one; two lines of one log are two calls, for a client may choose its ids.
TOGETHER = f"""
CREATE TABLE together AS
WITH turned AS (
  SELECT *, row_number() OVER (PARTITION BY request, log ORDER BY "when") AS turn, hash(request) AS id FROM loose)
SELECT id, turn, max(request) AS request, min(start) AS start, min("when") AS first, max("when") AS last,
  {", ".join(f"max({name}) AS {name}" for name in (*KEYS, *SUMS, *MOSTS, *ANY))}
FROM turned GROUP BY id, turn
"""  # noqa: S608

NAMES = f"""
CREATE TABLE names AS
SELECT id, start, has, {_KEYS}, row_number() OVER (PARTITION BY id ORDER BY start) AS turn
FROM named WHERE id IN (SELECT id FROM together)
"""  # noqa: S608

# What the key's line tells itself is not told twice. Nobody is counted twice either: the call was counted there.
MATCH = f"""
INSERT INTO cells BY NAME
SELECT n.start, {", ".join(f"n.{name}" for name in KEYS if name not in ("network", "agent", "model"))},
  CASE WHEN n.network = '' THEN t.network ELSE n.network END AS network,
  CASE WHEN n.agent = '' THEN t.agent ELSE n.agent END AS agent,
  CASE WHEN n.model = '' THEN t.model ELSE n.model END AS model,
  0 AS count, 1 AS joined,
  {
    ", ".join(
        f"CASE WHEN (n.has >> {place}) & 1 = 1 THEN 0 ELSE t.{name} END AS {name}"
        for place, name in enumerate(SUMS)
        if name not in ("count", "joined")
    )
},
  {", ".join(f"t.{name}" for name in (*MOSTS, *ANY))}, t.request, t.first, t.last
FROM together t JOIN names n USING (id, turn) WHERE abs(n.start - t.start) <= {_NEAR}
"""  # noqa: S608

UNMATCHED = f"""
INSERT INTO cells BY NAME
SELECT start, {_KEYS}, {", ".join(SUMS)}, {", ".join(MOSTS)}, {", ".join(ANY)}, request, first, last
FROM together t
WHERE NOT EXISTS (SELECT 1 FROM names n WHERE n.id = t.id AND n.turn = t.turn AND abs(n.start - t.start) <= {_NEAR})
"""  # noqa: S608

SUM = f"""
CREATE TABLE summed AS
SELECT start, {_KEYS}, {_SUMMED}, min(file) AS file0 FROM cells GROUP BY start, {_KEYS}
ORDER BY key, start, first, network, agent, model, {_OTHERS}
"""  # noqa: S608

MOST = "SELECT max(cells) FROM (SELECT count(*) AS cells FROM summed GROUP BY key, start)"
# Whoever has an address for each call would have a cell for each: his smaller ones of an hour become one.
CAP = (
    f"""
CREATE TABLE capped AS
WITH ranked AS (
  SELECT *, row_number() OVER (PARTITION BY key, start ORDER BY count DESC, network, agent, model) AS place
  FROM summed),
masked AS (
  SELECT * REPLACE (
    CASE WHEN place <= {KEPT_CELLS} THEN network ELSE '' END AS network,
    CASE WHEN place <= {KEPT_CELLS} THEN agent ELSE '' END AS agent,
    CASE WHEN place <= {KEPT_CELLS} THEN model ELSE '' END AS model) FROM ranked)
SELECT start, {_KEYS}, {_SUMMED}, min(file0) AS file0 FROM masked GROUP BY start, {_KEYS}
ORDER BY key, start, first, network, agent, model, {_OTHERS}
""",  # noqa: S608
    "DROP TABLE summed",
    "ALTER TABLE capped RENAME TO summed",
)

# Where both lines of a call hold its texts, those of the line that names the key count.
MARKED = f"""
CREATE TABLE marked AS
WITH known AS (
  SELECT id, any_value(key) AS key, bool_or((has >> {SUMS.index("opened")}) & 1 = 1) AS opened,
    bool_or((has >> {SUMS.index("leaking")}) & 1 = 1) AS leaking
  FROM names GROUP BY id),
owned AS (
  SELECT CASE WHEN m.key != '' THEN m.key ELSE coalesce(n.key, '') END AS key, m.start, m.kind, m.value, m.count
  FROM marks m LEFT JOIN known n ON m.request != '' AND n.id = hash(m.request)
  WHERE CASE WHEN m.kind = 'leak' THEN n.leaking WHEN m.kind IN ('template', 'prompt', 'prefix') THEN n.opened END
    IS NOT TRUE),
repeats AS (
  SELECT key, start, 'again' AS kind, '' AS value, (sum(count) - count(DISTINCT value))::BIGINT AS count
  FROM owned WHERE kind = 'prompt' GROUP BY key, start),
summed AS (
  SELECT key, start, kind, value, sum(count)::BIGINT AS count
  FROM (FROM owned WHERE kind != 'prompt' UNION ALL FROM repeats WHERE count > 0) GROUP BY ALL)
SELECT key, start, kind, value, count FROM summed
QUALIFY row_number() OVER (PARTITION BY key, kind ORDER BY count DESC, start, value) <= {KEPT_MARKS}
ORDER BY key, start, kind, value
"""  # noqa: S608

SETTLE = (
    TOGETHER, NAMES, "DROP TABLE named", "DROP TABLE loose", MATCH, UNMATCHED, "DROP TABLE together",
    SUM, "DROP TABLE cells", MARKED, "DROP TABLE marks", "DROP TABLE names",
)  # fmt: skip

JOINED = "SELECT start, sum(joined) FROM summed GROUP BY start HAVING sum(joined) > 0"
SPAN = "SELECT sum(count), min(first), max(last) FROM summed WHERE first > 0"

DAYS = """
CREATE TABLE days AS
SELECT key, (start // 86400)::INTEGER AS day, max(tenant) AS tenant, sum(count)::BIGINT AS calls,
  sum(tokens_out)::BIGINT AS out
FROM summed WHERE key != '' GROUP BY 1, 2
"""
PEERS = """
WITH logs AS (SELECT log10(1 + calls)::FLOAT AS calls, log10(1 + out)::FLOAT AS out FROM days),
middles AS (SELECT median(calls) AS calls, median(out) AS out FROM logs)
SELECT (SELECT count(DISTINCT key) FROM days), count(*), any_value(m.calls), median(abs(d.calls - m.calls)),
  any_value(m.out), median(abs(d.out - m.out))
FROM logs d, middles m
"""
SURGE = """
WITH usual AS (SELECT key, avg(out + calls) AS used FROM days GROUP BY key HAVING count(*) >= 3)
SELECT day, quantile_cont(((d.out + d.calls) / greatest(u.used, 1))::FLOAT, 0.9)
FROM days d JOIN usual u USING (key) GROUP BY day HAVING count(*) >= 20
"""

TENANTS = """
WITH usual AS (SELECT key, avg(out + calls) AS used FROM days GROUP BY key HAVING count(*) >= 3)
SELECT tenant, day, median(((d.out + d.calls) / greatest(u.used, 1))::FLOAT) AS factor
FROM days d JOIN usual u USING (key) WHERE tenant != '' GROUP BY tenant, day HAVING count(*) >= 3 AND factor >= 2
"""

CELLS = f"""
SELECT key, start, log, tenant, network, address, agent, model, adapter, operation, region, home, account,
  count, first, last, {", ".join(TOLD)}, request, file0, file
FROM summed
"""  # noqa: S608
MARKS = "SELECT key, start, kind, value, count FROM marked"
