"""An inference gateway on this machine, over real HTTP: LiteLLM's calls on keys, their shapes and their errors.

Source of the shapes: the proxy's own OpenAPI document and `key_management_endpoints.py`, main branch.
"""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from stanch.contracts.action import Case
from stanch.contracts.aws import Aws
from stanch.domain.estate import Gateway, Perimeter
from stanch.domain.step import Step
from stanch.web.gateway import GatewayDoor
from tests.ground import Listening, planned

MASTER = "sk-master-0123456789"
VARIABLE = "GATEWAY_ADMIN_KEY"
SILENT = -1
"""The status of a gateway that takes a request and says nothing."""


@dataclass(frozen=True)
class Said:
    """An answer out of turn: a status, a body as it is sent, and headers."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass
class LiteLlm:
    """The gateway's keys by hash, what was asked of it, and what it says next instead of an answer."""

    url: str = ""
    keys: dict[str, dict[str, Any]] = field(default_factory=dict)
    asked: list[tuple[str, str, Mapping[str, Any], Mapping[str, str]]] = field(default_factory=list)
    next: list[Said] = field(default_factory=list)
    awake: threading.Event = field(default_factory=threading.Event)

    def key(self, **terms: Any) -> str:
        """The hash of a new key."""
        token = sha256(f"sk-{len(self.keys)}".encode()).hexdigest()
        info = {"key_name": f"sk-...{len(self.keys):04}", "blocked": None, "rpm_limit": None, "tpm_limit": None}
        self.keys[token] = {**info, "spend": 0.0, "models": [], **terms}
        return token

    @property
    def gateway(self) -> Gateway:
        return Gateway(name="inference", url=self.url, secret=VARIABLE)

    def door(self, secret: str | None = MASTER) -> GatewayDoor:
        return GatewayDoor(self.gateway, {} if secret is None else {VARIABLE: secret}, sleep=lambda _: None)

    def arn(self, token: str) -> str:
        return f"arn:gateway:litellm:inference::key/{token}"

    def responder(self) -> Listening:
        return Attentive(self.door())

    def planned(self, action: str, resource: str, aws: Aws | None = None, case: Case | None = None) -> Step:
        return planned(action, resource, aws or self.responder(), case or self.case())

    def case(self) -> Case:
        return Case("inc-20261122-ab12", datetime.now(UTC), Perimeter(), responder="")

    def answer(self, method: str, path: str, given: Mapping[str, Any], headers: Mapping[str, str]) -> tuple[int, Any]:
        self.asked.append((method, path, given, headers))
        if headers.get("Authorization") != f"Bearer {MASTER}":
            told = f"Authentication Error, Invalid proxy server token passed. Received = {headers.get('Authorization')}"
            return 401, error(401, "auth_error", told)
        if (method, path) == ("GET", "/key/list"):
            tokens = [token for token, info in self.keys.items() if info.get("key_alias") == given.get("key_alias")]
            return 200, {"keys": tokens, "total_count": len(tokens), "current_page": 1, "total_pages": 1}
        token = str(given.get("key"))
        if token not in self.keys:
            return 404, error(404, "not_found_error", f"Key not found in database: {token}")
        match method, path:
            case "GET", "/key/info":
                return 200, {"key": token, "info": self.keys[token]}
            case "POST", "/key/block" | "/key/unblock":
                self.keys[token]["blocked"] = path == "/key/block"
                return 200, {"token": token, **self.keys[token]}
            case "POST", "/key/update":
                self.keys[token] |= {name: value for name, value in given.items() if name != "key"}
                return 200, {"key": token, **self.keys[token]}
        return 405, {"detail": "Method Not Allowed"}


class Attentive(Listening):
    """Notes no permissions, for a gateway knows no IAM, and calls looking `Get`, as AWS does."""

    def _note(self, service: str, operation: str) -> None:
        looking = "Get" if operation in ("KeyInfo", "KeyList") else ""
        self.before_call(f"{service}:{looking}{operation}")


def error(code: int, kind: str, message: str) -> dict[str, Any]:
    """An error as the proxy writes it."""
    return {"error": {"message": message, "type": kind, "param": "key", "code": str(code)}}


@contextmanager
def serving() -> Iterator[LiteLlm]:
    """The gateway on a free port of this machine, until the block ends."""
    gateway = LiteLlm()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            address = urlsplit(self.path)
            self._answer(address.path, dict(parse_qsl(address.query)))

        def do_POST(self) -> None:
            self._answer(self.path, json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

        def _answer(self, path: str, given: Mapping[str, Any]) -> None:
            if gateway.next:
                said = gateway.next.pop(0)
                gateway.asked.append((self.command, path, given, dict(self.headers)))
            else:
                status, body = gateway.answer(self.command, path, given, dict(self.headers))
                said = Said(status, json.dumps(body).encode())
            if said.status == 0:  # hangs up without a word
                self.close_connection = True
                return
            if said.status == SILENT:
                gateway.awake.wait()
                return
            self.send_response(said.status)
            for name, value in {"Content-Length": str(len(said.body)), **said.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(said.body)

        def log_message(self, *_: Any) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    gateway.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield gateway
    finally:
        gateway.awake.set()
        server.shutdown()
        server.server_close()
        thread.join()
