"""Two snapshots differ by what somebody changed, not by what happens by itself or was not looked at."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from stanch.contracts.collector import Thing, Unknown
from stanch.estate import snapshot
from stanch.estate.changes import Change, changes
from stanch.estate.snapshot import Seen, Snapshot

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
OURS, THEIRS = "111122223333", "444455556666"
WEIGHTS, ROLE = "arn:aws:s3:::weights", "arn:aws:iam::111122223333:role/app"
UNSEEN = {"$unseen": "s3:GetBucketPolicy: AccessDenied"}


class Snapshots:
    """Snapshots in folders of their own."""

    def __init__(self, root: Path) -> None:
        self.root, self.count = root, 0

    def of(self, *seen: Seen) -> Snapshot:
        self.count += 1
        return snapshot.read(snapshot.write(self.root / str(self.count), seen, NOON))

    def between(self, before: Seen, after: Seen) -> list[Change]:
        return list(changes(self.of(before), self.of(after)))


def seen(*things: Thing, account: str = OURS, gaps: tuple[Unknown, ...] = ()) -> Seen:
    return Seen(account, None, "s3", things, gaps)


def bucket(**data: Any) -> Thing:
    return Thing("s3/bucket", WEIGHTS, data)


def gap(of: str) -> Unknown:
    return Unknown("s3:ListBuckets", "AccessDenied", "s3:ListAllMyBuckets", of, "no", OURS, None, "s3")


def changed(tmp_path: Path, before: Mapping[str, Any], after: Mapping[str, Any]) -> list[tuple[str, ...]]:
    return [change.fields for change in Snapshots(tmp_path).between(seen(bucket(**before)), seen(bucket(**after)))]


def test_tells_what_is_new_gone_and_different(tmp_path: Path) -> None:
    role, key = Thing("iam/role", ROLE, {}), Thing("kms/key", "arn:aws:kms:eu-central-1:111122223333:key/k", {})
    before, after = seen(bucket(Versioning={"Status": "Enabled"}), role), seen(bucket(Versioning={}), key)
    told = Snapshots(tmp_path).between(before, after)
    assert [(one.kind, one.how, one.fields) for one in told] == [
        ("iam/role", "gone", ()),
        ("kms/key", "new", ()),
        ("s3/bucket", "changed", ("Versioning",)),
    ]
    assert {(one.account, one.region) for one in told} == {(OURS, None)}
    assert Snapshots(tmp_path / "same").between(before, before) == []


def test_what_stands_in_two_accounts_at_once_is_compared_in_each(tmp_path: Path) -> None:
    def both(ours: int, theirs: int) -> list[Seen]:
        policy = "arn:aws:iam::aws:policy/ReadOnlyAccess"
        return [
            seen(Thing("iam/policy", policy, {"AttachmentCount": ours})),
            seen(Thing("iam/policy", policy, {"AttachmentCount": theirs}), account=THEIRS),
        ]

    many = Snapshots(tmp_path)
    told = list(changes(many.of(*both(1, 1)), many.of(*both(2, 1))))
    assert [(one.account, one.fields) for one in told] == [(OURS, ("AttachmentCount",))]


def test_what_could_not_be_seen_in_one_of_them_is_no_change(tmp_path: Path) -> None:
    assert changed(tmp_path / "a", {"Policy": None}, {"Policy": UNSEEN}) == []
    assert changed(tmp_path / "b", {"Aliases": [{"Policy": UNSEEN}]}, {"Aliases": [{"Policy": {"a": 1}}]}) == []
    assert changed(tmp_path / "c", UNSEEN, {"Policy": None}) == []


def test_a_thing_is_gone_only_where_its_list_was_told_whole(tmp_path: Path) -> None:
    many, other = Snapshots(tmp_path), Thing("s3/bucket", "arn:aws:s3:::other", {})
    whole = seen(bucket(), other)
    assert many.between(whole, seen(gaps=(gap("s3"),))) == []
    assert many.between(seen(gaps=(gap("s3"),)), whole) == []
    assert [one.how for one in many.between(whole, seen(other, gaps=(gap(other.arn),)))] == ["gone"]
    elsewhere = Seen(OURS, None, "iam", ())
    assert many.between(whole, elsewhere) == [], "nobody looked at buckets there"


def test_a_gap_that_was_kept_without_its_place_hides_everything(tmp_path: Path) -> None:
    old = Unknown("s3:ListBuckets", "AccessDenied", None, "s3", "no")
    assert Snapshots(tmp_path).between(seen(bucket()), seen(gaps=(old,))) == []


def test_what_happens_by_itself_is_no_change(tmp_path: Path) -> None:
    was = {"Status": {"IsLogging": True, "LatestDeliveryTime": "1"}, "LastAccessedDate": "1", "storedBytes": 1}
    now = {"Status": {"IsLogging": True, "LatestDeliveryTime": "2"}, "LastAccessedDate": "2", "storedBytes": 2}
    assert changed(tmp_path / "a", was, now) == []
    stopped = {**now, "Status": {"IsLogging": False, "LatestDeliveryTime": "2"}}
    assert changed(tmp_path / "b", was, stopped) == [("Status",)]
    assert changed(tmp_path / "c", {"LastModified": "1"}, {"LastModified": "2"}) == [("LastModified",)]


def test_the_order_in_which_aws_tells_a_list_is_no_change(tmp_path: Path) -> None:
    assert changed(tmp_path / "a", {"Groups": ["a", "b"]}, {"Groups": ["b", "a"]}) == []
    assert changed(tmp_path / "b", {"Groups": ["a", "b"]}, {"Groups": ["b", "b"]}) == [("Groups",)]
