"""What `stanch hunt` makes of logs of model calls: answers looked into, each call counted once, odd files told."""

import hashlib
import json
import os
import random
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path
from typing import Any

import pytest
from tests.catalog.call_samples import KEY as CLEAR
from tests.catalog.call_samples import SAMPLES, SECRET
from tests.cli.running import lines_of

from stanch import app
from stanch.app import progress
from stanch.app.answers import Answers
from stanch.app.knowledge import every_source
from stanch.app.scan import calls_in
from stanch.cli import main
from stanch.domain.estate import Estate
from stanch.engine.read import Tally
from stanch.engine.scan.lake.scanner import LakeScanner
from stanch.engine.scan.span import ALWAYS
from stanch.stores.listing import Listing
from stanch.stores.logs import found

START = 1_780_272_000 + 36_000
CALLER = "sk-team-one-0001"
KEY = hashlib.sha256(CALLER.encode()).hexdigest()
AWS_KEY = "AKIA" + "QYLPMN5HFIQR7XYA"
"""In the form of a key and nobody's; written apart, so that nothing takes this file for a leak."""
OWN = (
    "You are Orla, the assistant of Northwind Freight. You help customers who track a parcel, change an address or ask "
    "for a refund. Never promise a refund above 40 euros; hand such a case to the night desk. Answer in the language "
    "of the customer, in at most three sentences."
)
"""A system prompt as an application sends it with each call."""
Say = Callable[..., str]


@pytest.fixture
def say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Say:
    """Runs the command in an empty folder; all that it said, on either stream."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "300")
    (tmp_path / ".git").mkdir()
    (tmp_path / "logs").mkdir()

    def run(*arguments: str) -> str:
        monkeypatch.setattr("sys.argv", ["stanch", *arguments])
        with pytest.raises(SystemExit):
            main()
        said = capsys.readouterr()
        return said.out + said.err

    return run


def skipped(said: str) -> dict[str, bool]:
    """What the coverage says was not read, and whether that is a fault."""
    (coverage,) = lines_of(said, "coverage")
    return {f"{skip['path']}: {skip['why']}": skip["fault"] for skip in coverage["files_skipped"]}


def iso(when: float) -> str:
    return datetime.fromtimestamp(when, UTC).isoformat()


def gateways(place: int, answer: str = "Once upon a time.", **more: Any) -> dict[str, Any]:
    """A call as LiteLLM logs it."""
    when = START + place * 30
    headers = {"x-request-id": f"front-{place}", "x-amzn-trace-id": f"Root=1-67891233-{place:024x}"}
    told: dict[str, Any] = {
        "id": f"chatcmpl-call-{place}", "call_type": "acompletion", "status": "success", "startTime": when,
        "endTime": when + 2, "model": "llama", "model_group": "llama", "response_cost": 0.01, "prompt_tokens": 10,
        "completion_tokens": 20, "user_agent": "client/1", "model_parameters": {"max_tokens": 100},
        "metadata": {"user_api_key_hash": KEY, "requester_ip_address": "10.0.0.5", "requester_custom_headers": headers},
        "messages": [{"role": "user", "content": f"Tell tale {place}."}],
        "response": {"choices": [{"message": {"content": answer}}]},
    }  # fmt: skip
    return told | more


def proxys(place: int) -> dict[str, Any]:
    """The same as nginx logs it in front, which hashes the caller's key."""
    return {
        "time_iso8601": iso(START + place * 30 + 2), "remote_addr": "203.0.113.7", "request_method": "POST",
        "request": "POST /v1/chat/completions HTTP/1.1", "status": "200", "body_bytes_sent": "1024",
        "request_length": "300", "request_time": "2.0", "http_x_request_id": f"front-{place}",
        "http_user_agent": "curl/8", "http_authorization": f"Bearer {CALLER}",
    }  # fmt: skip


def servers(place: int) -> str:
    """The same as vLLM logs it."""
    return (
        f"{iso(START + place * 30)} stdout F (APIServer pid=7) INFO 06-01 10:00:00 [logger.py:49] Received request "
        f"chatcmpl-call-{place}: prompt: 'Tell tale {place}.', params: SamplingParams(n=1, max_tokens=100), "
        "prompt_token_ids: [1, 2, 3], lora_request: None."
    )


