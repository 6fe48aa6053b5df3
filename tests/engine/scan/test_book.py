"""The sums of one long file do not grow with it."""

import pytest
from tests.engine.scan.test_fast_way import delivered

from stanch import app
from stanch.domain.estate import Estate
from stanch.engine.scan import book
from stanch.engine.scan.scanner import Scanner


def test_what_one_long_file_comes_to_is_made_small_on_the_way(monkeypatch: pytest.MonkeyPatch) -> None:
    some = [
        {"eventVersion": "1.11", "eventID": f"e{n:05}", "eventTime": f"2026-11-22T{n // 600:02}:00:00Z",
         "eventSource": "s3.amazonaws.com", "eventName": "GetObject", "recipientAccountId": "111122223333",
         "userIdentity": {"type": "IAMUser", "arn": f"arn:aws:iam::111122223333:user/u{n % 7}"},
         "requestParameters": {"bucketName": "b", "key": f"k{n}"}, "additionalEventData": {"bytesTransferredOut": n}}
        for n in range(6000)
    ]  # fmt: skip
    file = delivered(some)
    whole = Scanner([], Estate(), app.sources()).scan([file])
    monkeypatch.setattr(book, "MOST", 500)
    monkeypatch.setattr(book, "LOOKED_AT", 1)
    small = Scanner([], Estate(), app.sources()).scan([file])
    wires = list(small.cells.wires())
    assert len(wires) > 3
    assert max(map(len, wires)) < len(whole.cells)
    counted = {key: (sums.count, sums.bytes, sums.objects) for key, sums in small.cells.sums.items()}
    assert counted == {key: (sums.count, sums.bytes, sums.objects) for key, sums in whole.cells.sums.items()}
