"""Kong's AI logs over its versions: where usage stands, what its names are, and payloads as strings or objects."""

import io
import json
from hashlib import sha256
from typing import Any

import pytest
from tests.catalog.call_samples import KONG, SECRET

from stanch.catalog.sources import kong_ai
from stanch.domain.event import Skipped
from stanch.domain.inference import NOT_TOLD, Inference

USAGE = {"prompt_tokens": 28, "completion_tokens": 20, "total_tokens": 48, "cost": 0.0038}
OLD_USAGE = {"prompt_token": 28, "completion_token": "20", "total_tokens": 48, "cost": "0.0038"}
META = {"request_model": "command", "provider_name": "cohere", "response_model": "command-r", "llm_latency": 1990}


def read(*records: Any) -> list[Inference | Skipped]:
    content = b"\n".join(json.dumps(record).encode() for record in records)
    return list(kong_ai.calls("kong.log", io.BytesIO(content)))


def one(**changed: Any) -> Inference:
    (call,) = read(KONG | changed)
    assert isinstance(call, Inference)
    return call


@pytest.mark.parametrize(
    "ai",
    [
        {"proxy": {"usage": USAGE, "meta": META}},
        {"ai-proxy": {"usage": OLD_USAGE, "meta": META}},
        {"payload": {"request": "withheld"}, "my-plugin": {"usage": OLD_USAGE, "meta": META}},
        {"usage": OLD_USAGE, "meta": META},
        {"ai-request-transformer": {"payload": {}}, "ai-proxy-advanced": {"usage": USAGE, "meta": META}},
    ],
)
def test_usage_is_found_in_every_version(ai: dict[str, Any]) -> None:
    call = one(ai=ai)
    assert (call.model, call.tokens_in, call.tokens_out, call.cost) == ("command", 28, 20, 0.0038)


def test_who_asked_is_the_credential_and_its_consumer() -> None:
    call = one()
    assert (call.key, call.user, call.tenant) == ("1f6e5c2e-credential", "reports", "default")
    assert (call.address, call.agent, call.request) == ("203.0.113.7", "curl/8", "9ec9264a")
    assert one(authenticated_entity=None).key == "c1"


def test_a_key_in_a_header_leaves_as_its_hash() -> None:
    request = KONG["request"] | {"headers": {"apikey": "sk-1", "authorization": "REDACTED"}}
    call = one(authenticated_entity=None, consumer=None, request=request)
    assert call.key == sha256(b"sk-1").hexdigest()


@pytest.mark.parametrize("form", [json.dumps, lambda body: body], ids=["strings", "objects"])
def test_payloads_are_read_where_they_are_logged(form: Any) -> None:
    payload = {
        "request": form(
            {
                "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": SECRET}],
                "logit_bias": {"1": 2},
                "max_tokens": 1,
            }
        ),
        "response": form({"choices": [{"message": {"content": "It is."}}]}),
    }
    call = one(ai={"proxy": {"usage": USAGE, "meta": META, "payload": payload}})
    assert (call.prompt, call.answer, call.biases, call.max_tokens) == (SECRET, "It is.", 1, 1)
    assert call.system == "Be brief."


def test_a_payload_that_was_cut_short_is_words_still() -> None:
    payload = {"request": '{"messages": [{"role": "user", "cont', "response": ""}
    call, told = read(KONG | {"ai": {"proxy": {"usage": USAGE, "meta": META, "payload": payload}}})
    assert isinstance(call, Inference)
    assert (call.prompt, call.max_tokens) == (payload["request"], NOT_TOLD)
    assert told == Skipped("kong.log", "a logged body that is no whole JSON document", fault=False)


def test_times_are_milliseconds_and_other_requests_are_counted() -> None:
    other = {name: value for name, value in KONG.items() if name != "ai"}
    call, told = read(KONG, other)
    assert isinstance(call, Inference)
    assert (call.time, call.total_ms) == (1795341600.719, 2000)
    assert told == Skipped("kong.log", "requests that no AI plugin took", fault=False)
