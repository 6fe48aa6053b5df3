"""CloudTrail delivers gzipped JSON, one account and region a file, every few minutes; the range every second.

Layout: `AWSLogs/<account>/CloudTrail/<region>/YYYY/MM/DD/`, and in it
`<account>_CloudTrail_<region>_<YYYYMMDDTHHMMZ>_<unique>.json.gz`.
"""

import gzip
import json
import secrets
import string
import threading
from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

Record = Mapping[str, Any]

EVERY = 1.0
"""Seconds between two deliveries."""

AT_MOST = 2000
"""Records held before a delivery is made at once."""

ALPHABET = string.ascii_letters + string.digits


class Delivery:
    """Holds records and writes them; a file is there whole or not at all."""

    def __init__(self, trail: Path, every: float = EVERY) -> None:
        self._trail = trail
        self._held: dict[tuple[str, str], list[Record]] = defaultdict(list)
        self._count = 0
        self._guard = threading.Lock()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(every,), name="delivery", daemon=True)
        self._thread.start()

    def add(self, account: str, record: Record) -> None:
        """Hold one record for the trail of an account."""
        with self._guard:
            self._held[account, str(record["awsRegion"])].append(record)
            self._count += 1
            full = self._count >= AT_MOST
        if full:
            self.flush()

    def flush(self) -> int:
        """Write what is held; returns the number of files."""
        with self._guard:
            held, self._held, self._count = self._held, defaultdict(list), 0
            for (account, region), records in held.items():
                self._write(account, region, records)
        return len(held)

    def stop(self) -> None:
        """Write the rest and end."""
        self._stopped.set()
        self.flush()

    def _run(self, every: float) -> None:
        while not self._stopped.wait(every):
            self.flush()

    def _write(self, account: str, region: str, records: list[Record]) -> None:
        now = datetime.now(UTC)
        folder = self._trail / "AWSLogs" / account / "CloudTrail" / region / now.strftime("%Y/%m/%d")
        folder.mkdir(parents=True, exist_ok=True)
        unique = "".join(secrets.choice(ALPHABET) for _ in range(16))
        name = f"{account}_CloudTrail_{region}_{now:%Y%m%dT%H%MZ}_{unique}.json.gz"
        body = gzip.compress(json.dumps({"Records": records}, separators=(",", ":")).encode(), compresslevel=6, mtime=0)
        unfinished = folder / f".{name}.part"
        unfinished.write_bytes(body)
        unfinished.replace(folder / name)