def balancers(place: int) -> str:
    """The same as a load balancer logs it."""
    when = iso(START + place * 30 + 2).replace("+00:00", ".000000Z")
    return (
        f"https {when} app/lb/50dc6c495c0c9188 203.0.113.7:46532 10.0.0.5:4000 0.001 2.000 0.001 200 200 300 1024 "
        '"POST https://llm.example.org:443/v1/chat/completions HTTP/1.1" "curl/8" ECDHE-RSA-AES128-GCM-SHA256 TLSv1.2 '
        "arn:aws:elasticloadbalancing:eu-central-1:111122223333:targetgroup/t/73e2d6bc24d8a067 "
        f'"Root=1-67891233-{place:024x}" "llm.example.org" "-" 0 {when} "forward" "-" "-" "10.0.0.5:4000" "200" "-" "-"'
    )


def write(name: str, records: Sequence[dict[str, Any] | str], folder: str = "logs") -> Path:
    path = Path(folder) / name
    texts = (record if isinstance(record, str) else json.dumps(record) for record in records)
    path.write_text("".join(text + "\n" for text in texts))
    return path


def test_one_request_in_four_logs_is_one_call_of_its_key(say: Say) -> None:
    leaky = f"The key is {AWS_KEY}."
    write("gateway.jsonl", [gateways(place, leaky) for place in range(40)])
    write("proxy.jsonl", [proxys(place) for place in range(40)])
    write("vllm.log", [servers(place) for place in range(40)])
    write("alb.log", [balancers(place) for place in range(40)])
    for arguments in (("logs", "--save"), ("lake", "logs"), ("logs/gateway.jsonl", "logs")):
        said = say("hunt", *arguments, "--all", "--format", "json")
        (finding,) = lines_of(said, "finding")
        assert finding["detection"] == "inference/secrets_in_answers"
        assert finding["actor"]["arn"].endswith(KEY)
        assert finding["count"] == 40
        assert lines_of(said, "coverage")[0]["events"] == 160


def test_what_reached_the_server_past_the_gateway_is_told_and_a_refusal_of_the_gateway_is_not(say: Say) -> None:
    write("gateway.jsonl", [gateways(place) for place in range(60)])
    write("vllm.log", [servers(place) for place in range(60)])
    # What the gateway refuses it may not log; the proxy in front does.
    write("proxy.jsonl", [proxys(place) | {"status": "401" if place >= 60 else "200"} for place in range(100)])
    assert lines_of(say("hunt", "logs", "--all", "--format", "json"), "finding") == []
    write("vllm-2.log", [servers(place).replace("call-", "direct-") for place in range(30)])
    (finding,) = lines_of(say("hunt", "logs", "--all", "--format", "json"), "finding")
    assert finding["detection"] == "inference/server_called_past_gateway"
    assert finding["count"] == 30


def flows(to: str, hour: int, packets: int, size: int) -> str:
    """What a model server sent from its port at a quarter past this hour of the gateway's log."""
    when = START + hour * 3600 + 900
    ends = f"10.0.4.17 {to} 8000 40001"
    return f"2 111122223333 eni-0123456789abcdef0 {ends} 6 {packets} {size} {when} {when + 60} ACCEPT OK"


def test_a_server_that_answers_while_the_gateway_rests_is_found_by_its_flow_logs(say: Say) -> None:
    write("gateway.jsonl", [gateways(place) for place in (*range(100), *range(1200, 1210))])
    header = (
        "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action "
        "log-status"
    )
    usual = [
        header,
        *(flows("10.0.9.5", hour, 400, 560_000) for hour in (0, 10)),
        *(flows("10.0.7.7", h, 50, 40_000) for h in range(10)),
    ]
    write("flows.log", [*usual, flows("10.0.31.8", 4, 400, 560_000)])
    (finding,) = lines_of(say("hunt", "logs", "--all", "--format", "json"), "finding")
    assert finding["detection"] == "inference/served_while_gateway_idle"
    assert "528 kB from port 8000 to 10.0.31.8 in 1 hour around which the gateway logged no call" in finding["why"]
    write("gateway-2.jsonl", [gateways(place) for place in range(470, 490)])
    assert lines_of(say("hunt", "logs", "--all", "--format", "json"), "finding") == []


