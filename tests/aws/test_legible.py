"""One tag with a character that XML cannot write does not hide the hosts beside it."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stanch.aws.door import Credentials, Door
from stanch.aws.legible import legible

HOST = "<item><instanceId>i-{}</instanceId><tagSet><item><key>owner</key><value>{}</value></item></tagSet></item>"
ANSWER = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<DescribeInstancesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">'
    "<reservationSet><item><ownerId>111122223333</ownerId><instancesSet>{}</instancesSet></item></reservationSet>"
    "</DescribeInstancesResponse>"
)
TAGS = ("a&#x1;b", "a\x0bb", "a&#11;b", "a&#xFFFE;b", "a\ufffeb", "a&#0;b")


@pytest.fixture
def endpoint() -> Iterator[str]:
    hosts = "".join(HOST.format(at, tag) for at, tag in enumerate((*TAGS, "plain &#34;and&#10; &#x1F600;")))

    class Answers(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = ANSWER.format(hosts).encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/xml;charset=UTF-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_hosts_are_listed_whatever_a_tag_of_one_of_them_holds(endpoint: str) -> None:
    door = Door.using(Credentials("AKIAIOSFODNN7EXAMPLE", "x"), region="eu-central-1", endpoint=endpoint)
    (reservation,) = door.pages("ec2", "DescribeInstances", "Reservations")
    tags = [instance["Tags"][0]["Value"] for instance in reservation["Instances"]]
    assert tags == [*["a\ufffdb"] * len(TAGS), 'plain "and\n \U0001f600']


@given(st.text(st.characters(exclude_categories=())))
def test_whatever_a_value_holds_the_answer_can_be_read(value: str) -> None:
    written = value.replace("&", "&amp;").replace("<", "&lt;").encode("utf-8", "surrogatepass")
    ElementTree.fromstring(legible(b"<a>" + written + b"</a>"))  # noqa: S314 - it is ours
    numbered = "".join(f"&#{ord(character)};" for character in value).encode()
    ElementTree.fromstring(legible(b"<a>" + numbered + b"</a>"))  # noqa: S314


@pytest.mark.parametrize("body", [b"", b'{"Policy": "\x01"}', b"<a>plain&#13;</a>", "<a>模型 ü</a>".encode()])
def test_what_is_legible_or_no_xml_stays_as_it_is(body: bytes) -> None:
    assert legible(body) == body
