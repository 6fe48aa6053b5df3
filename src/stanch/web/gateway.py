"""An inference gateway keeps keys of its own, which no IAM policy reaches; it is asked over HTTP, with an admin's key.

The calls are LiteLLM's (proxy, key management): /key/info, /key/list, /key/block, /key/unblock, /key/update.
"""

import os
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache, partial
from typing import Any

import httpx
import tenacity

from stanch.contracts.aws import Aws, AwsAbsent, AwsDenied, AwsError, AwsUnreachable
from stanch.domain.estate import Gateway

TRIES = 4
"""How often a call is made where the network or the gateway falters; each of these calls may be made twice."""
_CONNECT_SECONDS = 5.0
_ANSWER_SECONDS = 15.0
_LONGEST_PAUSE = 5.0
_LARGEST = 1 << 20
"""Bytes of an answer; a key's description has some thousand."""
_SHOWN = 200
"""Characters of the gateway's own words in an error."""
_PASSING = (429, 502, 503, 504)
_OPERATIONS = {
    "KeyInfo": ("GET", "/key/info"),
    "KeyList": ("GET", "/key/list"),
    "KeyBlock": ("POST", "/key/block"),
    "KeyUnblock": ("POST", "/key/unblock"),
    "KeyUpdate": ("POST", "/key/update"),
}
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


class _Faltered(Exception):
    """The gateway asks for patience: this status, worth another try."""

    def __init__(self, answer: httpx.Response) -> None:
        super().__init__(str(answer.status_code))
        self.answer = answer


@dataclass(frozen=True)
class GatewayDoor:
    """Implements `contracts.aws.Aws` for one gateway: `call("litellm", "KeyBlock", key=HASH)`.

    Its own secret is read from the environment variable that the estate names, at each call, and is kept nowhere.
    `seconds` is how long an answer may take.
    """

    gateway: Gateway
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ, repr=False, compare=False)
    sleep: Callable[[float], None] = field(default=time.sleep, repr=False, compare=False)
    seconds: float = _ANSWER_SECONDS
    known: bool = True

    @property
    def partition(self) -> str:
        """No partition of AWS."""
        return "gateway"

    @property
    def region(self) -> str:
        """The gateway's name in the estate."""
        return self.gateway.name

    @property
    def account(self) -> str:
        """None: a gateway has no accounts."""
        return ""

    @property
    def caller(self) -> str:
        """Who acts, as far as the gateway tells people apart."""
        return f"gateway:{self.gateway.name}"

    def call(self, service: str, operation: str, /, *, region: str | None = None, **params: Any) -> dict[str, Any]:
        """See `contracts.aws.Aws.call`; raises AwsError in the same four kinds."""
        name = f"{service}:{operation}"
        if service != self.gateway.kind or operation not in _OPERATIONS:
            raise AwsError(name, "UnknownOperation", f"a gateway of the kind {self.gateway.kind} has no such call")
        return _read(name, self._answered(name, *_OPERATIONS[operation], params))

    def pages(
        self, service: str, operation: str, key: str, /, *, region: str | None = None, **params: Any
    ) -> list[dict[str, Any]]:
        """The items of one answer."""
        return list(self.call(service, operation, **params).get(key) or ())

    def anonymous(self) -> "GatewayDoor":
        """The same gateway without its secret."""
        return replace(self, known=False)

    def assuming(self, role: str, session: str) -> Aws:
        """A gateway has no roles."""
        raise AwsDenied("sts:AssumeRole", "NoRoles", f"the gateway {self.gateway.name} knows no role {role}")

    def at(self, region: str) -> "GatewayDoor":
        """A gateway is in one place."""
        return self

    def _answered(self, name: str, method: str, path: str, params: Mapping[str, Any]) -> httpx.Response:
        url, secret = _address(name, self.gateway.url) + path, self._secret(name)
        sent = {"params": params} if method == "GET" else {"json": params}
        headers = {"Authorization": f"Bearer {secret}"} if secret else {}
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type((httpx.TransportError, _Faltered)),
            stop=tenacity.stop_after_attempt(TRIES),
            wait=tenacity.wait_random_exponential(multiplier=0.2, max=_LONGEST_PAUSE),
            sleep=self.sleep,
            reraise=True,
        )
        try:
            answer: httpx.Response = retrying(partial(_sent, method, url, self.seconds, headers=headers, **sent))
        except _Faltered as error:
            answer = error.answer
        except (httpx.RequestError, httpx.InvalidURL) as error:
            told = f"{type(error).__name__}; is {self.gateway.url} the gateway, and does the network lead there?"
            raise AwsUnreachable(name, type(error).__name__, told) from None  # its cause may hold what was sent
        _refuse(name, answer, secret)
        return answer

    def _secret(self, name: str) -> str:
        if not self.known:
            return ""
        secret = self.environ.get(self.gateway.secret, "").strip()
        if not secret:
            remedy = (
                f"the environment variable {self.gateway.secret} is not set: put an admin's key of the gateway there"
            )
            raise AwsUnreachable(name, "NoSecret", remedy)
        if not secret.isascii() or not secret.isprintable():
            raise AwsUnreachable(name, "BadSecret", f"{self.gateway.secret} holds no key, but strange characters")
        return secret


