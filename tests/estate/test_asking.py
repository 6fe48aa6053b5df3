"""Whoever is throttled waits for a turn; whoever is answered goes faster again; some refusals end everything."""

from collections.abc import Callable
from typing import Any

import pytest

from stanch.contracts.aws import AwsDenied, AwsError, AwsUnreachable
from stanch.estate.asking import FIRST_PAUSE, LONGEST_PAUSE, MOST_SILENT, TRIES, Asking, Over, refused

IAM = ("111122223333", "eu-central-1", "iam")
S3 = ("111122223333", "eu-central-1", "s3")
THROTTLED = AwsError("iam:GetRole", "Throttling", "Rate exceeded")


class Clock:
    """Time that passes by waiting alone."""

    def __init__(self) -> None:
        self.now = 0.0
        self.waits: list[float] = []

    def wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds


def failing(times: int, error: AwsError = THROTTLED) -> Callable[[], str]:
    left = [error] * times

    def call() -> str:
        if left:
            raise left.pop()
        return "answer"

    return call


def test_a_throttled_question_is_asked_again_after_ever_longer_pauses() -> None:
    clock = Clock()
    slow: list[str] = []
    asking = Asking(slow.append, clock.wait, lambda: clock.now)
    assert asking.answer(IAM, failing(7)) == "answer"
    assert clock.waits == [FIRST_PAUSE, 1.0, 2.0, 4.0, LONGEST_PAUSE, LONGEST_PAUSE, LONGEST_PAUSE]
    assert slow == ["iam in eu-central-1"]


def test_after_being_throttled_questions_are_apart_until_answers_come_easily() -> None:
    clock = Clock()
    asking = Asking(wait=clock.wait, clock=lambda: clock.now)
    asking.answer(IAM, failing(1))
    clock.waits.clear()
    for _ in range(15):
        asking.answer(IAM, failing(0))
    assert clock.waits[0] > clock.waits[5] > 0
    clock.waits.clear()
    asking.answer(IAM, failing(0))
    assert clock.waits == []


def test_questions_that_were_under_way_together_slow_the_service_once() -> None:
    clock = Clock()
    asking = Asking(wait=clock.wait, clock=lambda: clock.now)

    def meanwhile() -> str:
        clock.now += 1
        asking.answer(IAM, failing(1))
        raise THROTTLED

    calls = [failing(0), meanwhile]

    def call() -> str:
        return calls.pop()()

    assert asking.answer(IAM, call) == "answer"
    assert max(clock.waits) == FIRST_PAUSE


def test_one_service_that_throttles_slows_no_other() -> None:
    clock = Clock()
    asking = Asking(wait=clock.wait, clock=lambda: clock.now)
    asking.answer(IAM, failing(3))
    clock.waits.clear()
    asking.answer(S3, failing(0))
    assert clock.waits == []


def test_who_is_throttled_without_end_gives_up_with_aws_own_word() -> None:
    clock = Clock()
    with pytest.raises(AwsError, match="Rate exceeded") as caught:
        Asking(wait=clock.wait, clock=lambda: clock.now).answer(IAM, failing(TRIES))
    assert not isinstance(caught.value, Over)


@pytest.mark.parametrize(
    ("error", "remedy"),
    [
        (AwsDenied("s3:X", "ExpiredToken", "expired"), "renew them"),
        (AwsDenied("ec2:X", "RequestExpired", "Request has expired."), "clock"),
        (AwsError("s3:X", "RequestTimeTooSkewed", "The difference is too large."), "clock"),
        (AwsDenied("sts:X", "SignatureDoesNotMatch", "Signature expired: 2026 is now earlier than"), "clock"),
        (AwsError("sts:X", "UnauthorizedSSOTokenError", "the SSO session has expired"), "log in again"),
    ],
)
def test_what_no_further_question_can_mend_ends_all_questions(error: AwsError, remedy: str) -> None:
    asking = Asking()
    with pytest.raises(Over, match=remedy):
        asking.answer(S3, failing(1, error))
    with pytest.raises(Over, match=remedy):
        asking.answer(IAM, pytest.fail)


def test_silence_of_everything_is_the_network_and_a_single_answer_says_it_is_not() -> None:
    asking, silent = Asking(), AwsUnreachable("s3:X", "ReadTimeoutError", "no answer; check the network")

    def ask(times: int) -> Any:
        for _ in range(times):
            with pytest.raises(AwsUnreachable):
                asking.answer(S3, failing(1, silent))

    ask(MOST_SILENT - 1)
    assert asking.answer(S3, failing(0)) == "answer"
    ask(MOST_SILENT - 1)
    with pytest.raises(Over, match="check the network"):
        asking.answer(S3, failing(1, silent))


def test_whoever_has_no_name_at_the_first_question_is_told_where_to_look() -> None:
    told = refused(AwsDenied("sts:GetCallerIdentity", "InvalidClientTokenId", "The security token is invalid."))
    assert str(told).startswith("sts:GetCallerIdentity: InvalidClientTokenId: the credentials are not valid here")
    other = AwsUnreachable("sts:GetCallerIdentity", "NoCredentials", "no AWS credentials found; set AWS_PROFILE")
    assert refused(other) is other
