"""One small file of each log of model calls: as its software writes it, with a secret in the words and a key in clear.

Shapes: LiteLLM's record was recorded (`tests/recordings`); the others are of their documentation and of public logs,
with ids and words replaced.
"""

import json
from pathlib import Path
from typing import Any

RECORDED = Path(__file__).parents[1] / "recordings" / "litellm_proxy.jsonl"
SECRET = "AKIAZ7QHEXAMPLESECRET"
"""Said in every prompt and answer: it must reach nothing but the fields that hold them."""
KEY = "sk-planted-0123456789abcdef"


def lines(*records: Any) -> bytes:
    """The records as JSON Lines."""
    return b"".join(json.dumps(record).encode() + b"\n" for record in records)


LITELLM: dict[str, Any] = {
    "id": "chatcmpl-0a1b",
    "call_type": "acompletion",
    "status": "success",
    "response_cost": 0.002,
    "prompt_tokens": 10,
    "completion_tokens": 20,
    "startTime": 1795426471.25,
    "endTime": 1795426473.75,
    "completionStartTime": 1795426471.75,
    "stream": True,
    "model": "openai/llama-70b",
    "model_group": "llama-70b",
    "custom_llm_provider": "openai",
    "metadata": {"user_api_key_hash": KEY, "user_api_key_team_id": "red"},
    "requester_ip_address": "203.0.113.7",
    "model_parameters": {"max_tokens": 1, "logprobs": True, "top_logprobs": 20, "logit_bias": {"50256": -100}},
    "messages": [
        {"role": "system", "content": f"Never say {SECRET}."},
        {"role": "user", "content": f"Is it {SECRET}?"},
    ],
    "response": {"choices": [{"finish_reason": "length", "message": {"role": "assistant", "content": SECRET}}]},
}
BEDROCK: dict[str, Any] = {
    "schemaType": "ModelInvocationLog",
    "schemaVersion": "1.0",
    "timestamp": "2026-11-22T10:00:00Z",
    "accountId": "111122223333",
    "identity": {"arn": "arn:aws:sts::111122223333:assumed-role/app/i-0123456789abcdef0"},
    "region": "eu-central-1",
    "inferenceRegion": "eu-west-3",
    "requestId": "ff4b6c63-5561-4431-93b8-06a817275900",
    "operation": "ConverseStream",
    "modelId": "amazon.nova-lite-v1:0",
    "input": {
        "inputContentType": "application/json",
        "inputBodyJson": {
            "messages": [{"role": "user", "content": [{"text": f"Is it {SECRET}?"}]}],
            "system": [{"text": f"Never say {SECRET}."}],
            "inferenceConfig": {"maxTokens": 512, "temperature": 0.7},
        },
        "inputTokenCount": 4,
        "cacheReadInputTokenCount": 0,
    },
    "output": {
        "outputContentType": "application/json",
        "outputBodyJson": {
            "output": {"message": {"role": "assistant", "content": [{"text": SECRET}]}},
            "stopReason": "end_turn",
            "metrics": {"latencyMs": 302},
        },
        "outputTokenCount": 38,
    },
}
SAGEMAKER: dict[str, Any] = {
    "captureData": {
        "endpointInput": {
            "observedContentType": "application/json",
            "mode": "INPUT",
            "data": json.dumps({"inputs": f"Is it {SECRET}?", "parameters": {"max_new_tokens": 8, "temperature": 0.5}}),
            "encoding": "JSON",
        },
        "endpointOutput": {
            "observedContentType": "application/json",
            "mode": "OUTPUT",
            "data": json.dumps([{"generated_text": SECRET}]),
            "encoding": "JSON",
        },
    },
    "eventMetadata": {"eventId": "e1", "inferenceTime": "2026-11-22T10:00:00Z"},
    "eventVersion": "0",
}
ENVOY: dict[str, Any] = {
    "gen_ai.request.model": "gpt-4o-mini",
    "gen_ai.usage.input_tokens": 15,
    "gen_ai.usage.output_tokens": 7,
    "bytes_sent": 432,
    "bytes_received": 105,
    "duration": 1526,
    "response_code": 200,
    "start_time": "2026-11-22T10:00:00.894Z",
    "x-forwarded-for": "10.0.0.9,203.0.113.7",
    "x-request-id": "83b60b4b",
    "upstream_host": "192.0.2.77:443",
    "user-agent": "curl/8.7.1",
    "authorization": f"Bearer {KEY}",
    "x-envoy-origin-path": "/v1/chat/completions",
}
KONG: dict[str, Any] = {
    "client_ip": "203.0.113.7",
    "started_at": 1795341600719,
    "workspace_name": "default",
    "upstream_uri": "/v1/chat/completions",
    "request": {
        "id": "9ec9264a",
        "uri": "/v1/chat/completions",
        "method": "POST",
        "size": 323,
        "headers": {"user-agent": "curl/8", "authorization": "REDACTED"},
    },
    "response": {"status": 200, "size": 1024},
    "latencies": {"kong": 4, "proxy": 1996, "request": 2000},
    "authenticated_entity": {"id": "1f6e5c2e-credential"},
    "consumer": {"id": "c1", "username": "reports"},
    "ai": {
        "proxy": {
            "payload": {
                "request": json.dumps({"messages": [{"role": "user", "content": f"Is it {SECRET}?"}], "n": 2}),
                "response": json.dumps({"choices": [{"message": {"content": SECRET}}]}),
            },
            "usage": {"prompt_tokens": 28, "completion_tokens": 20, "total_tokens": 48, "cost": 0.0038},
            "meta": {"request_model": "command", "provider_name": "cohere", "llm_latency": 1990},
        }
    },
}
NGINX: dict[str, Any] = {
    "time_iso8601": "2026-11-22T10:00:02+00:00",
    "remote_addr": "203.0.113.7",
    "request": "POST /v1/chat/completions HTTP/1.1",
    "request_method": "POST",
    "status": "200",
    "body_bytes_sent": "1024",
    "request_length": "300",
    "request_time": "1.500",
    "request_id": "9ec9264a",
    "http_user_agent": "curl/8",
    "http_authorization": f"Bearer {KEY}",
}
TGI_JSON: dict[str, Any] = {
    "timestamp": "2026-11-22T10:00:02.000000Z",
    "level": "INFO",
    "message": "Success",
    "target": "text_generation_router::server",
    "filename": "router/src/server.rs",
    "span": {
        "name": "generate",
        "parameters": 'GenerateParameters { temperature: Some(0.5), stop: ["max_new_tokens: Some(9)"], '
        'max_new_tokens: Some(20), top_n_tokens: Some(5), adapter_id: Some("legal") }',
        "total_time": "1.5s",
    },
}


