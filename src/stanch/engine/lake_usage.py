"""Events kept as columns tell at once who called with a role, and on a bucket, a key, a secret or a function.

One query over the days that are asked for. DuckDB reads only the columns it names, in bounded memory, and returns
counts by caller and address.
Blind to: what a trail does not record. Reads of objects, calls of functions and the like are data events, which are
logged only where somebody ordered it: a thing on which no use at all is recorded is not told as unused.
"""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import duckdb

from stanch.domain.arn import Arn, ArnError
from stanch.engine.enrich.caller import caller_of
from stanch.engine.scan.lake.columns import SLOW
from stanch.engine.usage import Usage

MEMORY = "400MB"
MOST_THINGS = 100
"""Things that one query looks for; of more, nobody knows."""
CALLERS = frozenset({"role", "user", "instance"})
"""Kinds that are used by calling with them, which every event tells."""
_BY_DATA_EVENTS = frozenset({"bucket", "function", "queue", "topic", "endpoint", "table"})
"""Kinds whose use is a data event: who reads or changes their settings does not use them."""
_FETCHED = 10_000
"""Rows of an answer that are held at a time."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

# A row of the slow way holds its record alone; one whose JSON DuckDB cannot read counts as lost. Rows without a thing
# tell who called; the others who called on which of the things, each named by its ARN, or by its name to its own
# service in its own account and region. To look at a thing is not to use it. Findings are kept in a lake too: their
# sources are no service's, and whom they accuse called nothing. An access log of S3 tells no category, but the key.
_QUERY = """
WITH rows AS NOT MATERIALIZED (
  FROM read_parquet($files)
  WHERE eventTime >= make_timestamptz($since) AND eventTime < make_timestamptz($until)
), events AS NOT MATERIALIZED (
  SELECT userIdentity AS who, sourceIPAddress AS address, eventSource AS source, eventName AS name,
    eventCategory AS category, errorCode IS NULL AND errorMessage IS NULL AS allowed, requestParameters AS request,
    resources, awsRegion AS region, recipientAccountId AS account, 0 AS lost
  FROM rows WHERE deed <> $slow
  UNION ALL
  SELECT raw->>'$.userIdentity', raw->>'$.sourceIPAddress', raw->>'$.eventSource', raw->>'$.eventName',
    raw->>'$.eventCategory', raw->>'$.errorCode' IS NULL AND raw->>'$.errorMessage' IS NULL,
    raw->>'$.requestParameters', raw->>'$.resources', raw->>'$.awsRegion', raw->>'$.recipientAccountId',
    (raw IS NULL)::INT
  FROM (SELECT CASE WHEN json_valid(raw) THEN raw END AS raw FROM rows WHERE deed = $slow)
), things AS (
  SELECT unnest($things, recursive := true)
)
SELECT who, address, allowed, NULL AS thing, count(*), sum(lost)
FROM events WHERE source IS NULL OR contains(source, '.amazonaws.') GROUP BY ALL
UNION ALL
SELECT who, address, allowed, thing, count(*), 0
FROM events JOIN things ON split_part(source, '.', 1) = things.service
WHERE CASE
    WHEN by_data THEN category = 'Data' OR (category IS NULL AND contains(request, '"key"'))
    ELSE NOT regexp_matches(name, '^(Describe|List|Get(Key|Resource|Public|Parameters|Repository))')
  END
  AND coalesce(things.account IN ('', events.account), true) AND coalesce(things.region IN ('', events.region), true)
  AND (contains(request, in_full) OR contains(resources, in_full) OR contains(request, by_name))
GROUP BY ALL
"""


@dataclass(slots=True)
class LakeUsage:
    """Who used what: `looked` are the resources of which these events tell, `lost` what could not be read, in words."""

    usage: Usage
    looked: set[str] = field(default_factory=set)
    rows: int = 0
    lost: list[str] = field(default_factory=list)


def lake_usage(
    files: Sequence[str], resources: Iterable[str], since: datetime, until: datetime, accounts: Collection[str]
) -> LakeUsage:
    """Who used these resources between two moments, by Parquet files of a lake that hold these accounts' events.

    A file that cannot be read is told in `lost`, and costs no other its answer.
    """
    asked = [(resource, arn) for resource in dict.fromkeys(resources) if (arn := _parsed(resource))]
    found = LakeUsage(Usage([resource for resource, _ in asked]))
    callers = [(resource, arn) for resource, arn in asked if arn.kind in CALLERS]
    found.looked |= {resource for resource, arn in callers if not arn.account or arn.account in accounts}
    things = [_thing(resource, arn) for resource, arn in asked if arn.kind not in CALLERS][:MOST_THINGS]
    given = {
        "since": (since - _EPOCH) // _MICROSECOND,
        "until": (until - _EPOCH) // _MICROSECOND,
        "slow": SLOW,
        "things": things or [_NOTHING],
    }
    with duckdb.connect(config=_CONFIG) as database:
        _read(database, list(files), given, found)
    if not found.rows:
        found.looked.clear()
    return found


_CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "enable_external_file_cache": False,
    "memory_limit": MEMORY,
    "preserve_insertion_order": False,
    "threads": 2,
}


def _read(database: duckdb.DuckDBPyConnection, files: list[str], given: Mapping[str, Any], found: LakeUsage) -> None:
    """Ask of all files at once; where that fails, of each half, until what cannot be read stands alone."""
    if not files:
        return
    try:
        answer = database.execute(_QUERY, {**given, "files": files})
    except duckdb.InterruptException:
        raise KeyboardInterrupt from None
    except duckdb.Error as error:
        if len(files) == 1:
            found.lost.append(f"{files[0]}: {str(error).splitlines()[0]}")
            return
        half = len(files) // 2
        _read(database, files[:half], given, found)
        _read(database, files[half:], given, found)
        return
    while rows := answer.fetchmany(_FETCHED):
        for row in rows:
            _take(row, found)


def _take(row: Sequence[Any], found: LakeUsage) -> None:
    """One caller at one address: all its calls, or those on one thing."""
    who, address, allowed, thing, calls, lost = row
    if thing is None:
        found.rows += calls
        if lost:
            found.lost.append(f"{lost} records that are no JSON")
    else:
        found.looked.add(thing)
    if not allowed:
        return
    caller = caller_of({"userIdentity": _identity(who)})
    if thing is None:
        found.usage.count(caller.arn, caller.principal, address, calls)
    else:
        found.usage.count_on(thing, caller.arn, address, calls)


def _identity(who: str | None) -> Mapping[str, Any]:
    try:
        read = json.loads(who or "null")
    except (ValueError, RecursionError):
        return {}
    return read if isinstance(read, dict) else {}


def _thing(resource: str, arn: Arn) -> dict[str, object]:
    """A thing as the query looks for it: names as JSON writes them."""
    return {
        "thing": resource,
        "service": arn.service,
        "in_full": json.dumps(resource),
        "by_name": json.dumps(arn.name),
        "account": arn.account,
        "region": arn.region,
        "by_data": arn.kind in _BY_DATA_EVENTS,
    }


_NOTHING = _thing("", Arn("", "", "", "", ""))
"""DuckDB cannot tell the columns of no thing at all; no service has this name."""


def _parsed(resource: str) -> Arn | None:
    try:
        return Arn.parse(resource)
    except ArnError:
        return None
