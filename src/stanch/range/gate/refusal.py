"""AWS refuses in the protocol of the service that was called, with codes that SDKs know."""

import json
import secrets
from dataclasses import dataclass
from xml.sax.saxutils import escape

from stanch.range.request.call import Call

S3_CODES = {
    "InvalidClientTokenId": "InvalidAccessKeyId",
    "SignatureDoesNotMatch": "SignatureDoesNotMatch",
    "ExpiredToken": "ExpiredToken",
    "InvalidToken": "InvalidToken",
}
EC2_CODES = {
    "AccessDenied": "UnauthorizedOperation",
    "InvalidClientTokenId": "AuthFailure",
    "SignatureDoesNotMatch": "AuthFailure",
    "MissingAuthenticationToken": "AuthFailure",
    "ExpiredToken": "RequestExpired",
}
QUERY_CODES = {"InvalidToken": "InvalidClientTokenId"}


class Refusal(Exception):
    """The answer is no. `code` is IAM's own; each service's spelling of it is made when the answer is written."""

    def __init__(self, code: str, message: str, status: int = 403, encoded: bool = False) -> None:
        """`encoded`: the refused call would have changed something (EC2 then adds an encoded message)."""
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status
        self.encoded = encoded


@dataclass(frozen=True)
class Answer:
    """An HTTP answer made by the range itself."""

    status: int
    body: bytes
    content_type: str
    code: str | None = None
    message: str | None = None


def refuse(call: Call, refusal: Refusal, request_id: str) -> Answer:
    """The refusal in the words and form of the service that was called."""
    if call.protocol == "ec2":
        code = EC2_CODES.get(refusal.code, refusal.code)
        message = _ec2_message(refusal) if code == "UnauthorizedOperation" else refusal.message
        body = (
            f"<Response><Errors><Error><Code>{code}</Code><Message>{escape(message)}</Message></Error></Errors>"
            f"<RequestID>{request_id}</RequestID></Response>"
        )
        return Answer(refusal.status, body.encode(), "text/xml", code, message)
    if call.protocol == "rest-xml":
        code = S3_CODES.get(refusal.code, refusal.code)
        body = (
            f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code>'
            f"<Message>{escape(refusal.message)}</Message><RequestId>{request_id}</RequestId></Error>"
        )
        return Answer(refusal.status, body.encode(), "application/xml", code, refusal.message)
    if call.protocol == "query":
        code = QUERY_CODES.get(refusal.code, refusal.code)
        body = (
            f"<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{escape(refusal.message)}</Message>"
            f"</Error><RequestId>{request_id}</RequestId></ErrorResponse>"
        )
        return Answer(refusal.status, body.encode(), "text/xml", code, refusal.message)
    code = {"AccessDenied": "AccessDeniedException", "InvalidClientTokenId": "UnrecognizedClientException"}.get(
        refusal.code, refusal.code
    )
    json_body = json.dumps({"__type": code, "message": refusal.message}).encode()
    return Answer(400, json_body, "application/x-amz-json-1.1", code, refusal.message)


def _ec2_message(refusal: Refusal) -> str:
    message = f"You are not authorized to perform this operation. {refusal.message}"
    if refusal.encoded:
        message += f". Encoded authorization failure message: {secrets.token_urlsafe(96)}"
    return message