def _attribute(key: str, value: Any) -> dict[str, Any]:
    kind = {str: "stringValue", int: "intValue", float: "doubleValue"}[type(value)]
    return {"key": key, "value": {kind: str(value) if isinstance(value, int) else value}}


OTEL: dict[str, Any] = {
    "resourceSpans": [
        {
            "resource": {"attributes": [_attribute("service.name", "reports")]},
            "scopeSpans": [
                {
                    "scope": {"name": "app"},
                    "spans": [
                        {
                            "traceId": "5b8efff798038103d269b633813fc60c",
                            "spanId": "eee19b7ec3c1b174",
                            "name": "chat gpt-4",
                            "kind": 3,
                            "startTimeUnixNano": "1795341600000000000",
                            "endTimeUnixNano": "1795341601500000000",
                            "attributes": [
                                _attribute("gen_ai.operation.name", "chat"),
                                _attribute("gen_ai.provider.name", "openai"),
                                _attribute("gen_ai.request.model", "gpt-4"),
                                _attribute("gen_ai.request.max_tokens", 200),
                                _attribute("gen_ai.usage.input_tokens", 52),
                                _attribute("gen_ai.usage.output_tokens", 47),
                                _attribute("gen_ai.response.id", "chatcmpl-0a1b"),
                                _attribute(
                                    "gen_ai.input.messages",
                                    json.dumps(
                                        [{"role": "user", "parts": [{"type": "text", "content": f"Is it {SECRET}?"}]}]
                                    ),
                                ),
                                _attribute(
                                    "gen_ai.output.messages",
                                    json.dumps([{"role": "assistant", "parts": [{"type": "text", "content": SECRET}]}]),
                                ),
                            ],
                        }
                    ],
                }
            ],
        }
    ]
}

