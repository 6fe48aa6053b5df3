"""Every answer of AWS carries a request id, and the record of the call carries the same."""

import base64
import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from werkzeug.wrappers import Response

from stanch.range.request.call import Call

STREAMED = ("GetObject", "SelectObjectContent")
"""Calls whose answer is the caller's data: it is counted, never read."""

INVENTED = (b"request-id",)
"""Request ids that moto makes up."""


@dataclass(frozen=True)
class Outcome:
    """What came of a call. `body` is empty where it is the caller's data; `sent` counts the bytes that went out."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    sent: int
    request_id: str
    host_id: str


def stamp(response: Response, call: Call, request_id: str) -> Outcome:
    """Put the request id into the answer, and keep of the answer what the record needs."""
    host_id = base64.b64encode(secrets.token_bytes(56)).decode()
    invented = response.headers.get("x-amzn-requestid", "")
    del response.headers["x-amzn-requestid"]
    streamed = call.operation in STREAMED and response.status_code < 400
    if call.prefix == "s3":
        response.headers["x-amz-request-id"], response.headers["x-amz-id-2"] = request_id, host_id
    else:
        response.headers["x-amzn-RequestId"] = request_id
    if not streamed and call.http.method != "HEAD":
        for name in (*INVENTED, invented.encode()):
            response.set_data(response.get_data().replace(b">" + name + b"<", b">" + request_id.encode() + b"<"))
    body = b"" if streamed else response.get_data()
    sent = response.content_length or len(body)
    headers = {name.lower(): value for name, value in response.headers.items()}
    return Outcome(response.status_code, headers, body, 0 if call.http.method == "HEAD" else sent, request_id, host_id)