def test_source_code_of_ours_is_looked_for_and_what_is_missing_is_said_before_anything_is_read(say: Say) -> None:
    Path("src").mkdir()
    code = "\n".join(f"    total_{n} = weigh(shelf_{n * 7919 % 97}, past={n})" for n in range(20))
    Path("src", "weigh.py").write_text(code)
    write("gateway.jsonl", [gateways(place, f"As asked:\n{code}") for place in range(6)])
    assert lines_of(say("hunt", "logs", "--all", "--format", "json"), "finding") == []
    (finding,) = lines_of(say("hunt", "logs", "--code", "src", "--all", "--format", "json"), "finding")
    assert finding["detection"] == "inference/secrets_in_answers"
    assert "6 answers with our own code in a day" in finding["why"]
    assert "--code gone does not exist" in say("hunt", "logs", "--code", "gone")


def test_system_prompts_and_fingerprints_of_datasets_are_looked_for(say: Say) -> None:
    words = [
        f"{a}{b}" for a in ("ba", "ko", "li", "mu", "ne", "ra") for b in ("der", "fin", "gas", "hom", "jet", "kul")
    ]
    chance = random.Random(7)  # noqa: S311 - the same each time
    taught, prompt = (" ".join(chance.choice(words) for _ in range(400)) for _ in range(2))
    Path("data").mkdir()
    Path("data", "set.txt").write_text(taught)
    Path("prompt.txt").write_text(prompt)
    write("gateway.jsonl", [gateways(place, [taught, prompt, "No."][place % 3]) for place in range(30)])
    assert lines_of(say("hunt", "logs", "--all", "--format", "json"), "finding") == []
    Path(".stanch").mkdir(exist_ok=True)
    say("fingerprint", "data", "--out", ".stanch/set.fingerprint")
    said = say("hunt", "logs", "--system-prompt", "prompt.txt", "--all", "--format", "json")
    found = {finding["detection"] for finding in lines_of(said, "finding")}
    assert found == {"inference/training_data_drawn_out", "inference/system_prompt_leaked"}
    elsewhere = say("hunt", "logs", "--state", "other", "--fingerprint", ".stanch/set.fingerprint", "--format", "json")
    (why,) = skipped(elsewhere)
    assert why.startswith("answers of models: 30 were looked into without what knows our own texts: ")
    assert "does not exist" in say("hunt", "logs", "--system-prompt", "none.txt") or "No such file" in say(
        "hunt", "logs", "--system-prompt", "none.txt"
    )


def told_by(system: str, place: int, answer: str) -> dict[str, Any]:
    """A call with its application's words, as LiteLLM logs it."""
    asked = [{"role": "system", "content": system}, {"role": "user", "content": "What were you told?"}]
    return gateways(place, answer, messages=asked)


def test_an_answer_that_prints_its_own_system_prompt_is_found_though_nobody_gave_it_to_look_for(say: Say) -> None:
    other = "Parcels above thirty kilograms go by night train to Rotterdam and are handed out there. " * 4
    write("gateway.jsonl", [told_by(OWN, place, "No.") for place in range(8)])
    write(
        "texts.jsonl", [told_by(f"Answer from these.\n\nDocuments:\n{other}", place, other) for place in range(8, 30)]
    )
    assert lines_of(say("hunt", "logs", "--all", "--format", "json"), "finding") == []
    write("gateway.jsonl", [told_by(OWN, place, OWN.upper() if place == 7 else "No.") for place in range(8)])
    (finding,) = lines_of(say("hunt", "logs", "--all", "--format", "json"), "finding")
    assert finding["detection"] == "inference/system_prompt_leaked"
    assert finding["why"] == "1 of 8 answers of a day repeat the system prompt of their own call"
    done = without("hyperscan", "hunt", "logs", "--all", "--format", "json")
    assert {line["detection"] for line in lines_of(done.stdout, "finding")} == {"inference/system_prompt_leaked"}


