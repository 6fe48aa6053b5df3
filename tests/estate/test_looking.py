"""Many collectors look at once; what one cannot see is told, and costs the others nothing."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import pytest

from stanch.contracts.aws import Aws, AwsAbsent, AwsDenied, AwsError, AwsUnreachable
from stanch.contracts.collector import Collector, Look, Scope, Thing, unseen
from stanch.estate.asking import MOST_SILENT, Asking, Over
from stanch.estate.looking import Looking, errands, look


@dataclass
class Account:
    """An account whose answers are given, or raised."""

    answers: dict[str, Any] = field(default_factory=dict)
    account: str = "111122223333"
    partition: str = "aws"
    region: str = "eu-central-1"
    caller: str = "arn:aws:iam::111122223333:role/reader"

    def call(self, service: str, operation: str, /, *, region: str | None = None, **params: Any) -> dict[str, Any]:
        found = self.answers[f"{service}:{operation}"]
        if isinstance(found, Exception):
            raise found
        return dict(found)

    def pages(
        self, service: str, operation: str, key: str, /, *, region: str | None = None, **params: Any
    ) -> list[dict[str, Any]]:
        return list(self.call(service, operation, **params)[key])

    def anonymous(self) -> Aws:
        raise NotImplementedError

    def assuming(self, role: str, session: str) -> Aws:
        raise NotImplementedError

    def at(self, region: str) -> Aws:
        return Account(self.answers, self.account, self.partition, region)


@dataclass
class Buckets:
    """A collector of buckets and their policies."""

    SCOPE: Scope = Scope.ACCOUNT
    PERMISSIONS: tuple[str, ...] = ("s3:ListAllMyBuckets", "s3:GetBucketPolicy")

    def collect(self, look: Look) -> Iterator[Thing]:
        listed = look.list("s3", "ListBuckets", "Buckets", of="s3")
        if unseen(listed):
            return
        yield from look.each(lambda bucket: self.one(look, bucket), listed)

    def one(self, look: Look, bucket: dict[str, Any]) -> Thing:
        arn = f"arn:{look.partition}:s3:::{bucket['Name']}"
        policy = look.ask("s3", "GetBucketPolicy", of=arn, none=("NoSuchBucketPolicy",), Bucket=bucket["Name"])
        return Thing("s3/bucket", arn, {**bucket, "Policy": policy})


def account(**policy: Any) -> Account:
    return Account({"s3:ListBuckets": {"Buckets": [{"Name": "a"}, {"Name": "b"}]}, "s3:GetBucketPolicy": policy})


def seen(aws: Account, collector: Any = None) -> Any:
    collectors: dict[str, Collector] = {"s3": collector or Buckets()}
    (only,) = look(list(errands(collectors, [aws], ["eu-central-1"])), asking=patient())
    return only


def patient() -> Asking:
    """A way to ask that waits without waiting."""
    return Asking(wait=lambda _: None)


def test_what_there_is_stands_there_and_what_there_is_not_is_none() -> None:
    found = seen(account(Policy="{}"))
    assert [(thing.arn, thing.data["Policy"]) for thing in found.things] == [
        ("arn:aws:s3:::a", {"Policy": "{}"}),
        ("arn:aws:s3:::b", {"Policy": "{}"}),
    ]
    aws = account()
    aws.answers["s3:GetBucketPolicy"] = AwsAbsent("s3:GetBucketPolicy", "NoSuchBucketPolicy", "none")
    found = seen(aws)
    assert [thing.data["Policy"] for thing in found.things] == [None, None]
    assert found.unknowns == ()


@pytest.mark.parametrize(
    ("error", "permission"),
    [
        (AwsDenied("s3:GetBucketPolicy", "AccessDenied", "no"), "s3:GetBucketPolicy"),
        (AwsDenied("s3:GetBucketPolicy", "InvalidClientTokenId", "no policy mends that"), None),
        (AwsError("s3:GetBucketPolicy", "SlowDown", "later"), None),
        (AwsAbsent("s3:GetBucketPolicy", "NoSuchBucket", "deleted"), None),
    ],
)
def test_what_could_not_be_seen_is_marked_and_told_with_the_permission(error: AwsError, permission: str | None) -> None:
    aws = account()
    aws.answers["s3:GetBucketPolicy"] = error
    found = seen(aws)
    assert [unseen(thing.data["Policy"]) for thing in found.things] == [f"s3:GetBucketPolicy: {error.code}"] * 2
    assert {(one.permission, one.of) for one in found.unknowns} == {
        (permission, "arn:aws:s3:::a"),
        (permission, "arn:aws:s3:::b"),
    }


def test_a_list_that_is_refused_names_the_permission_by_its_own_name() -> None:
    found = seen(Account({"s3:ListBuckets": AwsDenied("s3:ListBuckets", "AccessDenied", "no")}))
    assert [(one.operation, one.permission) for one in found.unknowns] == [("s3:ListBuckets", "s3:ListAllMyBuckets")]


def test_a_defect_of_one_collector_is_an_unknown_and_the_others_go_on() -> None:
    class Broken(Buckets):
        def collect(self, look: Look) -> Iterator[Thing]:
            raise ZeroDivisionError("oops")

    todo = list(errands({"broken": Broken(), "s3": Buckets()}, [account(Policy="{}")], ["eu-central-1"]))
    broken, fine = look(todo)
    assert broken.unknowns[0].why == "a defect of stanch: ZeroDivisionError: oops"
    assert len(fine.things) == 2


def test_what_was_told_before_a_defect_is_still_told() -> None:
    class Breaks(Buckets):
        def collect(self, look: Look) -> Iterator[Thing]:
            look.ask("s3", "GetBucketPolicy", of="arn:aws:s3:::a", Bucket="a")
            yield Thing("s3/bucket", "arn:aws:s3:::a", {})
            raise AwsDenied("s3:ListBuckets", "AccessDenied", "raised where it should have been asked for")

    aws = account()
    aws.answers["s3:GetBucketPolicy"] = AwsDenied("s3:GetBucketPolicy", "AccessDenied", "no")
    found = seen(aws, Breaks())
    assert [one.code for one in found.unknowns] == ["AccessDenied", "Defect"]
    assert found.account == "111122223333"


def test_an_account_that_does_not_answer_is_one_unknown() -> None:
    class Down(Account):
        @property
        def account(self) -> str:
            raise AwsUnreachable("sts:GetCallerIdentity", "EndpointConnectionError", "no answer")

        @account.setter
        def account(self, value: str) -> None:
            """Nobody knows it."""

    found = seen(Down())
    assert (found.things, [one.code for one in found.unknowns]) == ((), ["EndpointConnectionError"])


def test_a_gap_is_told_with_its_place() -> None:
    aws = account()
    aws.answers["s3:GetBucketPolicy"] = AwsDenied("s3:GetBucketPolicy", "AccessDenied", "no")
    regional = Buckets(SCOPE=Scope.REGION)
    places = {(one.account, one.region, one.collector) for one in seen(aws).unknowns + seen(aws, regional).unknowns}
    assert places == {("111122223333", None, "s3"), ("111122223333", "eu-central-1", "s3")}


def test_a_region_that_lacks_the_service_has_nothing_of_it_and_no_gap() -> None:
    class Macie(Buckets):
        def collect(self, look: Look) -> Iterator[Thing]:
            yield Thing("macie2/account", "arn", {"Session": look.ask("macie2", "GetMacieSession", of="macie2")})

    nowhere = AwsUnreachable("macie2:GetMacieSession", "EndpointConnectionError", "no address")
    aws = Account({"macie2:GetMacieSession": nowhere}, region="eu-central-2")
    (found,) = look(list(errands({"macie2": Macie(SCOPE=Scope.REGION)}, [aws], ["eu-central-2"])))
    assert (found.account, found.things, found.unknowns) == ("111122223333", (), ())
    (found,) = look(list(errands({"macie2": Macie()}, [aws], ["eu-central-2"])))
    assert len(found.unknowns) == 1, "what belongs to the account has no region that could lack it"


def test_who_never_subscribed_has_none_and_an_old_region_that_lacks_a_call_too() -> None:
    for code in ("SubscriptionRequiredException", "UnknownOperationException"):
        found = seen(Account({"s3:ListBuckets": AwsError("s3:ListBuckets", code, "not here")}))
        assert (found.things, found.unknowns) == ((), ())


def test_credentials_that_expire_end_the_whole_look_with_one_line() -> None:
    aws = account()
    aws.answers["s3:GetBucketPolicy"] = AwsDenied(
        "s3:GetBucketPolicy", "ExpiredToken", "The provided token has expired"
    )
    collectors: dict[str, Collector] = {"s3": Buckets(), "again": Buckets()}
    told: list[Any] = []
    with pytest.raises(Over, match="renew them and run the same line again"):
        look(list(errands(collectors, [aws], ["eu-central-1"])), told.append, patient())
    assert told == []


def test_a_network_that_goes_down_ends_the_whole_look() -> None:
    aws = account()
    aws.answers["s3:ListBuckets"] = {"Buckets": [{"Name": str(number)} for number in range(MOST_SILENT + 5)]}
    down = AwsUnreachable("s3:GetBucketPolicy", "ConnectTimeoutError", "no answer; check the network")
    aws.answers["s3:GetBucketPolicy"] = down
    with pytest.raises(Over, match="check the network"):
        seen(aws)


def test_a_regional_service_is_looked_at_in_each_region_and_a_global_one_once() -> None:
    collectors: dict[str, Collector] = {"s3": Buckets(), "ec2": Buckets(SCOPE=Scope.REGION)}
    homes = [account(), Account(account="222233334444")]
    todo = [(e.collector, e.aws.account, e.region, e.aws.region) for e in errands(collectors, homes, ["r1", "r2"])]
    assert todo == [
        (collector, number, region, region or "eu-central-1")
        for number in ("111122223333", "222233334444")
        for collector, region in (("s3", None), ("ec2", "r1"), ("ec2", "r2"))
    ]


def test_things_come_in_their_order_whichever_answers_first() -> None:
    with ThreadPoolExecutor(4) as pool:
        looking = Looking(account(), pool)
        assert list(looking.each(lambda number: number * 2, range(50))) == list(range(0, 100, 2))


def test_a_code_that_means_several_things_is_none_only_with_its_message() -> None:
    none = ("AccessDeniedException: Macie is not enabled",)
    with ThreadPoolExecutor(1) as pool:
        for message, is_none in (("Macie is not enabled", True), ("User is not authorized", False)):
            refusal = AwsDenied("macie2:GetMacieSession", "AccessDeniedException", message)
            looking = Looking(Account({"macie2:GetMacieSession": refusal}), pool)
            told = looking.ask("macie2", "GetMacieSession", of="macie2", none=none)
            assert (told is None) is is_none
            assert (looking.unknowns == []) is is_none


@pytest.mark.parametrize(
    ("operation", "code", "permission"),
    [("ecs:DescribeServices", "MISSING", None), ("kms:Decrypt", "AccessDeniedException", "kms:Decrypt")],
)
def test_a_failure_told_inside_an_answer_is_an_unknown_too(operation: str, code: str, permission: str | None) -> None:
    with ThreadPoolExecutor(1) as pool:
        looking = Looking(Account(), pool)
        assert unseen(looking.failed(operation, code, of="arn:thing", why="told")) == f"{operation}: {code}"
    assert [(one.operation, one.permission, one.of) for one in looking.unknowns] == [
        (operation, permission, "arn:thing")
    ]
