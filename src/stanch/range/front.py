"""One request's way: read, identify, decide, answer, record.

Until enforcement is switched on, staging is free: a 12-digit access key is the root of that account.
"""

import json
import re
import secrets
import uuid
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.wrappers import Response

from stanch.range import metadata, patches
from stanch.range.gate.decide import decide
from stanch.range.gate.identity import ANONYMOUS, holder, identify
from stanch.range.gate.needs import needs
from stanch.range.gate.needs_lambda import account_of_function
from stanch.range.gate.needs_s3 import find_bucket
from stanch.range.gate.refusal import Answer, Refusal, refuse
from stanch.range.gate.sessions import Sessions
from stanch.range.gate.simulate import OPERATIONS, simulate
from stanch.range.recorder.delivery import Delivery
from stanch.range.recorder.outcome import stamp
from stanch.range.recorder.record import Seen, delivery_record, records
from stanch.range.request.call import Call, Http, UnknownCallError, read_call
from stanch.range.request.position import position
from stanch.range.untouched import untouched

CONTROL = "/range/"
ACCOUNT = re.compile(r"[0-9]{12}")


class Front:
    """The WSGI application of the range."""

    def __init__(self, trail: Path) -> None:
        self.sessions = Sessions()
        self.delivery = Delivery(trail)
        self._moto = DomainDispatcherApplication(create_backend_app)
        self._enforcing = False
        self._trails: frozenset[str] = frozenset()
        patches.install(self.sessions)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """One request: to the range's own controls, or to the API."""
        path = environ.get("PATH_INFO", "")
        if path.startswith(CONTROL):
            response = self._control(path.removeprefix(CONTROL), environ)
        elif path.startswith("/moto-api"):
            response = Response("the range does not offer moto's own interface\n", 404)
        else:
            response = self._api(Http.read(environ), environ)
        return response(environ, start_response)

    def _api(self, http: Http, environ: dict[str, Any]) -> Response:
        try:
            call = read_call(http)
        except UnknownCallError as error:
            return Response(f"<Error><Code>NotImplemented</Code><Message>{escape(str(error))}</Message></Error>", 501)
        if not self._enforcing:
            made = untouched(call, _request_id(call))
            account = _staging_account(http, self.sessions)
            return _written(made, call) if made else self._pass_on(call, environ, account, signed=bool(http.scope))
        bucket = find_bucket(call.text("Bucket")) if call.service == "s3" else None
        owner = str(bucket.account_id) if bucket is not None else None
        if bucket is not None:
            call = replace(call, region=str(bucket.region_name))
        at, request_id = datetime.now(UTC), _request_id(call)
        identity = holder(http.scope[0], self.sessions) if http.scope else ANONYMOUS
        place = position(http, identity.account or owner, call.region, call.prefix)
        # Before the call: afterwards the bucket or the role may be gone.
        needed = needs(call, identity) if identity.account or call.prefix == "s3" else []
        try:
            identity = identify(http, self.sessions, at)
            decide(call, identity, place, needed, at)
            answer = simulate(call, identity, request_id) if call.operation in OPERATIONS else None
            answer = answer or untouched(call, request_id)
        except Refusal as refusal:
            answer = refuse(call, refusal, request_id)
        if answer is not None:
            response = _written(answer, call)
        else:
            account = owner or account_of_function(needed) or identity.account or ""
            response = self._pass_on(call, environ, account, signed=identity is not ANONYMOUS)
        outcome = stamp(response, call, request_id)
        for account, record in records(Seen(call, identity, place, needed, outcome, at)):
            self._keep(account, record)
        return response

    def _pass_on(self, call: Call, environ: dict[str, Any], account: str, signed: bool) -> Response:
        """Let moto do it, in the account that the gate has found."""
        patches.install_for(call.service, self.sessions)
        # Without the header moto searches the account, in every partition of every account there is.
        environ["HTTP_X_MOTO_ACCOUNT_ID"] = account or DEFAULT_ACCOUNT_ID
        if not signed or "authorization" not in call.http.headers:
            # moto reads service, region and "not anonymous" from this header; the gate has already decided.
            scope = f"{account or 'anonymous'}/20000101/{call.region}/{call.prefix}/aws4_request"
            environ["HTTP_AUTHORIZATION"] = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"
        return Response.from_app(self._moto, environ)

    def _keep(self, account: str, record: dict[str, Any]) -> None:
        if not self._trails or account in self._trails:
            self.delivery.add(account, record)

    def _control(self, verb: str, environ: dict[str, Any]) -> Response:
        if verb.startswith("imds/"):
            return self._metadata(verb.removeprefix("imds/"))
        if environ["REQUEST_METHOD"] != "POST":
            return Response("use POST\n", 405)
        body = Http.read(environ).body
        if verb == "enforce":
            self._trails = frozenset(map(str, (json.loads(body or b"{}") or {}).get("trails", [])))
            self._enforcing = True
            return _json({"enforcing": True})
        if verb == "flush":
            return _json({"files": self.delivery.flush()})
        return Response("no such verb; there are: enforce, flush, imds/<instance-id>/...\n", 404)

    def _metadata(self, path: str) -> Response:
        instance_id, _, rest = path.partition("/")
        now = datetime.now(UTC)
        found = metadata.answer(instance_id, f"/{rest}", self.sessions, now)
        if found.session is not None and self._enforcing:
            self._keep(found.session.account, delivery_record(found.session, found.role, found.region, now))
        return Response(found.body, found.status, content_type="text/plain")


def _request_id(call: Call) -> str:
    return secrets.token_hex(8).upper() if call.prefix == "s3" else str(uuid.uuid4())


def _staging_account(http: Http, sessions: Sessions) -> str:
    key = http.scope[0] if http.scope else ""
    return key if ACCOUNT.fullmatch(key) else holder(key, sessions).account or ""


def _json(value: Any) -> Response:
    return Response(json.dumps(value), content_type="application/json")


def _written(answer: Answer, call: Call) -> Response:
    body = b"" if call.http.method == "HEAD" else answer.body
    return Response(body, answer.status, content_type=answer.content_type)