VLLM = f"""\
(APIServer pid=7) INFO 11-22 10:00:00 [logger.py:49] Received request chatcmpl-0a1b: prompt: 'Is it {SECRET}?\\n\\'\
, params: SamplingParams(max_tokens=9, ', params: SamplingParams(n=1, temperature=0.7, stop=['logprobs=3'], \
max_tokens=100, min_tokens=0, logprobs=20, prompt_logprobs=None, extra_args=None), prompt_token_ids: [1, 2, 3], \
lora_request: LoRARequest(lora_name='legal', lora_int_id=1, lora_path='/adapters/legal').
(APIServer pid=7) INFO 11-22 10:00:00 [async_llm.py:382] Added request chatcmpl-0a1b.
(APIServer pid=7) INFO:     203.0.113.7:51408 - "POST /v1/chat/completions HTTP/1.1" 200 OK
(APIServer pid=7) INFO 11-22 10:00:02 [logger.py:77] Generated response chatcmpl-0a1b (streaming complete): output: \
'{SECRET}', output_token_ids: [4, 5], finish_reason: stop
(APIServer pid=7) INFO:     203.0.113.8:51409 - "GET /v1/models HTTP/1.1" 200 OK
""".encode()
TGI = (
    "2026-11-22T10:00:02.000000Z  INFO generate{parameters=GenerateParameters { best_of: None, temperature: Some(0.5), "
    'stop: ["max_new_tokens: Some(9)"], max_new_tokens: Some(20), decoder_input_details: false, top_n_tokens: Some(5), '
    'adapter_id: Some("legal") } total_time="1.5s" validation_time="388.2µs" queue_time="84.1µs" '
    'inference_time="1.49s" time_per_token="74ms" seed="None"}: text_generation_router::server: '
    "router/src/server.rs:322: Success\n"
).encode()
OLLAMA = (
    'time=2026-11-22T11:00:00.520+01:00 level=INFO source=routes.go:1170 msg="Listening on OLLAMA_HOST"\n'
    '[GIN] 2026/11/22 - 11:00:02 | 200 |  1.883827667s |     203.0.113.7 | POST     "/api/chat"\n'
    '[GIN] 2026/11/22 - 11:00:03 | 200 |      414.019µs |     203.0.113.7 | GET      "/api/tags"\n'
).encode()
LLAMA_CPP = b"""\
2026-11-22T10:00:00.000Z stderr F slot launch_slot_: id  0 | task 7 | processing task
2026-11-22T10:00:00.010Z stderr F slot update_slots: id  0 | task 7 | new prompt, n_ctx_slot = 4096, n_keep = 0, \
n_prompt_tokens = 40
2026-11-22T10:00:02.000Z stderr F slot print_timing: id  0 | task 7 |
2026-11-22T10:00:02.000Z stderr F prompt eval time =     990.30 ms /    33 tokens (   30.01 ms per token)
2026-11-22T10:00:02.000Z stderr F        eval time =    1009.70 ms /   710 tokens (   27.50 ms per token)
2026-11-22T10:00:02.000Z stderr F       total time =    2000.00 ms /   743 tokens
2026-11-22T10:00:02.001Z stderr F slot      release: id  0 | task 7 | stop processing: n_past = 750, truncated = 0
2026-11-22T10:00:02.002Z stderr F srv  log_server_r: done request: POST /v1/chat/completions 203.0.113.7 200
"""
COMBINED = (
    b'203.0.113.7 - reports [22/Nov/2026:10:00:02 +0000] "POST /v1/chat/completions HTTP/1.1" 200 1024 "-" "curl/8" '
    b"rt=1.500 rid=9ec9264a\n"
    b'203.0.113.7 - - [22/Nov/2026:10:00:03 +0000] "GET /index.html HTTP/1.1" 200 10 "-" "curl/8"\n'
)

SAMPLES: dict[str, tuple[str, str, bytes]] = {
    "litellm": ("litellm", "litellm/2026/calls.jsonl", lines(LITELLM)),
    "litellm, recorded": ("litellm", "calls.jsonl", RECORDED.read_bytes()),
    "litellm, a list": ("litellm", "calls.json", json.dumps([LITELLM], indent=1).encode()),
    "otel": ("otel", "otel/traces.json", lines(OTEL)),
    "bedrock": (
        "bedrock",
        "AWSLogs/111122223333/BedrockModelInvocationLogs/eu-central-1/2026/11/22/10/x.json.gz",
        lines(BEDROCK),
    ),
    "sagemaker": ("sagemaker", "capture/chat/AllTraffic/2026/11/22/10/00-00.jsonl", lines(SAGEMAKER)),
    "envoy_ai": ("envoy_ai", "envoy/access.log", lines(ENVOY)),
    "kong_ai": ("kong_ai", "kong.log", lines(KONG)),
    "nginx, json": ("nginx", "nginx/access.json", lines(NGINX)),
    "nginx": ("nginx", "nginx/access.log", COMBINED),
    "vllm": ("vllm", "vllm/2026-11-22.log", VLLM),
    "tgi": ("tgi", "tgi.log", TGI),
    "tgi, json": ("tgi", "tgi.json", lines(TGI_JSON)),
    "ollama": ("ollama", "ollama.log", OLLAMA),
    "llama_cpp": ("llama_cpp", "llama.log", LLAMA_CPP),
}
"""By name: the log, a path, and the file."""