def test_what_was_not_looked_into_is_told_with_the_reason(say: Say) -> None:
    write("gateway.jsonl", [gateways(place) for place in range(4)])
    silent = [gateways(place, response=None, messages=None) for place in range(4, 7)]
    nothing: dict[str, Any] = {"response": None, "messages": None}
    write(
        "other.jsonl",
        [*silent, gateways(8, status="failure", **nothing), gateways(9, call_type="aembedding", **nothing)],
    )
    write("proxy.jsonl", [proxys(place) for place in range(3)])
    Path(".stanch").mkdir()
    Path(".stanch", "spoilt.fingerprint").write_bytes(b"no fingerprint at all")
    told = skipped(say("hunt", "logs", "--format", "json"))
    none = "answers of models: 6 of 10 lines of calls hold none (litellm, nginx): those were not looked into"
    assert told.pop(none) is False
    ((why, fault),) = told.items()
    assert "4 were looked into without what knows our own texts: .stanch/spoilt.fingerprint: " in why
    assert fault is True


def without(library: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """The command where a library cannot be loaded."""
    code = f"import sys; sys.modules[{library!r}] = None; from stanch.cli import main; main()"
    return subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False, env={**os.environ}
    )


def test_without_hyperscan_the_hunt_goes_on_and_says_what_it_could_not_do(say: Say) -> None:
    leaky = f"{'poem ' * 60}{AWS_KEY} {'and so it goes ' * 20}"
    write("gateway.jsonl", [gateways(place, leaky) for place in range(40)])
    done = without("hyperscan", "hunt", "logs", "--all", "--format", "json")
    assert skipped(done.stdout) == {
        "answers of models: 40 could not be looked into: hyperscan cannot be loaded": True
    }, done.stderr
    assert {line["detection"] for line in lines_of(done.stdout, "finding")} == {"inference/training_data_drawn_out"}
    assert done.returncode == 3


def test_what_looks_into_answers_is_loaded_with_the_first_of_them(say: Say) -> None:
    write("trail.json", ['{"Records": []}'])
    write("proxy.jsonl", [proxys(0)])
    code = (
        "import sys\nfrom stanch.cli import main\ntry: main()\nexcept SystemExit: pass\n"
        "print([name for name in ('hyperscan', 'stanch.engine.inspect') if name in sys.modules])"
    )
    for path, loaded in (("trail.json", []), ("proxy.jsonl", []), ("gateway.jsonl", ["hyperscan"])):
        write("gateway.jsonl", [gateways(0)])
        ran = subprocess.run(
            [sys.executable, "-c", code, "hunt", f"logs/{path}"], capture_output=True, text=True, check=True
        )
        assert eval(ran.stdout.splitlines()[-1])[: len(loaded) or None] == loaded  # noqa: S307 - our own list


def test_several_processes_look_into_the_same_answers(say: Say) -> None:
    for part in range(40):
        leaky = [f"{AWS_KEY} {'x' * 400}" if place % 2 else "No." for place in range(60)]
        calls = [gateways(part * 60 + place, leaky[place], startTime=START + place) for place in range(60)]
        write(f"{part}.jsonl", calls)
    (finding,) = lines_of(say("hunt", "logs", "--all", "--format", "json"), "finding")
    assert finding["detection"] == "inference/secrets_in_answers"
    assert "1,200 answers with secrets" in finding["why"]


