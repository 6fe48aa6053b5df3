"""AWS throttles whoever asks too much: then each question waits its turn. Some refusals are the end of all questions.

Throttling is by account, region and service, so each of these has a pace of its own. Source: "Throttling", in the API
references of IAM, EC2 and S3.
"""

import threading
import time
from collections.abc import Callable
from typing import TypeVar

from stanch.aws.regions import served
from stanch.contracts.aws import AwsError, AwsUnreachable

R = TypeVar("R")
Key = tuple[str, str, str]
"""Account, region, service."""

TRIES = 20
"""How often a throttled question is asked, each time after the SDK has given up by itself."""
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 8.0
"""Seconds between two questions once AWS throttles; doubled each time, and less again with each answer."""
_EASED, _NO_PAUSE = 0.8, 0.05
MOST_SILENT = 20
"""Questions in a row, of all there are, that nobody answers: then it is the network."""

_THROTTLED = {
    "429",
    "503",
    "PriorRequestNotComplete",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "ServiceUnavailable",
    "SlowDown",
    "ThrottledException",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
}
_EXPIRED = "the credentials have expired; renew them and run the same line again"
_CLOCK = "this machine's clock is wrong by more than five minutes; set it, then run the same line again"
_LOGIN = "the session of the profile has ended; log in again (aws sso login), then run the same line"
_OVER = {
    "CredentialRetrievalError": "the profile's credentials cannot be fetched; try its command by hand, see --profile",
    "ExpiredToken": _EXPIRED,
    "ExpiredTokenException": _EXPIRED,
    "RequestExpired": f"{_EXPIRED}, or set this machine's clock",
    "RequestTimeTooSkewed": _CLOCK,
    "SSOTokenLoadError": _LOGIN,
    "TokenRefreshRequired": _EXPIRED,
    "TokenRetrievalError": _LOGIN,
    "UnauthorizedSSOTokenError": _LOGIN,
}
"""Codes after which no question is answered any more, whichever is asked, with the remedy."""
_WRONG_TIME = ("Signature expired", "Signature not yet current")
_NOT_VALID = {
    "AuthFailure",
    "IncompleteSignature",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "InvalidToken",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
}
_NO_ADDRESS = "EndpointConnectionError"
_ELSEWHERE = "see --profile, and whether the region is of their partition and enabled in their account"


class Over(AwsError):
    """No further question makes sense; the message holds the remedy."""


class NotHere(AwsUnreachable):
    """The region does not have the service at all."""


class Asking:
    """One look's way to ask: shared by all its collectors, of all accounts and regions."""

    def __init__(
        self,
        on_slow: Callable[[str], None] = lambda _: None,
        wait: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`on_slow` is told once of each service in a region that throttles."""
        self._on_slow, self._wait, self._clock = on_slow, wait, clock
        self._lock = threading.Lock()
        self._pauses: dict[Key, float] = {}
        self._next: dict[Key, float] = {}
        self._slowed: dict[Key, float] = {}
        self._silent = 0
        self._over: Over | None = None

    def answer(self, key: Key, call: Callable[[], R]) -> R:
        """What `call` returns, asked again while AWS throttles. Raises its AwsError, Over, or NotHere."""
        for left in reversed(range(TRIES)):
            began = self._take_turn(key)
            try:
                answer = call()
            except AwsError as error:
                if error.code in _THROTTLED and left:
                    self._slow_down(key, began)
                    continue
                self._heard(error, key)
                raise
            self._ease(key)
            return answer
        raise AssertionError("the last try has returned or raised")

    def _take_turn(self, key: Key) -> float:
        """Wait until it is this question's turn; when that is."""
        with self._lock:
            if self._over:
                raise self._over
            now = self._clock()
            at = max(now, self._next.get(key, now))
            self._next[key] = at + self._pauses.get(key, 0.0)
        if at > now:
            self._wait(at - now)
        return at

    def _slow_down(self, key: Key, began: float) -> None:
        """Once for all questions that were under way together: what they met is one and the same."""
        with self._lock:
            self._silent = 0
            first = key not in self._pauses
            if began < self._slowed.get(key, began):
                return
            self._slowed[key] = self._clock()
            self._pauses[key] = min(max(self._pauses.get(key, 0.0) * 2, FIRST_PAUSE), LONGEST_PAUSE)
            self._next[key] = max(self._next.get(key, 0.0), self._clock() + self._pauses[key])
        if first:
            self._on_slow(f"{key[2]} in {key[1]}")

    def _ease(self, key: Key) -> None:
        with self._lock:
            self._silent = 0
            if key in self._pauses:
                eased = self._pauses[key] * _EASED
                self._pauses[key] = eased if eased > _NO_PAUSE else 0.0

    def _heard(self, error: AwsError, key: Key) -> None:
        """Decide what a failure means for all that is still to be asked."""
        unanswered = isinstance(error, AwsUnreachable)
        if error.code == _NO_ADDRESS and not served(key[2], key[1]):
            raise NotHere(error.operation, error.code, error.message) from error
        with self._lock:
            self._silent = self._silent + 1 if unanswered else 0
            ending = over(error)
            if ending is None and self._silent >= MOST_SILENT:
                ending = Over(error.operation, error.code, error.message)
            self._over = self._over or ending
            if self._over:
                raise self._over from error


def over(error: AwsError) -> Over | None:
    """The failure with its remedy when it ends all questions, whichever was asked; None for every other."""
    if error.code in _OVER:
        return Over(error.operation, error.code, _OVER[error.code])
    if error.message.startswith(_WRONG_TIME):
        return Over(error.operation, error.code, _CLOCK)
    return None


def refused(error: AwsError) -> AwsError:
    """The failure of the very first question, with its remedy: whoever has no name here cannot ask anything."""
    if error.code in _NOT_VALID and over(error) is None:
        return Over(error.operation, error.code, f"the credentials are not valid here; {_ELSEWHERE}")
    return over(error) or error
