"""Without an estate the perimeter is the logs' own accounts: all of them, however the files are named and ordered."""

import gzip
import json
from collections.abc import Sequence
from itertools import count
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from stanch import app
from stanch.app import progress
from stanch.app.hunting import PEEKED, accounts_of
from stanch.contracts.source import LogFile
from stanch.domain.estate import Estate
from stanch.engine.scan.pool import MOST_FILES
from stanch.engine.scan.span import ALWAYS
from stanch.stores.listing import Listing
from stanch.stores.logs import LocalFile, found

ONE, OTHER, STRANGER = "111122223333", "444455556666", "999988887777"
_number = count()


def event(account: str, name: str = "DescribeInstances", request: Any = None) -> dict[str, Any]:
    return {
        "eventVersion": "1.11",
        "eventID": f"00000000-0000-4000-8000-{next(_number):012d}",
        "eventTime": "2026-05-04T09:00:00Z",
        "eventSource": "ec2.amazonaws.com",
        "eventName": name,
        "awsRegion": "eu-central-1",
        "sourceIPAddress": "203.0.113.50",
        "userIdentity": {
            "type": "IAMUser",
            "arn": f"arn:aws:iam::{account}:user/ops",
            "accountId": account,
            "accessKeyId": "AKIAEXAMPLE",
            "userName": "ops",
        },
        "requestParameters": request,
        "recipientAccountId": account,
    }


def share(account: str, with_: str) -> dict[str, Any]:
    added = {"add": {"items": [{"userId": with_}]}}
    request = {"snapshotId": "snap-1", "createVolumePermission": added, "attributeType": "CREATE_VOLUME_PERMISSION"}
    return event(account, "ModifySnapshotAttribute", request)


def hunted(folder: Path, processes: int) -> tuple[set[str], tuple[str, ...], int]:
    result = app.hunt(list(found([folder])), Estate(), app.rules(), routines=app.routines(), processes=processes)
    said = {finding.detection for incident in result.incidents for finding in incident.findings}
    return said, result.accounts, result.coverage.events


def reached(folder: Path) -> tuple[str, ...]:
    result = app.hunt(list(found([folder])), Estate(), app.rules(), routines=app.routines(), processes=1)
    (finding,) = (finding for incident in result.incidents for finding in incident.findings)
    return finding.strangers


def write(folder: Path, *files: list[dict[str, Any]]) -> None:
    for number, records in enumerate(files):
        (folder / f"{number:03d}.json.gz").write_bytes(gzip.compress(json.dumps({"Records": records}).encode()))


@pytest.mark.parametrize("processes", [1, 2])
@pytest.mark.parametrize(("first", "last"), [(ONE, OTHER), (OTHER, ONE)])
def test_an_account_whose_files_sort_last_is_ours_too(tmp_path: Path, first: str, last: str, processes: int) -> None:
    write(tmp_path, *([event(first)] for _ in range(60)), [share(first, last)], [event(last)])
    assert hunted(tmp_path, processes) == (set(), (ONE, OTHER), 62)


def test_so_is_one_that_only_the_end_of_a_file_names(tmp_path: Path) -> None:
    write(tmp_path, [share(ONE, OTHER), *(event(ONE) for _ in range(200)), event(OTHER)])
    assert hunted(tmp_path, 1) == (set(), (ONE, OTHER), 202)


@pytest.mark.parametrize("count", [1, PEEKED, PEEKED + 1, 2 * PEEKED - 1, 1001])
def test_to_guess_no_more_files_are_opened_than_promised(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    write(tmp_path, *([event(ONE)] for _ in range(count)))
    opened: list[str] = []
    whole = LocalFile.open

    def noted(file: LocalFile) -> BinaryIO:
        opened.append(file.path)
        return whole(file)

    monkeypatch.setattr(LocalFile, "open", noted)
    assert accounts_of(Listing(found([tmp_path]))) == (ONE,)
    assert min(count, PEEKED // 2) <= len(opened) <= PEEKED


def test_an_account_that_no_log_is_of_stays_a_stranger(tmp_path: Path) -> None:
    write(tmp_path, [share(ONE, STRANGER), *(event(ONE) for _ in range(200)), event(OTHER)])
    assert hunted(tmp_path, 1) == ({"exfiltration/snapshot_shared"}, (ONE, OTHER), 202)


def test_what_was_kept_of_a_hunt_of_some_accounts_is_not_taken_for_one_of_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "WORTH_KEEPING", 0)
    write(tmp_path, *([event(ONE)] for _ in range(MOST_FILES - 1)), [share(ONE, OTHER)], [event(OTHER)])
    *some, last = found([tmp_path])

    def going_on(files: Sequence[LogFile]) -> tuple[int, set[str]]:
        with app.resuming(tmp_path / "state", files, "", Estate(), ALWAYS) as (keeper, kept):
            assert kept is not None
            result = app.hunt(files, Estate(), app.rules(), processes=1, keeper=keeper)
            return kept.resumed, {one.detection for incident in result.incidents for one in incident.findings}

    assert going_on(some) == (0, {"exfiltration/snapshot_shared"})
    assert going_on(some) == (1, {"exfiltration/snapshot_shared"})
    assert going_on([*some, last]) == (0, set())


@pytest.mark.parametrize(("parts", "why"), [(1, "2 of 2 files: interrupted"), (2, "interrupted before all was judged")])
def test_a_hunt_that_is_stopped_calls_no_account_of_ours_a_stranger(tmp_path: Path, parts: int, why: str) -> None:
    write(tmp_path, [share(ONE, OTHER), *(event(ONE) for _ in range(200)), event(OTHER)], [event(ONE)])
    read = count(1)

    def stop(_: object) -> None:
        if next(read) == parts:
            raise KeyboardInterrupt

    result = app.hunt(list(found([tmp_path])), Estate(), app.rules(), processes=1, on_file=stop)
    assert (result.stopped, result.accounts, result.incidents) == (True, (ONE, OTHER), [])
    assert result.coverage.events == 203 * (parts - 1)
    assert [skip.why.partition(":")[0] for skip in result.coverage.files_skipped if skip.path == "the perimeter"] == [
        "nothing is told of what was read"
    ] * (2 - parts)
    assert [skip.why for skip in result.coverage.files_skipped if skip.path == "the rest"] == [why]


def test_a_finding_tells_whom_a_call_reached_outside(tmp_path: Path) -> None:
    write(tmp_path, [share(ONE, STRANGER), share(ONE, "all"), share(ONE, OTHER), event(OTHER)])
    assert reached(tmp_path) == (STRANGER, "everybody")


def test_of_many_the_first_are_told(tmp_path: Path) -> None:
    write(tmp_path, [share(ONE, f"{account:012d}") for account in range(30)])
    assert reached(tmp_path) == tuple(f"{account:012d}" for account in range(20))
