"""One caller in one account and region; boto3 stays behind this door and is imported only when it opens."""

import re
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from stanch.aws.errors import WIRE, translated
from stanch.aws.legible import make_legible
from stanch.aws.models import BUILDING, share_models
from stanch.contracts.aws import AwsUnreachable

if TYPE_CHECKING:
    import boto3

# Standard mode retries throttling and 5xx with jittered backoff; a responder would rather wait than give up half-way.
_RETRIES = {"mode": "standard", "max_attempts": 5}
_CONNECT_SECONDS = 5
_READ_SECONDS = 15
# Ranges of several objects are fetched side by side; boto3's own ten connections would be closed and opened anew.
_CONNECTIONS = 32
_ACCOUNT_LABEL = re.compile(r"(?<=://)[0-9]{12}\.(?=[0-9.]+[:/]|\[)")


@dataclass(frozen=True, slots=True)
class Credentials:
    """Access key, secret and session token; the secret parts never show in a repr, a log or a traceback."""

    access_key_id: str
    secret: str = field(repr=False)
    token: str | None = field(default=None, repr=False)

    @classmethod
    def read(cls, answer: Mapping[str, Any]) -> Self:
        """From what AssumeRole, CreateAccessKey or the instance metadata service answers."""
        token = answer.get("SessionToken") or answer.get("Token")
        return cls(answer["AccessKeyId"], answer["SecretAccessKey"], token)

    def session(self, region: str) -> "boto3.Session":
        """A session that signs with them."""
        import boto3

        return boto3.Session(
            aws_access_key_id=self.access_key_id,
            aws_secret_access_key=self.secret,
            aws_session_token=self.token,
            region_name=region,
        )


def renewing(ask: Callable[[], Mapping[str, Any]], region: str) -> "boto3.Session":
    """A session that asks for new credentials before those it has end; `ask` answers as AssumeRole does."""
    import boto3
    from botocore.credentials import RefreshableCredentials
    from botocore.session import Session

    def fresh() -> dict[str, str]:
        answer = ask()
        return {
            "access_key": answer["AccessKeyId"],
            "secret_key": answer["SecretAccessKey"],
            "token": answer["SessionToken"],
            "expiry_time": answer["Expiration"].isoformat(),
        }

    inner = Session()
    inner._credentials = RefreshableCredentials.create_from_metadata(fresh(), fresh, "sts-assume-role")  # noqa: SLF001 - botocore has no public way
    return boto3.Session(botocore_session=inner, region_name=region)


@dataclass(frozen=True, slots=True)
class _Kin:
    """What the doors of one caller share in all regions: who it is."""

    asking: threading.Lock = field(default_factory=threading.Lock)
    identity: dict[str, str] = field(default_factory=dict)


