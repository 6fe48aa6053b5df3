"""Every AWS API request names a service, an operation and its parameters, each protocol in its own way.

The service models decide, as they do in the SDK that sent the request.
"""

import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from botocore.exceptions import UnknownServiceError
from moto.core.model import OperationModel
from moto.core.parse import PROTOCOL_PARSERS, RequestDict, RequestParserError
from moto.core.request import Request, determine_request_protocol
from moto.core.routing import get_service_router
from moto.core.utils import get_service_model
from werkzeug.exceptions import HTTPException

DEFAULT_REGION = "us-east-1"

SIGNING_NAMES = {
    "access-analyzer": "accessanalyzer",
    "elasticloadbalancing": "elbv2",
    "monitoring": "cloudwatch",
    "email": "ses",
    "eventbridge": "events",
    "sso": "sso-admin",
    "states": "stepfunctions",
    "tagging": "resourcegroupstaggingapi",
}
"""Names in a credential scope that are not the SDK's name of the service."""


@dataclass(frozen=True)
class Http:
    """One HTTP request, its body read whole so that it can be signed, parsed and passed on."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    environ: Mapping[str, Any] = field(repr=False)

    @classmethod
    def read(cls, environ: dict[str, Any]) -> "Http":
        """From a WSGI environment; the body is put back for the next reader."""
        request = Request(environ)
        body = request.get_data(cache=True, parse_form_data=False)
        environ["wsgi.input"] = io.BytesIO(body)
        environ["CONTENT_LENGTH"] = str(len(body))
        headers = {name.lower(): value for name, value in request.headers.items()}
        target = urlsplit("http://range" + str(environ.get("RAW_URI") or environ.get("PATH_INFO", "/")))
        return cls(request.method, target.path, environ.get("QUERY_STRING", ""), headers, body, environ)

    @cached_property
    def arguments(self) -> dict[str, str]:
        """The query string, decoded; a name without a value has the value ""."""
        return dict(parse_qsl(self.query, keep_blank_values=True))

    @property
    def scope(self) -> tuple[str, ...]:
        """Access key, date, region, service and terminator of the signature; empty when there is no signature."""
        credential = self.arguments.get("X-Amz-Credential", "")
        for part in self.headers.get("authorization", "").removeprefix("AWS4-HMAC-SHA256").split(","):
            if part.strip().startswith("Credential="):
                credential = part.strip().removeprefix("Credential=")
        parts = tuple(credential.split("/"))
        return parts if len(parts) == 5 else ()

    def request(self) -> Request:
        """A fresh reader over the same bytes."""
        return Request({**self.environ, "wsgi.input": io.BytesIO(self.body)})


@dataclass(frozen=True)
class Call:
    """One API call.

    `service` and `operation` are botocore's names; `parameters` has the service model's shapes and names; `region` is
    that of the signature, or the SDK's default.
    """

    http: Http
    service: str
    operation: str
    region: str
    parameters: Mapping[str, Any]
    protocol: str

    @property
    def model(self) -> OperationModel:
        """The service model's word on this operation."""
        model: OperationModel = get_service_model(self.service).operation_model(self.operation)
        return model

    @property
    def prefix(self) -> str:
        """The name of the service in IAM actions and in CloudTrail: `s3`, `elasticloadbalancing`."""
        if self.service == "s3control":
            return "s3"
        # ECR and SageMaker answer at `api.ecr`, `api.sagemaker`.
        return str(get_service_model(self.service).endpoint_prefix).removeprefix("api.")

    def text(self, *names: str) -> str | None:
        """The first of these parameters that was sent as text."""
        return next((value for name in names if isinstance(value := self.parameters.get(name), str) and value), None)


class UnknownCallError(ValueError):
    """No service model knows this request, or can read its parameters."""


def read_call(http: Http) -> Call:
    """Which call is it? Raises UnknownCallError."""
    service = _service(http)
    request = http.request()
    try:
        model = get_service_model(service)
        protocol = determine_request_protocol(model, request.content_type)
        operation, labels = get_service_router(service).match(request)
    except (UnknownServiceError, HTTPException, NotImplementedError) as error:
        raise UnknownCallError(f"{http.method} {unquote(http.path)} is no call of {service}") from error
    parser = PROTOCOL_PARSERS[protocol](operation)
    sent: RequestDict = {
        "method": http.method,
        "values": request.values,
        "headers": request.headers,
        "body": request.get_data(),
        "url_path": request.path,
        "url_params": labels,
    }
    try:
        parameters = parser.parse(sent)
    except (RequestParserError, ValueError) as error:
        raise UnknownCallError(f"the parameters of {operation.name} cannot be read") from error
    region = http.scope[2] if http.scope else DEFAULT_REGION
    return Call(http, service, operation.name, region, parameters, protocol)


def _service(http: Http) -> str:
    if not http.scope:
        form = dict(parse_qsl(http.body.decode("utf-8", "replace"))) if http.method == "POST" else {}
        return "sts" if form.get("Action", "").startswith("AssumeRoleWith") else "s3"
    name = http.scope[3].lower()
    if name == "s3" and http.path.startswith("/v20180820/"):
        return "s3control"
    return SIGNING_NAMES.get(name, name)
