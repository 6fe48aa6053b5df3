"""Calls of models from the gateway's log to a blocked key; not one word of what was asked or answered on the way."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.cli.running import lines_of, signed_in
from tests.ground import Ground
from tests.litellm_server import MASTER, VARIABLE, LiteLlm, serving

from stanch.cli import main

START = 1_780_272_000
SECRETS = (
    "xk-planted-in-a-prompt-7781",
    "xk-planted-in-an-answer-9934",
    "xk-planted-in-a-system-prompt-5512",
    "Erika Mustermann lives at Heidestrasse 17",
)


def record(key: str, when: float, request: int, *, stolen: bool = False) -> dict[str, Any]:
    """A call as the gateway logs it, words and all; a stolen key comes from elsewhere, by another client."""
    asked, given, system, person = SECRETS
    address = "203.0.113.9" if stolen else "198.51.100.7"
    said = f"{'poem ' * 60} Use {given}. {person}"
    return {
        "id": f"chatcmpl-{request}",
        "call_type": "acompletion",
        "status": "success",
        "startTime": when,
        "endTime": when + 1,
        "model": "llama-70b",
        "prompt_tokens": 90,
        "completion_tokens": 210,
        "response_cost": 0.001,
        "metadata": {"user_api_key_hash": key, "user_api_key_team_id": "team-1", "requester_ip_address": address},
        "user_agent": "python-httpx/0.28" if stolen else "client/1",
        "model_parameters": {"max_tokens": 400},
        "messages": [
            {"role": "system", "content": f"The word is {system}."},
            {"role": "user", "content": f"{person}. Sign with {asked}, please. {'poem ' * 60}"},
        ],
        "response": {"choices": [{"message": {"role": "assistant", "content": said}}]},
    }


@pytest.fixture
def gateway() -> Iterator[LiteLlm]:
    """A gateway with one key."""
    with serving() as server:
        server.key(key_alias="support-bot")
        yield server


@pytest.fixture
def logged(gateway: LiteLlm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Logs in which the key is used by day for nine days and then by night from elsewhere, and the estate."""
    (key,) = gateway.keys
    calls = [record(key, START + day * 86_400 + 36_000 + n * 900, day * 100 + n) for day in range(9) for n in range(20)]
    calls += [record(key, START + 9 * 86_400 + 7200 + n * 60, 9000 + n, stolen=True) for n in range(60)]
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "gateway.jsonl").write_text("".join(json.dumps(call) + "\n" for call in calls))
    (tmp_path / "stanch.toml").write_text(
        f'[[response.gateway]]\nname = "main"\nurl = "{gateway.url}"\nsecret = "{VARIABLE}"\n'
    )
    monkeypatch.setenv(VARIABLE, MASTER)
    return tmp_path


@pytest.fixture
def say(
    logged: Path, ground: Ground, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., str]:
    """Runs the command there as the range's responder; all that it said, on either stream."""
    monkeypatch.chdir(logged)
    signed_in(monkeypatch, ground, ground.responder_credentials)
    monkeypatch.setenv("COLUMNS", "200")

    def run(*arguments: str) -> str:
        monkeypatch.setattr("sys.argv", ["stanch", *arguments])
        with pytest.raises(SystemExit):
            main()
        said = capsys.readouterr()
        return said.out + said.err

    return run


def test_a_stolen_key_is_found_and_blocked_at_its_gateway(say: Callable[..., str], gateway: LiteLlm) -> None:
    (key,) = gateway.keys
    said = say("hunt", "logs", "--format", "json")
    (incident,) = lines_of(said, "incident")
    found = {line["detection"] for line in lines_of(said, "finding")}
    assert {"inference/key_in_new_network", "inference/training_data_drawn_out"} <= found
    (coverage,) = lines_of(said, "coverage")
    assert coverage["events"] == 240
    said = say("contain", incident["id"], "--apply", "--yes")
    assert gateway.keys[key]["blocked"] is True, said
    assert f"accept {incident['id']} --action by-hand --resource arn:gateway:litellm:main::key/{key}" in said
    say("undo", incident["id"], "--yes")
    assert not gateway.keys[key]["blocked"]


def test_no_word_of_prompts_or_answers_is_told_or_kept_anywhere(say: Callable[..., str], logged: Path) -> None:
    machine = say("hunt", "logs", "--all", "--format", "json")
    (incident,) = [line["id"] for line in lines_of(machine, "incident")]
    asked: list[tuple[str, ...]] = [
        ("hunt", "logs", "--all"),
        ("hunt", "logs", "--save", "--all"),
        ("hunt", "logs", "lake"),
        ("incidents", "--format", "json"),
        ("incidents", "show", incident),
        ("incidents", incident, "--format", "json"),
        ("contain", incident),
        ("contain", incident, "--apply", "--yes"),
        ("report", incident, "--regime", "gdpr", "--out", "reports"),
    ]
    told = [machine, *(say(*arguments) for arguments in asked)]
    kept = [path for path in logged.rglob("*") if path.is_file() and path.parent.name != "logs"]
    assert {".md", ".html"} <= {path.suffix for path in kept}, told[-1]
    for secret in SECRETS:
        assert not [text for text in told if secret in text]
        assert not [path for path in kept if secret.encode() in path.read_bytes()]


def test_a_log_of_calls_that_is_spoilt_tells_nothing_of_what_it_holds(say: Callable[..., str], logged: Path) -> None:
    log = logged / "logs" / "gateway.jsonl"
    log.write_bytes(log.read_bytes()[:-700] + b'\n{"id": "' + SECRETS[0].encode() + b"\xff\n[" + SECRETS[1].encode())
    for arguments in (("hunt", "logs", "--all"), ("hunt", "logs", "--all", "--format", "json")):
        said = say(*arguments)
        assert not [secret for secret in SECRETS if secret in said]
        assert "gateway.jsonl" in said


def test_a_key_is_blocked_and_given_back_by_who_has_no_region_and_no_credentials_of_aws(
    say: Callable[..., str], gateway: LiteLlm, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL", "AWS_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    (key,) = gateway.keys
    (incident,) = lines_of(say("hunt", "logs", "--format", "json"), "incident")
    said = say("contain", incident["id"])
    assert "at the gateway main" in said
    assert gateway.keys[key]["blocked"] is not True
    said = say("contain", incident["id"], "--apply", "--yes")
    assert gateway.keys[key]["blocked"] is True, said
    said = say("undo", incident["id"], "--yes")
    assert not gateway.keys[key]["blocked"], said
    said = say("contain", "--resource", f"arn:gateway:litellm:elsewhere::key/{key}")
    assert "no [[response.gateway]] is named 'elsewhere'" in said
    assert "region" in say("contain", "--resource", "arn:aws:iam::111122223333:role/x")
