"""VPC flow logs of one day summed per host, destination, port and hour: beside plainly reading them, and a peer.

usage: python -m benchmarks.flows [ROWS]     20 million by default, written first, which takes two minutes

Each step runs in a process of its own, so that its peak memory is its own. On a shared machine the wall's seconds are
noise, and the processor's are what can be compared: two threads need at best half of them.
"""

import json
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter, process_time

ROWS = 20_000_000
FILES = 48
START = 1779840000
HOSTS = 200

# Hash functions of the row's number are the chance: the same rows in every run. Each host talks to about 400 others,
# the nearest most; a third of its traffic goes to the port of a model server.
_ROWS = """
CREATE TABLE flows AS
WITH chance AS (
  SELECT i, hash(i, 1) % {hosts} AS host, hash(i, 2) AS a, hash(i, 3) AS b,
    (pow((hash(i, 4) % 100000) / 100000.0, 3) * 400)::INTEGER AS peer
  FROM range({rows}) t(i)),
ends AS (
  SELECT *, a % 2 = 0 AS out, 32768 + b % 28000 AS ephemeral,
    CASE WHEN peer % 3 = 0 THEN 8000 WHEN peer % 5 = 0 THEN 53 ELSE 443 END AS service,
    printf('10.0.%d.%d', host // 50, 10 + host % 50 * 4) AS own,
    CASE WHEN peer < 30 THEN printf('10.0.%d.%d', peer % 4, 12 + (peer * 37 + host) % 50 * 4)
      WHEN peer < 50 THEN printf('52.219.%d.%d', peer % 16, 1 + (peer * 31 + host) % 60)
      ELSE printf('%d.%d.1.%d', 11 + peer % 90, host % 6, 1 + peer % 9) END AS other
  FROM chance)
SELECT 2 AS version, '111122223333' AS account_id, printf('eni-%017x', (host + 1) * 7919) AS interface_id,
  CASE WHEN out THEN own ELSE other END AS srcaddr, CASE WHEN out THEN other ELSE own END AS dstaddr,
  (CASE WHEN out THEN ephemeral ELSE service END)::INTEGER AS srcport,
  (CASE WHEN out THEN service ELSE ephemeral END)::INTEGER AS dstport, 6 AS protocol,
  (1 + b % 200)::BIGINT AS packets, ((1 + b % 200) * (40 + a % 1400))::BIGINT AS bytes,
  ({start} + i * 86400 // {rows})::BIGINT AS start, ({start} + i * 86400 // {rows} + 59)::BIGINT AS "end",
  CASE WHEN b % 50 = 0 THEN 'REJECT' ELSE 'ACCEPT' END AS action, 'OK' AS log_status
FROM ends
"""


def write(folder: Path, rows: int) -> None:
    """Write `rows` records of one day as 48 gzipped text files and 48 Parquet files, as S3 delivery would."""
    import duckdb

    base = duckdb.connect(str(folder / "rows.duckdb"))
    base.execute("SET threads = 2; SET memory_limit = '1500MB'; SET preserve_insertion_order = false")
    base.execute(_ROWS.format(rows=rows, start=START, hosts=HOSTS))
    step = 86400 // FILES
    for number in range(FILES):
        first = START + number * step
        part = f"(SELECT * FROM flows WHERE start >= {first} AND start < {first + step})"  # noqa: S608 - numbers
        name = folder / f"{number:03}"
        base.execute(f"COPY {part} TO '{name}.log.gz' (FORMAT csv, DELIMITER ' ', HEADER, COMPRESSION gzip)")
        base.execute(f"COPY {part} TO '{name}.parquet' (FORMAT parquet, COMPRESSION gzip)")
    base.close()
    (folder / "rows.duckdb").unlink()


def inflate(folder: Path) -> int:
    """The floor of text: inflate each file and look at nothing."""
    from isal import isal_zlib

    return sum(len(isal_zlib.decompress(path.read_bytes(), 31)) for path in folder.glob("*.log.gz"))


def count(folder: Path) -> int:
    """The floor of Parquet: read every value that the sums need, and add nothing up by anything."""
    import duckdb

    query = (
        "SELECT count(*), max(interface_id), max(srcaddr), max(dstaddr), max(srcport), max(dstport), max(protocol), "
        'max(packets), max(bytes), max(start), max("end"), max(action), max(account_id) FROM read_parquet($paths)'
    )
    row = duckdb.connect(config={"threads": 2}).execute(query, {"paths": _paths(folder, "parquet")}).fetchone()
    return int(row[0]) if row else 0