def _address(name: str, url: str) -> str:
    """The gateway's address, if a key in clear does not cross a network to reach it."""
    parsed = httpx.URL(url)
    if parsed.scheme == "https" or (parsed.scheme == "http" and parsed.host in _LOOPBACK):
        return url.rstrip("/")
    raise AwsUnreachable(name, "NotEncrypted", f"{parsed.host} is not asked over {parsed.scheme}: only over https")


@cache
def _trusted(_file: str | None, _folder: str | None) -> ssl.SSLContext:
    """Whom the environment trusts. To read all of its authorities takes longer than most calls do."""
    return httpx.create_ssl_context()


def _sent(method: str, url: str, seconds: float, **sent: Any) -> httpx.Response:
    """One try. Proxies and private authorities of the environment count, except for what stays on this machine."""
    timeout = httpx.Timeout(seconds, connect=_CONNECT_SECONDS)
    trusted = _trusted(os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))
    away = url.startswith("https:")
    with (
        httpx.Client(timeout=timeout, follow_redirects=False, trust_env=away, verify=trusted) as client,
        client.stream(method, url, **sent) as streamed,
    ):
        body = bytearray()
        for piece in streamed.iter_bytes():
            body += piece
            if len(body) > _LARGEST:
                raise httpx.DecodingError("the answer is too long")
    answer = httpx.Response(streamed.status_code, content=bytes(body))
    if answer.status_code in _PASSING:
        raise _Faltered(answer)
    return answer


def _refuse(name: str, answer: httpx.Response, secret: str) -> None:
    """Raises the AwsError that a status stands for; the secret is struck from whatever the gateway says of it."""
    status, code = answer.status_code, str(answer.status_code)
    if answer.is_success:
        return
    said = _said(answer, secret)
    if answer.is_redirect:
        raise AwsUnreachable(name, code, "it leads elsewhere, and is not followed: name the gateway's own address")
    if status in (401, 403):
        raise AwsDenied(name, code, said)
    if status == httpx.codes.NOT_FOUND:
        raise AwsAbsent(name, code, said)
    raise AwsUnreachable(name, code, said) if status in _PASSING else AwsError(name, code, said)


def _said(answer: httpx.Response, secret: str) -> str:
    try:
        read = answer.json()
    except ValueError:
        return "it gave no reason"
    told = read.get("error", read.get("detail")) if isinstance(read, dict) else None
    words = told.get("message", told.get("error")) if isinstance(told, dict) else told
    text = "".join(character if character.isprintable() else " " for character in str(words or "it gave no reason"))
    return (text.replace(secret, "(secret)") if secret else text)[:_SHOWN]


def _read(name: str, answer: httpx.Response) -> dict[str, Any]:
    try:
        read = answer.json()
    except ValueError:
        read = None
    if not isinstance(read, dict):
        raise AwsUnreachable(name, "NotAGateway", "what answers is no such gateway; check its url in stanch.toml")
    return read
