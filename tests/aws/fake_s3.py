"""S3 as far as a hunt asks it, on loopback, with what goes wrong: cuts, throttling, refusals, replacement."""

import hashlib
import threading
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, quote, unquote, urlsplit
from xml.sax.saxutils import escape

import pytest

PAGE = 1000


def be_somebody(monkeypatch: pytest.MonkeyPatch) -> None:
    """Credentials of boto3's usual chain; loopback needs no proxy."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)


@dataclass(frozen=True)
class Asked:
    """One request as the server saw it."""

    list: bool
    prefix: str = ""
    after: str = ""
    delimiter: str = ""
    key: str = ""
    range: str = ""
    payer: str = ""


@dataclass(frozen=True)
class Refuse:
    status: int
    code: str
    message: str = "no"


@dataclass(frozen=True)
class Cut:
    """Send so many bytes of the body, then break the connection."""

    after: int


Fault = Refuse | Cut | None


@dataclass
class FakeS3:
    """One bucket. `fault` is asked before each answer and may change the objects."""

    objects: dict[str, bytes] = field(default_factory=dict)
    fault: Callable[[Asked], Fault] = lambda _: None
    asked: list[Asked] = field(default_factory=list)
    endpoint: str = ""
    _sorted: list[str] = field(default_factory=list)

    @property
    def lists(self) -> int:
        return sum(one.list for one in self.asked)

    @property
    def gets(self) -> list[Asked]:
        return [one for one in self.asked if not one.list]

    def page(self, prefix: str, after: str, delimiter: str, size: int) -> str:
        """The XML of one page of a listing."""
        if len(self._sorted) != len(self.objects):
            self._sorted = sorted(self.objects)
        keys = self._sorted
        at = max(bisect_left(keys, prefix), bisect_right(keys, after))
        contents: list[tuple[str, bytes]] = []
        folders: list[str] = []
        last = ""
        while at < len(keys) and keys[at].startswith(prefix) and len(contents) + len(folders) < size:
            key = keys[at]
            cut = key.find(delimiter, len(prefix)) if delimiter else -1
            if cut >= 0:
                last = key[: cut + 1] + "\U0010ffff"
                if not after.startswith(key[: cut + 1] + "\U0010ffff"):
                    folders.append(key[: cut + 1])
                at = bisect_right(keys, last)
            else:
                last = key
                contents.append((key, self.objects[key]))
                at += 1
        more = at < len(keys) and keys[at].startswith(prefix)
        return _listing(contents, folders, last if more else None)


def etag(content: bytes) -> str:
    return f'"{hashlib.md5(content, usedforsecurity=False).hexdigest()}"'


def _listing(contents: list[tuple[str, bytes]], folders: list[str], token: str | None) -> str:
    return "".join(
        (
            "<ListBucketResult><EncodingType>url</EncodingType>",
            f"<IsTruncated>{'true' if token else 'false'}</IsTruncated>",
            f"<NextContinuationToken>{quote(token)}</NextContinuationToken>" if token else "",
            *(
                f"<Contents><Key>{quote(key)}</Key><Size>{len(body)}</Size><ETag>{escape(etag(body))}</ETag></Contents>"
                for key, body in contents
            ),
            *(f"<CommonPrefixes><Prefix>{quote(folder)}</Prefix></CommonPrefixes>" for folder in folders),
            "</ListBucketResult>",
        )
    )


class _Handler(BaseHTTPRequestHandler):
    s3: FakeS3
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one packet: two would wait 40 ms for each other

    def log_message(self, *_: object) -> None:
        """Nothing."""

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        key = unquote(url.path).removeprefix("/").partition("/")[2]
        payer = self.headers.get("x-amz-request-payer", "")
        if not key:
            after = query.get("start-after", "")
            asked = Asked(True, query.get("prefix", ""), after, query.get("delimiter", ""), payer=payer)
        else:
            asked = Asked(False, key=key, range=self.headers.get("Range", ""), payer=payer)
        self.s3.asked.append(asked)
        fault = self.s3.fault(asked)
        if isinstance(fault, Refuse):
            self._refuse(fault)
        elif asked.list:
            after = unquote(query.get("continuation-token", "")) or asked.after
            size = int(query.get("max-keys", PAGE))
            self._answer(200, self.s3.page(asked.prefix, after, asked.delimiter, size).encode(), {})
        else:
            self._object(asked, fault)

    def _object(self, asked: Asked, fault: Cut | None) -> None:
        body = self.s3.objects.get(asked.key)
        if body is None:
            self._refuse(Refuse(404, "NoSuchKey"))
            return
        if self.headers.get("If-Match", etag(body)) != etag(body):
            self._refuse(Refuse(412, "PreconditionFailed"))
            return
        status, headers = 200, {"ETag": etag(body)}
        if asked.range:
            first, last = map(int, asked.range.removeprefix("bytes=").split("-"))
            headers["Content-Range"] = f"bytes {first}-{last}/{len(body)}"
            status, body = 206, body[first : last + 1]
        self._answer(status, body, headers, fault.after if fault else None)

    def _refuse(self, fault: Refuse) -> None:
        text = f"<Error><Code>{fault.code}</Code><Message>{escape(fault.message)}</Message></Error>"
        self._answer(fault.status, text.encode(), {})

    def _answer(self, status: int, body: bytes, headers: dict[str, str], cut: int | None = None) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body if cut is None else body[:cut])
        self.wfile.flush()
        if cut is not None:
            self.close_connection = True


@contextmanager
def serving(objects: Mapping[str, bytes] | None = None) -> Iterator[FakeS3]:
    fake = FakeS3(dict(objects or {}))

    class Bound(_Handler):
        s3 = fake

    server = ThreadingHTTPServer(("127.0.0.1", 0), Bound)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    fake.endpoint = f"http://127.0.0.1:{server.server_port}"
    try:
        yield fake
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