def sum_text(folder: Path) -> int:
    """Ours, from text."""
    return _summed(folder, "log.gz")


def sum_parquet(folder: Path) -> int:
    """Ours, from Parquet."""
    return _summed(folder, "parquet")


def peer_text(folder: Path) -> int:
    """A peer that sums less (no port, protocol, outcome or direction): DuckDB by itself, which guesses the columns."""
    import duckdb

    query = (
        "SELECT count(*) FROM (SELECT interface_id, dstaddr, start // 3600 AS hour, sum(bytes) "
        "FROM read_csv($paths, delim = ' ', header = true) GROUP BY ALL)"
    )
    row = duckdb.connect(config={"threads": 2}).execute(query, {"paths": _paths(folder, "log.gz")}).fetchone()
    return int(row[0]) if row else 0


def peer_parquet(folder: Path) -> int:
    """The same less by Arrow's own aggregation."""
    import pyarrow.compute as pc
    import pyarrow.dataset as ds

    columns = {
        "host": ds.field("interface_id"),
        "to": ds.field("dstaddr"),
        "hour": pc.divide(ds.field("start"), 3600),
        "bytes": ds.field("bytes"),
    }
    table = ds.dataset(_paths(folder, "parquet")).to_table(columns=columns)
    return int(table.group_by(["host", "to", "hour"]).aggregate([("bytes", "sum")]).num_rows)


def _summed(folder: Path, suffix: str) -> int:
    from stanch.domain.estate import Perimeter
    from stanch.engine.flows import aggregate
    from stanch.stores.logs import found

    with aggregate(list(found(sorted(folder.glob(f"*.{suffix}")))), Perimeter()) as table:
        assert not table.read.skipped  # noqa: S101 - a figure for part of the rows is none
        return table.read.rows


def _paths(folder: Path, suffix: str) -> list[str]:
    return [str(path) for path in sorted(folder.glob(f"*.{suffix}"))]


STEPS: dict[str, Callable[[Path], int]] = {
    each.__name__: each for each in (inflate, sum_text, peer_text, count, sum_parquet, peer_parquet)
}


def main(rows: int) -> None:
    """Write, measure and print."""
    with tempfile.TemporaryDirectory(prefix="stanch-bench-") as name:
        folder = Path(name)
        _alone("write", folder, rows)
        size = {suffix: sum(path.stat().st_size for path in folder.glob(f"*.{suffix}")) for suffix in ("gz", "parquet")}
        print(f"{rows:,} flow records of a day, {HOSTS} hosts; {FILES} files; two threads; the better of two runs")
        for floor, ours, peer, suffix in (
            ("inflate", "sum_text", "peer_text", "gz"),
            ("count", "sum_parquet", "peer_parquet", "parquet"),
        ):
            base, *_ = _better(floor, folder)
            print(f"  {size[suffix] / 1e6:,.0f} MB of {suffix}")
            for step in (floor, ours, peer):
                wall, used, peak = _better(step, folder)
                print(
                    f"    {step:14} {wall:6.2f} s, {wall / base:5.2f} of the floor   processor {used:6.2f} s   "
                    f"peak {peak:5,.0f} MB"
                )


def _better(step: str, folder: Path) -> tuple[float, float, float]:
    return min(_alone(step, folder) for _ in range(2))


def _alone(step: str, folder: Path, *more: int) -> tuple[float, float, float]:
    """Seconds of the wall and of the processor, and peak megabytes, of one step in its own process, once it runs."""
    command = [sys.executable, "-m", "benchmarks.flows", step, str(folder), *map(str, more)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    wall, used, peak = json.loads(done.stdout)
    return wall, used, peak


def _step(step: str, folder: Path, more: list[str]) -> None:
    began, used = perf_counter(), process_time()
    if step == "write":
        write(folder, int(more[0]))
    else:
        STEPS[step](folder)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps([perf_counter() - began, process_time() - used, peak]))


if __name__ == "__main__":
    if len(sys.argv) > 2:
        _step(sys.argv[1], Path(sys.argv[2]), sys.argv[3:])
    else:
        main(int(sys.argv[1]) if len(sys.argv) == 2 else ROWS)
