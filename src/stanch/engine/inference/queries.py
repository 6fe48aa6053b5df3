"""A gateway knows who asked and a server what it answered: the request's id is all that their lines share.

Every query is built from the names of columns that stand in `rows`, never from what a log holds.
"""

from stanch.engine.inference.rows import AMOUNTS, ANY, FRONTS, KEYS, MOSTS, SUMS, TOLD

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


def _kind(name: str) -> str:
    return "DOUBLE" if name == "cost" else "BIGINT"


_COLUMNS = ", ".join(
    (
        "start BIGINT",
        *(f"{name} VARCHAR" for name in (*KEYS, *ANY, "request")),
        *(f"{name} {_kind(name)}" for name in (*SUMS, *MOSTS)),
    )
)
_FRONT_IDS = ", ".join(f"{kind} UBIGINT" for kind in FRONTS)
_NAMED = ", ".join((*(f"{name} VARCHAR" for name in KEYS), *(f"{name} {_kind(name)}" for name in AMOUNTS)))
TABLES = (
    f"CREATE TABLE cells ({_COLUMNS}, first BIGINT, last BIGINT)",
    f'CREATE TABLE loose ({_COLUMNS}, "when" BIGINT, id UBIGINT, {_FRONT_IDS})',
    f'CREATE TABLE named (id UBIGINT, {_FRONT_IDS}, start BIGINT, "when" BIGINT, has BIGINT, {_NAMED})',
    """
CREATE TABLE marks (
  key VARCHAR, request VARCHAR, log VARCHAR, start BIGINT, kind VARCHAR, value VARCHAR, count BIGINT)
""",
)

# A proxy in front of the gateway knows a call by an id of its own; the gateway knows both.
_EACH_FRONT = " UNION ALL ".join(
    f'SELECT {kind} AS front, id, start, "when" FROM {table} WHERE {kind} IS NOT NULL'  # noqa: S608
    for kind in FRONTS
    for table in ("named", "loose")
)
IN_FRONT = f"""
CREATE TABLE fronts AS
SELECT front, id, start, row_number() OVER (PARTITION BY front ORDER BY "when", id) AS turn FROM ({_EACH_FRONT})
"""  # noqa: S608


def _renamed(table: str) -> str:
    """Give each line of a proxy the id by which gateway and server know its call."""
    return f"""
UPDATE {table} SET id = moved.id FROM (
  SELECT line.place, f.id FROM (
    SELECT rowid AS place, id, start, row_number() OVER (PARTITION BY id, log ORDER BY "when") AS turn
    FROM {table} WHERE id IN (SELECT front FROM fronts)) line
  JOIN fronts f ON f.front = line.id AND f.turn = line.turn AND abs(f.start - line.start) <= {_NEAR}) moved
WHERE {table}.rowid = moved.place
"""  # noqa: S608


# Two lines of one key and one request in two logs are one call. The one that tells most stays; what the other tells is
# taken out of its cell again, and joined to the call like the line of a server.
DOUBLES = f"""
CREATE TABLE doubles AS
WITH shared AS (SELECT id FROM named GROUP BY id HAVING min(log) != max(log)),
turned AS (
  SELECT *, rowid AS place, row_number() OVER (PARTITION BY id, key, log ORDER BY "when") AS turn
  FROM named SEMI JOIN shared USING (id)),
ranked AS (
  SELECT *, first_value(has) OVER richest AS told, first_value(start) OVER richest AS began,
    row_number() OVER richest AS rank
  FROM turned WINDOW richest AS (PARTITION BY id, key, turn ORDER BY bit_count(has) DESC, log))
SELECT * FROM ranked WHERE rank > 1 AND abs(start - began) <= {_NEAR}
"""  # noqa: S608


def _again(sign: str) -> str:
    """All that a line told, from what is kept of it: what is no amount is a one or none."""
    told = (
        f"{sign}{name} AS {name}" if name in AMOUNTS else f"{sign}((has >> {place}) & 1) AS {name}"
        for place, name in enumerate(SUMS)
    )
    return ", ".join(told)


OUT_OF_CELLS = f"INSERT INTO cells BY NAME SELECT start, {_KEYS}, {_again('-')} FROM doubles"  # noqa: S608
INTO_LOOSE = f"""
INSERT INTO loose BY NAME SELECT id, start, "when", {_KEYS}, {_again("")}, {", ".join(MOSTS)} FROM doubles
"""  # noqa: S608
# Where most of what a log tells of a key is told by another with its texts, their marks are there, too.
ECHOED = f"""
CREATE TABLE echoed AS
WITH twice AS (
  SELECT key, start, log, sum((told >> {SUMS.index("opened")}) & 1) AS opened,
    sum((told >> {SUMS.index("leaking")}) & 1) AS leaking
  FROM doubles GROUP BY key, start, log),
every AS (
  SELECT key, start, log, count(*) AS lines, sum((has >> {SUMS.index("leaking")}) & 1) AS leaks
  FROM named SEMI JOIN twice USING (key, start, log) GROUP BY ALL)
SELECT key, start, log, 2 * opened >= lines AS opened, 2 * leaking >= leaks AS leaking
FROM twice JOIN every USING (key, start, log)
"""  # noqa: S608
UNECHOED = """
DELETE FROM marks USING echoed e WHERE marks.key = e.key AND marks.start = e.start AND marks.log = e.log
  AND CASE WHEN kind IN ('leak', 'repeated') THEN e.leaking
    WHEN kind IN ('template', 'again', 'prefix', 'stem', 'system') THEN e.opened END
"""
SEVERAL = "SELECT count(DISTINCT log) > 1 FROM named"
ONCE = (
    _renamed("named"), DOUBLES, OUT_OF_CELLS, INTO_LOOSE, ECHOED, UNECHOED, "DROP TABLE echoed",
    "DELETE FROM named WHERE rowid IN (SELECT place FROM doubles)", "DROP TABLE doubles",
)  # fmt: skip