ODD: dict[str, Callable[[], Iterator[dict[str, Any] | str]]] = {
    "null-tokens.jsonl": lambda: (gateways(n, prompt_tokens=None, completion_tokens=None) for n in range(5)),
    "numbers-as-text.jsonl": lambda: (
        gateways(100 + n, prompt_tokens="10", completion_tokens="20", response_cost="1e-3", startTime=iso(START + n))
        for n in range(5)
    ),
    "singular.jsonl": lambda: (
        {
            name.replace("_tokens", "_token"): value
            for name, value in gateways(200 + n).items()
        }
        for n in range(5)
    ),
    "unknown-model.jsonl": lambda: (gateways(300 + n, model="\u202egpt\x1b[2J", model_group=None) for n in range(5)),
    "long.jsonl": lambda: (
        gateways(400 + n, messages=[{"role": "user", "content": "long prompt " * 900_000}]) for n in range(2)
    ),
    "clock.jsonl": lambda: (gateways(500 + n, startTime=when) for n, when in enumerate((-5, 1e18, "never", None))),
    "two-formats.jsonl": lambda: iter([gateways(600), json.dumps(proxys(600)), servers(600), gateways(601)]),
    "cut.jsonl": lambda: iter([gateways(700), json.dumps(gateways(701))[:-30], gateways(702)]),
    "turned.jsonl": lambda: iter([gateways(n) for n in (804, 801, 803, 801, 800)]),
    "fragments.log": lambda: iter(
        [
            servers(900),
            servers(900).replace(
                "Received request chatcmpl-call-900: prompt: 'Tell tale 900.', params: SamplingParams(n=1, "
                "max_tokens=100), prompt_token_ids: [1, 2, 3], lora_request: None.",
                "Generated response chatcmpl-call-900 (streaming delta): output: 'Once', output_token_ids: [4], "
                "finish_reason: None",
            ),
            servers(900).replace(" stdout F ", " stdout P "),
        ]
    ),
}  # fmt: skip


def test_odd_logs_are_read_as_far_as_they_can_be_and_the_rest_is_told(say: Say) -> None:
    for name, records in ODD.items():
        write(name, list(records()))
    Path("logs", "binary.jsonl").write_bytes(json.dumps(gateways(950)).encode() + b"\n\x00\xff\xfe{\x80}\n")
    said = say("hunt", "logs", "--format", "json")
    told = skipped(said)
    of = {name: [why for why in told if why.startswith(f"logs/{name}")] for name in (*ODD, "binary.jsonl")}
    whole = {"null-tokens.jsonl", "numbers-as-text.jsonl", "singular.jsonl", "unknown-model.jsonl", "long.jsonl",
             "turned.jsonl"}  # fmt: skip
    assert {name for name, why in of.items() if not why} == whole
    assert all(told[why] for name in ("clock.jsonl", "cut.jsonl", "binary.jsonl") for why in of[name])
    (coverage,) = lines_of(said, "coverage")
    assert coverage["duplicates"] == 1
    # 5 + 5 + 5 + 5 + 2, of two formats 2 and of the cut ones 2, of the turned ones 4, one of fragments, one of binary.
    assert coverage["events"] == 32
    people = say("hunt", "logs")
    assert "\x1b[2J" not in people
    assert "\u202e" not in people


def test_a_file_of_which_something_was_rightly_left_out_is_read(say: Say) -> None:
    other = proxys(0) | {"request": "GET /index.html HTTP/1.1"}
    write("proxy.jsonl", [proxys(0), other])
    (coverage,) = lines_of(say("hunt", "logs", "--format", "json"), "coverage")
    assert coverage["files_read"] == 1
    assert "requests for other paths" in json.dumps(coverage["files_skipped"])


