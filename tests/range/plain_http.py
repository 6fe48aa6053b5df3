"""HTTP without an SDK, for requests that no SDK sends."""

from http.client import HTTPConnection
from urllib.parse import urlsplit


def fetch(url: str, method: str = "GET", body: bytes = b"", headers: dict[str, str] | None = None) -> tuple[int, bytes]:
    """Status and body of the answer, whatever the status."""
    place = urlsplit(url)
    connection = HTTPConnection(place.netloc, timeout=20)
    try:
        connection.request(method, f"{place.path}?{place.query}" if place.query else place.path, body, headers or {})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()
