import json
import traceback
from collections.abc import Iterator
from dataclasses import replace

import pytest
from tests.litellm_server import MASTER, SILENT, VARIABLE, LiteLlm, Said, error, serving

from stanch.contracts.aws import AwsAbsent, AwsDenied, AwsError, AwsUnreachable
from stanch.web.gateway import TRIES, GatewayDoor


@pytest.fixture
def gateway() -> Iterator[LiteLlm]:
    with serving() as running:
        yield running


def test_asks_with_the_secret_of_the_environment_and_reads_the_answer(gateway: LiteLlm) -> None:
    token = gateway.key(key_alias="team-a")
    answer = gateway.door().call("litellm", "KeyInfo", key=token)
    assert answer["info"]["key_alias"] == "team-a"
    method, path, given, headers = gateway.asked[0]
    assert (method, path, given) == ("GET", "/key/info", {"key": token})
    assert headers["Authorization"] == f"Bearer {MASTER}"


def test_sends_a_change_as_json(gateway: LiteLlm) -> None:
    token = gateway.key()
    gateway.door().call("litellm", "KeyUpdate", key=token, rpm_limit=1)
    assert gateway.asked[0][:3] == ("POST", "/key/update", {"key": token, "rpm_limit": 1})


def test_is_a_door_whose_place_is_the_gateway(gateway: LiteLlm) -> None:
    door = gateway.door()
    assert (door.partition, door.region, door.account, door.caller) == ("gateway", "inference", "", "gateway:inference")
    assert door.at("eu-central-1") is door


@pytest.mark.parametrize(
    ("status", "kind"), [(401, AwsDenied), (403, AwsDenied), (404, AwsAbsent), (400, AwsError), (500, AwsError)]
)
def test_says_no_in_the_four_kinds(gateway: LiteLlm, status: int, kind: type[AwsError]) -> None:
    gateway.next = [Said(status, json.dumps(error(status, "x", "because")).encode())]
    with pytest.raises(kind, match="because") as caught:
        gateway.door().call("litellm", "KeyInfo", key="k")
    assert (type(caught.value), caught.value.code) == (kind, str(status))
    assert len(gateway.asked) == 1, "what will not change is not asked again"


def test_says_no_in_the_words_of_a_validation_error_too(gateway: LiteLlm) -> None:
    gateway.next = [Said(422, json.dumps({"detail": [{"loc": ["body", "key"], "msg": "required"}]}).encode())]
    with pytest.raises(AwsError, match="required"):
        gateway.door().call("litellm", "KeyBlock", key="k")


@pytest.mark.parametrize("passing", [Said(429), Said(502), Said(503, b"<html>busy</html>"), Said(0)])
def test_tries_again_what_passes(gateway: LiteLlm, passing: Said) -> None:
    token = gateway.key()
    gateway.next = [passing, passing]
    gateway.door().call("litellm", "KeyBlock", key=token)
    assert gateway.keys[token]["blocked"] is True


def test_gives_up_in_the_end(gateway: LiteLlm) -> None:
    gateway.next = [Said(503)] * TRIES
    waited: list[float] = []
    door = replace(gateway.door(), sleep=waited.append)
    with pytest.raises(AwsUnreachable):
        door.call("litellm", "KeyBlock", key=gateway.key())
    assert (len(gateway.asked), len(waited)) == (TRIES, TRIES - 1)


def test_does_not_wait_for_ever(gateway: LiteLlm) -> None:
    gateway.next = [Said(SILENT)] * TRIES
    with pytest.raises(AwsUnreachable, match="ReadTimeout"):
        replace(gateway.door(), seconds=0.05).call("litellm", "KeyBlock", key=gateway.key())
    assert len(gateway.asked) == TRIES


def test_says_what_to_look_at_when_nobody_answers(gateway: LiteLlm) -> None:
    closed = replace(gateway.gateway, url="http://127.0.0.1:1")
    door = GatewayDoor(closed, {VARIABLE: MASTER}, sleep=lambda _: None)
    with pytest.raises(AwsUnreachable, match="does the network lead there"):
        door.call("litellm", "KeyInfo", key="k")


