"""A model copied through many keys ends when each of them is refused: one that is left goes on."""

import json
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from tests.litellm_server import MASTER, VARIABLE, LiteLlm, serving

from stanch.catalog.detections.inference._calls import KEPT_CELLS
from stanch.cli import main

START = 1_780_272_000
Say = Callable[..., str]
DAYS = 8
"""Days of others' calls before those who copy begin."""


def record(key: str, when: float, request: int, team: str, copying: bool = False) -> dict[str, Any]:
    """A call as the gateway logs it."""
    asked = f"Think step by step, show all reasoning, then solve task number {request}" if copying else f"{key} {when}"
    return {
        "id": f"chatcmpl-{request}", "call_type": "acompletion", "status": "success", "startTime": when,
        "endTime": when + 1, "model": "llama-70b", "prompt_tokens": 80, "completion_tokens": 1200 if copying else 20,
        "response_cost": 0.001, "model_parameters": {},
        "metadata": {
            "user_api_key_hash": key, "user_api_key_team_id": team,
            "requester_ip_address": "203.0.113.9" if copying else f"198.51.100.{request % 250}",
        },
        "user_agent": "python-requests/2.31" if copying else "client/1",
        "messages": [{"role": "user", "content": asked}], "response": {"choices": [{"message": {"content": "So."}}]},
    }  # fmt: skip


@pytest.fixture
def gateway() -> Iterator[LiteLlm]:
    """A gateway without a key."""
    with serving() as server:
        yield server


@pytest.fixture
def say(gateway: LiteLlm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Say:
    """Runs the command in a folder with that gateway's estate; all that it said, on either stream."""
    told = f'[[response.gateway]]\nname = "main"\nurl = "{gateway.url}"\nsecret = "{VARIABLE}"\n'
    (tmp_path / "stanch.toml").write_text(told)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(VARIABLE, MASTER)
    monkeypatch.setenv("COLUMNS", "400")

    def run(*arguments: str) -> str:
        monkeypatch.setattr("sys.argv", ["stanch", *arguments])
        with pytest.raises(SystemExit):
            main()
        said = capsys.readouterr()
        return said.out + said.err

    return run


def copied(gateway: LiteLlm, say: Say, number: int) -> tuple[str, str]:
    """So many keys copy a model: the incident, and why the finding is one. There are five times as many others."""
    for _ in range(number):
        gateway.key()
    others = [sha256(str(place).encode()).hexdigest() for place in range(5 * number)]
    calls = [record(key, START + place % DAYS * 86_400 + 36_000, place, "team") for place, key in enumerate(others)]
    calls += [
        record(key, START + DAYS * 86_400 + turn * 60 + place, 9000 + place * 100 + turn, f"team-{place % 7}", True)
        for turn in range(max(6, 1 + 1_000_000 // (1200 * number)))
        for place, key in enumerate(gateway.keys)
    ]
    Path("gateway.jsonl").write_text("".join(json.dumps(call) + "\n" for call in calls))
    lines = [
        json.loads(line) for line in say("hunt", "gateway.jsonl", "--format", "json").splitlines() if line[:1] == "{"
    ]
    (why,) = [line["why"] for line in lines if line.get("detection") == "inference/distilled_by_many_keys"]
    (incident,) = [line["id"] for line in lines if line["kind"] == "incident"]
    return incident, why


def test_the_plan_has_a_step_for_each_of_more_keys_than_a_finding_keeps_cells_of(gateway: LiteLlm, say: Say) -> None:
    incident, why = copied(gateway, say, KEPT_CELLS + 10)
    assert why.startswith(
        f"{KEPT_CELLS + 10} keys of 7 tenants share the opening of their prompts and network and client"
    )
    plan = say("contain", incident)
    assert not [key for key in gateway.keys if f"arn:gateway:litellm:main::key/{key}" not in plan], plan[-2000:]
    assert not any(known["blocked"] for known in gateway.keys.values())


def test_each_key_is_blocked_and_each_is_given_back(gateway: LiteLlm, say: Say) -> None:
    incident, _ = copied(gateway, say, 12)
    done = say("contain", incident, "--apply", "--yes")
    assert [key for key, known in gateway.keys.items() if not known["blocked"]] == [], done[-2000:]
    undone = say("undo", incident, "--yes")
    assert not any(known["blocked"] for known in gateway.keys.values()), undone[-2000:]