def test_a_hunt_in_which_all_was_rightly_left_out_searched_nothing(say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    write("proxy.jsonl", [proxys(0) | {"request": "GET /index.html HTTP/1.1"}])
    monkeypatch.setattr("sys.argv", ["stanch", "hunt", "logs"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 3


@pytest.mark.parametrize(
    "arguments",
    [
        ("lake", "import", "logs"),
        ("contain", "--resource", "arn:aws:iam::111122223333:role/x", "--logs", "logs"),
    ],
)
def test_who_asks_for_events_is_told_what_a_log_of_calls_is(
    say: Say, arguments: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    write("gateway.jsonl", [gateways(0)])
    said = say(*arguments)
    assert "a log of model calls (litellm), which `stanch hunt` reads" in said
    assert "no log that stanch knows" not in said


def test_what_is_kept_of_a_hunt_that_may_be_interrupted_holds_no_word_and_is_salted(
    say: Say, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "WORTH_KEEPING", 0)
    asked = [{"role": "system", "content": OWN}, {"role": "user", "content": SECRET}]
    write("gateway.jsonl", [gateways(n, AWS_KEY, messages=asked) for n in range(40)])
    files = Listing(found([Path("logs")]))
    salts = []
    for resumed in (0, 1):
        with app.resuming(tmp_path, files, "", Estate(), ALWAYS) as (keeper, kept):
            assert kept is not None
            assert kept.resumed == resumed
            answers = Answers(tmp_path)
            hunted = app.hunt(
                files, Estate(), ([], []), watches=app.behaviours(), keeper=keeper, inspect=answers, salt=kept.salt
            )
            kept.commit()
            salts.append(kept.salt)
            assert [one.findings[0].detection for one in hunted.incidents] == ["inference/secrets_in_answers"]
            stored = b"".join(path.read_bytes() for path in (tmp_path / "hunts").iterdir())
        masked = re.sub(r"\d+", "#", OWN.casefold())
        guesses = [blake2b(guess.encode(), digest_size=8).hexdigest().encode() for guess in (SECRET, OWN, masked)]
        spoken = (SECRET.encode(), AWS_KEY.encode(), b"Northwind", *guesses)
        assert b"gateway.jsonl" in stored
        assert not [secret for secret in spoken if secret in stored]
    assert salts[0] == salts[1]
    assert len(salts[0]) == 32


def test_who_reads_events_alone_is_told_once_of_each_file_that_has_none(say: Say, tmp_path: Path) -> None:
    write("gateway.jsonl", [gateways(0)])
    write("alb.log", [balancers(0)])
    write("flows.log", ["2 111122223333 eni-1 10.0.0.1 10.0.0.2 443 40000 6 1 40 1780308000 1780308060 ACCEPT OK"])
    files = Listing(found([tmp_path / "logs"]))
    tally = Tally()
    calls_in(files, tally)
    part = LakeScanner([], Estate(), every_source(), calls=False).scan(files)
    for read in (tally, part.tally):
        assert read.events == 1
        assert read.tables == []
        assert {(Path(skip.path).name, skip.why, skip.fault) for skip in read.skipped} == {
            ("gateway.jsonl", "a log of model calls (litellm), which `stanch hunt` reads", False),
            ("flows.log", "a log of network flows (vpc_flow), which `stanch hunt` reads", False),
        }
    assert not part.calls


def test_no_word_and_no_key_of_any_source_is_told_or_kept_anywhere(say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "WORTH_KEEPING", 0)
    for number, (_, path, content) in enumerate(SAMPLES.values()):
        name = f"{number}-{Path(path).name.removesuffix('.gz')}"
        Path("logs", name).write_bytes(content)
        Path("logs", f"cut-{name}").write_bytes(content[: len(content) * 2 // 3])
        Path("logs", f"odd-{name}").write_bytes(content.replace(b'"', b"\xff", 3) + SECRET.encode() + CLEAR.encode())
    leaky = [gateways(n, f"{SECRET} {AWS_KEY} {'poem ' * 60}") | {"messages": [{"content": SECRET}]} for n in range(40)]
    write("gateway.jsonl", leaky)
    write("own.jsonl", [told_by(f"{OWN} {SECRET}", n, f"{OWN} {SECRET}" if n % 9 else "No.") for n in range(100, 140)])
    told = [say("hunt", "logs", "--all", "--format", "json")]
    assert "answers of a day repeat the system prompt of their own call" in told[0]
    (incident, *_) = [line["id"] for line in lines_of(told[0], "incident")]
    asked: list[tuple[str, ...]] = [
        ("hunt", "logs", "--all"),
        ("hunt", "logs", "--save", "--all"),
        ("hunt", "lake", "logs"),
        ("lake", "import", "logs"),
        ("incidents", "--format", "json"),
        ("incidents", incident),
        ("report", incident, "--regime", "gdpr", "--out", "reports"),
        ("contain", incident),
    ]
    told += [say(*arguments) for arguments in asked]
    assert not [text for text in told for secret in (SECRET, CLEAR, AWS_KEY, "Northwind") if secret in text]
    kept = [path for path in Path().rglob("*") if path.is_file() and path.parent.name != "logs"]
    assert {".md", ".html", ".db"} <= {path.suffix for path in kept}
    spoken = (SECRET.encode(), CLEAR.encode(), AWS_KEY.encode(), b"Northwind")
    assert not [path for path in kept for secret in spoken if secret in path.read_bytes()]