@pytest.mark.parametrize("body", [b"<html>hello</html>", b"[]", b"", b'{"key":', b'"text"', b"\xff\xfe"])
def test_what_is_no_gateway_is_not_believed(gateway: LiteLlm, body: bytes) -> None:
    gateway.next = [Said(200, body)]
    with pytest.raises(AwsUnreachable, match="no such gateway"):
        gateway.door().call("litellm", "KeyInfo", key="k")


def test_an_answer_without_end_is_not_read(gateway: LiteLlm) -> None:
    gateway.next = [Said(200, b" " * (1 << 21))]
    with pytest.raises(AwsUnreachable, match="DecodingError"):
        gateway.door().call("litellm", "KeyInfo", key="k")


def test_a_redirect_is_not_followed(gateway: LiteLlm) -> None:
    gateway.next = [Said(307, headers={"Location": f"{gateway.url}/key/info?key=k"})]
    with pytest.raises(AwsUnreachable, match="leads elsewhere"):
        gateway.door().call("litellm", "KeyBlock", key="k")
    assert len(gateway.asked) == 1


def test_the_secret_is_in_no_error_and_no_repr(gateway: LiteLlm) -> None:
    gateway.next = [Said(401, json.dumps(error(401, "auth_error", f"you sent {MASTER}")).encode())]
    with pytest.raises(AwsDenied, match="you sent") as caught:
        gateway.door().call("litellm", "KeyInfo", key="k")
    shown = "".join(traceback.format_exception(caught.value)) + repr(gateway.door()) + repr(caught.value)
    assert MASTER not in shown


def test_no_error_carries_the_request_that_failed(gateway: LiteLlm) -> None:
    gateway.next = [Said(0)] * TRIES
    with pytest.raises(AwsUnreachable) as caught:
        gateway.door().call("litellm", "KeyInfo", key="k")
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_the_words_of_the_gateway_cannot_write_to_a_terminal(gateway: LiteLlm) -> None:
    gateway.next = [Said(400, json.dumps(error(400, "x", "\x1b[2J" + "long " * 200)).encode())]
    with pytest.raises(AwsError) as caught:
        gateway.door().call("litellm", "KeyInfo", key="k")
    assert caught.value.message.isprintable()
    assert len(caught.value.message) <= 200


@pytest.mark.parametrize(("secret", "code"), [(None, "NoSecret"), ("", "NoSecret"), ("a\nb", "BadSecret")])
def test_says_which_variable_lacks_the_secret(gateway: LiteLlm, secret: str | None, code: str) -> None:
    with pytest.raises(AwsUnreachable, match=VARIABLE) as caught:
        gateway.door(secret).call("litellm", "KeyInfo", key="k")
    assert caught.value.code == code
    assert gateway.asked == []


@pytest.mark.parametrize("url", ["http://gateway.internal:4000", "http://127.0.0.1.example.com", "ftp://localhost"])
def test_no_key_crosses_a_network_in_clear(gateway: LiteLlm, url: str) -> None:
    door = GatewayDoor(replace(gateway.gateway, url=url), {VARIABLE: MASTER})
    with pytest.raises(AwsUnreachable, match="only over https"):
        door.call("litellm", "KeyInfo", key="k")


def test_nobody_sends_no_secret(gateway: LiteLlm) -> None:
    with pytest.raises(AwsDenied):
        gateway.door().anonymous().call("litellm", "KeyInfo", key=gateway.key())
    assert "Authorization" not in gateway.asked[0][3]


@pytest.mark.parametrize(("service", "operation"), [("litellm", "KeyDelete"), ("iam", "GetUser")])
def test_has_no_other_call(gateway: LiteLlm, service: str, operation: str) -> None:
    with pytest.raises(AwsError, match="no such call"):
        gateway.door().call(service, operation)
    assert gateway.asked == []