# The lines of one call in several logs are one; two lines of one log are two calls, for a client may choose its ids.
TOGETHER = f"""
CREATE TABLE together AS
WITH turned AS (SELECT *, row_number() OVER (PARTITION BY id, log ORDER BY "when") AS turn FROM loose)
SELECT id, turn, max(request) AS request, min(start) AS start, min("when") AS first, max("when") AS last,
  string_agg(log, '+' ORDER BY log) AS log,
  {", ".join(f"max({name}) AS {name}" for name in (*KEYS, *SUMS, *MOSTS, *ANY) if name != "log")}
FROM turned GROUP BY id, turn
"""  # noqa: S608

NAMES = f"""
CREATE TABLE names AS
SELECT id, start, has, {_KEYS}, row_number() OVER (PARTITION BY id ORDER BY "when") AS turn
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
HAVING sum(count) > 0 OR sum(joined) > 0
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
loose AS (
  SELECT m.*, coalesce(f.id, hash(request)) AS id
  FROM marks m LEFT JOIN (SELECT DISTINCT ON (front) front, id FROM fronts ORDER BY front, turn) f
    ON f.front = hash(request)
  WHERE request != ''),
once AS (SELECT * FROM loose QUALIFY log = min(log) OVER (PARTITION BY id, kind)),
owned AS (
  SELECT key, start, kind, value, count FROM marks WHERE request = ''
  UNION ALL
  SELECT coalesce(n.key, ''), m.start, m.kind, m.value, m.count FROM once m LEFT JOIN known n USING (id)
  WHERE CASE WHEN m.kind IN ('leak', 'repeated') THEN n.leaking
    WHEN m.kind IN ('template', 'prompt', 'prefix', 'stem', 'system') THEN n.opened END IS NOT TRUE),
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

JOINS = f"""
CREATE TABLE joins AS
SELECT start, log, count(*) AS lines FROM (
  SELECT t.start, unnest(string_split(t.log, '+')) AS log
  FROM together t JOIN names n USING (id, turn) WHERE abs(n.start - t.start) <= {_NEAR})
GROUP BY start, log
"""  # noqa: S608

SETTLE = (
    _renamed("loose"), TOGETHER, NAMES, "DROP TABLE named", "DROP TABLE loose", MATCH, UNMATCHED, JOINS,
    "DROP TABLE together", SUM, "DROP TABLE cells", MARKED, "DROP TABLE marks", "DROP TABLE names", "DROP TABLE fronts",
)  # fmt: skip

# A provider's caller is known by an ARN: he passes no gateway of ours.
ASKED = "SELECT start, sum(count) FROM summed WHERE key != '' AND key NOT LIKE 'arn:%' GROUP BY start"
JOINED = "SELECT start, log, lines FROM joins"
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

# A thief's client comes to his keys from his network; one that is rolled out comes to many, from wherever they are.
ROLLOUTS = """
WITH began AS (SELECT key, min(start) // 86400 AS began FROM summed WHERE key != '' GROUP BY key),
firsts AS (
  SELECT key, agent, min(start) // 86400 AS day, arg_min(network, start) AS network
  FROM summed WHERE key != '' AND agent != '' GROUP BY key, agent),
spread AS (
  SELECT agent, day, network, count(*) AS keys
  FROM firsts JOIN began USING (key) WHERE day >= began + 5 GROUP BY ALL),
came AS (SELECT agent, day, sum(keys) - max(keys) AS keys FROM spread GROUP BY agent, day),
used AS (SELECT agent, count(*) AS keys FROM firsts GROUP BY agent)
SELECT agent, day FROM came JOIN used USING (agent)
QUALIFY sum(came.keys) OVER (PARTITION BY agent ORDER BY day RANGE BETWEEN 6 PRECEDING AND 6 FOLLOWING)
  >= greatest(5, used.keys / 2)
"""

CELLS = f"""
SELECT key, start, log, tenant, network, address, agent, model, adapter, operation, region, home, account,
  count, first, last, {", ".join(TOLD)}, request, file0, file
FROM summed
"""  # noqa: S608
MARKS = "SELECT key, start, kind, value, count FROM marked"