class Door:
    """Implements `contracts.aws.Aws` over boto3's usual chain, or over given credentials and endpoint.

    `headers` are added to each request after signing; only the range reads them (a caller's place in its network).
    `calls` counts every operation made through this door and those derived from it.
    """

    def __init__(
        self,
        session: "boto3.Session",
        *,
        region: str,
        endpoint: str | None = None,
        unsigned: bool = False,
        headers: Mapping[str, str] | None = None,
        calls: Counter[str] | None = None,
        kin: _Kin | None = None,
    ) -> None:
        share_models(session)
        self._session = session
        self._endpoint = endpoint
        self._unsigned = unsigned
        self._headers = dict(headers or {})
        self._clients: dict[tuple[str, str], Any] = {}
        self._kin = kin or _Kin()
        self.region = region
        self.calls: Counter[str] = calls if calls is not None else Counter()

    @classmethod
    def using(
        cls,
        credentials: Credentials | None,
        *,
        region: str,
        endpoint: str | None,
        headers: Mapping[str, str] | None = None,
    ) -> Self:
        """A door for these credentials; None opens it as nobody."""
        import boto3

        session = credentials.session(region) if credentials else boto3.Session(region_name=region)
        return cls(session, region=region, endpoint=endpoint, unsigned=credentials is None, headers=headers)

    @property
    def partition(self) -> str:
        """The partition of the region, from the SDK's own data."""
        from botocore.exceptions import UnknownRegionError

        try:
            return str(self._session.get_partition_for_region(self.region))
        except UnknownRegionError:
            raise AwsUnreachable("session", "UnknownRegion", f"no region {self.region!r}; give --region") from None

    @property
    def account(self) -> str:
        """The caller's account, asked once of STS."""
        return self._who()["Account"]

    @property
    def caller(self) -> str:
        """The caller's ARN, asked once of STS."""
        return self._who()["Arn"]

    def call(self, service: str, operation: str, /, *, region: str | None = None, **params: Any) -> dict[str, Any]:
        """See `contracts.aws.Aws.call`. A streamed body comes back read, as bytes under its own key."""
        answer = self.opened(service, operation, region=region, **params)
        if hasattr(answer.get("Body"), "read"):
            try:
                answer["Body"] = answer["Body"].read()
            except WIRE as error:
                raise translated(f"{service}:{operation}", error) from error
        return answer

    def opened(self, service: str, operation: str, /, *, region: str | None = None, **params: Any) -> dict[str, Any]:
        """The same with the body still a stream: reading it may raise one of `errors.WIRE`, and it must be closed."""
        from botocore import xform_name

        name = f"{service}:{operation}"
        self.calls[name] += 1
        try:
            answer = getattr(self.client(service, region), xform_name(operation))(**params)
        except WIRE as error:
            raise translated(name, error) from error
        answer.pop("ResponseMetadata", None)
        return dict(answer)

    def pages(
        self, service: str, operation: str, key: str, /, *, region: str | None = None, **params: Any
    ) -> list[dict[str, Any]]:
        """See `contracts.aws.Aws.pages`; an operation without a paginator is called once."""
        from botocore import xform_name

        client = self.client(service, region)
        if not client.can_paginate(xform_name(operation)):
            return list(self.call(service, operation, region=region, **params).get(key, []))
        name = f"{service}:{operation}"
        items: list[dict[str, Any]] = []
        try:
            for page in client.get_paginator(xform_name(operation)).paginate(**params):
                self.calls[name] += 1
                items.extend(page.get(key) or [])
        except WIRE as error:
            raise translated(name, error) from error
        return items

    def anonymous(self) -> "Door":
        """A door without credentials at the same endpoint."""
        return self._derived(self._session, unsigned=True)

    def assuming(self, role: str, session: str) -> "Door":
        """A door with a fresh one-hour session of `role`, the longest that role chaining allows."""
        return self._derived(Credentials.read(self._assume(role, session)).session(self.region))

    def lasting(self, role: str, session: str) -> "Door":
        """A door with sessions of `role` that are renewed before they end, for work of more than an hour."""
        return self._derived(renewing(lambda: self._assume(role, session), self.region))

    def at(self, region: str) -> "Door":
        """The same caller in another region."""
        return self._derived(self._session, unsigned=self._unsigned, region=region, kin=self._kin)

    def _assume(self, role: str, session: str) -> dict[str, Any]:
        answer = self.call("sts", "AssumeRole", RoleArn=role, RoleSessionName=session, DurationSeconds=3600)
        credentials: dict[str, Any] = answer["Credentials"]
        return credentials

    def _derived(
        self,
        session: "boto3.Session",
        *,
        unsigned: bool = False,
        region: str | None = None,
        kin: _Kin | None = None,
    ) -> "Door":
        return Door(
            session,
            region=region or self.region,
            endpoint=self._endpoint,
            unsigned=unsigned,
            headers=self._headers,
            calls=self.calls,
            kin=kin,
        )

    def _who(self) -> dict[str, str]:
        with self._kin.asking:
            if not self._kin.identity:
                answer = self.call("sts", "GetCallerIdentity")
                self._kin.identity.update(Account=str(answer["Account"]), Arn=str(answer["Arn"]))
        return self._kin.identity

    def client(self, service: str, region: str | None = None) -> Any:
        """The boto3 client behind the door, for what has no single operation, such as a pre-signed URL."""
        where = (service, region or self.region)
        with BUILDING:
            if where not in self._clients:
                self._clients[where] = self._build(*where)
            return self._clients[where]

    def _build(self, service: str, region: str) -> Any:
        from botocore import UNSIGNED
        from botocore.config import Config
        from botocore.exceptions import BotoCoreError

        options: dict[str, Any] = {
            "retries": _RETRIES,
            "connect_timeout": _CONNECT_SECONDS,
            "read_timeout": _READ_SECONDS,
            "max_pool_connections": _CONNECTIONS,
            "user_agent_appid": "stanch",
        }
        if self._unsigned:
            options["signature_version"] = UNSIGNED
        if self._endpoint:
            options["s3"] = {"addressing_style": "path"}  # an endpoint on an address has no host name for a bucket
        try:
            client = self._session.client(
                service, region_name=region, endpoint_url=self._endpoint, config=Config(**options)
            )
        except (BotoCoreError, ValueError) as error:
            raise AwsUnreachable(service, type(error).__name__, str(error)) from error
        client.meta.events.register("before-parse.*", make_legible)
        if self._endpoint:
            client.meta.events.register("before-sign.s3-control", _without_account)
        if self._headers:
            client.meta.events.register("before-send.*", self._add_headers)
        return client

    def _add_headers(self, request: Any, **_: Any) -> None:
        for name, value in self._headers.items():
            request.headers[name] = value


def _without_account(request: Any, **_: Any) -> None:
    """An address has no host names below it: S3 Control puts the account's number in front of one all the same."""
    request.url = _ACCOUNT_LABEL.sub("", request.url, count=1)


def open_door(
    *, profile: str | None = None, region: str | None = None, endpoint: str | None = None, home: str | None = None
) -> Door:
    """The door of boto3's usual chain (environment, profile, instance role); raises AwsUnreachable with the remedy.

    The region is the one given, else AWS_REGION (which boto3 itself ignores), else boto3's own, else `home`.
    `endpoint` and AWS_ENDPOINT_URL point it elsewhere, as to the range.
    """
    import os

    import boto3
    from botocore.exceptions import BotoCoreError

    try:
        session = boto3.Session(profile_name=profile, region_name=region)
    except BotoCoreError as error:
        raise AwsUnreachable("session", type(error).__name__, f"{error}; see --profile") from error
    chosen = region or os.environ.get("AWS_REGION") or session.region_name or home
    if not chosen:
        raise AwsUnreachable("session", "NoRegion", "no region; give --region or set AWS_REGION")
    return Door(session, region=chosen, endpoint=endpoint or os.environ.get("AWS_ENDPOINT_URL"))
