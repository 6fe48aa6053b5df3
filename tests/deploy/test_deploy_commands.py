"""`stanch deploy`: files that can be deployed, differences with an exit code, faults with their place."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest
import typer
from tests.deploy.conftest import EXAMPLE
from typer.testing import CliRunner

from stanch.cli import deploy
from stanch.cli.face import WrongUse

cli = typer.Typer()
deploy.register(cli)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    ask("render", "--out", tmp_path / "out")
    return tmp_path / "out"


def ask(*words: object, estate: Path = EXAMPLE) -> tuple[int, list[dict[str, Any]], str]:
    run = CliRunner().invoke(cli, ["deploy", *map(str, words), "--estate", str(estate), "--format", "json"])
    if isinstance(run.exception, Exception) and not isinstance(run.exception, SystemExit):
        raise run.exception
    return run.exit_code, [json.loads(line) for line in run.stdout.splitlines()], run.stderr


def test_render_writes_three_templates_their_parameters_and_the_freeze_policy(tmp_path: Path) -> None:
    code, lines, err = ask("render", "--out", tmp_path / "out", "--stage", "dev")
    assert code == 0
    assert {Path(line["path"]).name for line in lines} == {path.name for path in (tmp_path / "out").iterdir()}
    assert len(lines) == 7
    assert "responder asks you for: CodeBucket, LayerArns" in err


def test_what_a_deployment_will_not_cover_ends_with_3(tmp_path: Path) -> None:
    estate = tmp_path / "stanch.toml"
    blind = '\n[[asset]]\nname = "by-tag"\nkind = "weights"\nwhere = "tag:model=llama"\n\n[[principal]]'
    estate.write_text(EXAMPLE.read_text().replace("\n[[principal]]", blind, 1))
    code, lines, _ = ask("render", "--out", tmp_path / "out", estate=estate)
    assert code == 3
    missing = [line["what"] for line in lines if line["kind"] == "missing"]
    assert missing[0].startswith("by-tag (tag:model=llama)")


def test_an_estate_that_lacks_something_is_refused_with_the_remedy(tmp_path: Path) -> None:
    estate = tmp_path / "stanch.toml"
    estate.write_text(EXAMPLE.read_text().replace('member_role = "stanch-member"\n', ""))
    with pytest.raises(WrongUse, match='add member_role = "stanch-member"'):
        ask("render", "--out", tmp_path / "out", estate=estate)
    with pytest.raises(WrongUse, match="there is no stage 'test'; there are dev, staging, prod"):
        ask("render", "--out", tmp_path / "out", "--stage", "test")
    assert not (tmp_path / "out").exists()


def test_diff_ends_with_0_where_nothing_differs_and_with_10_where_something_does(folder: Path) -> None:
    assert ask("diff", folder)[:2] == (0, [])
    file = folder / "member-role.yaml"
    file.write_text(file.read_text().replace("MaxSessionDuration: 3600", "MaxSessionDuration: 43200"))
    code, (line,), _ = ask("diff", folder)
    assert (code, line["file"]) == (10, "member-role.yaml")
    assert "-      MaxSessionDuration: 43200\n+      MaxSessionDuration: 3600\n" in line["diff"]


def test_what_cannot_be_looked_at_ends_with_3(folder: Path) -> None:
    (folder / "responder.yaml").write_bytes(b"\xff\xfe")
    code, (line,), _ = ask("diff", folder)
    assert (code, line["kind"]) == (3, "missing")


def test_diff_names_what_it_compares_with(tmp_path: Path) -> None:
    for words in (["diff"], ["diff", tmp_path, "--deployed"], ["diff", tmp_path / "none"]):
        with pytest.raises(WrongUse):
            ask(*words)


def test_stacks_that_nobody_lets_us_see_are_not_taken_for_equal(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "x")
    code, lines, _ = ask("diff", "--deployed", "--endpoint-url", "http://127.0.0.1:9", "--region", "eu-central-1")
    assert code == 3
    assert [line["what"].split(":")[0] for line in lines] == [
        "stack stanch-foundation",
        "stack stanch-responder",
        "stack stanch-member-role",
    ]


def test_check_tells_each_fault_with_its_place(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cfnlint", None)  # a machine without it; the linter has tests of its own
    file = folder / "foundation.prod.json"
    file.write_text(file.read_text().replace('"COMPLIANCE"', '"FOREVER"'))
    code, lines, err = ask("check", folder)
    assert code == 10
    assert lines[0] == {
        "kind": "fault",
        "file": "foundation.prod.json",
        "where": "EvidenceLockMode",
        "what": "FOREVER is none of GOVERNANCE, COMPLIANCE",
        "grave": True,
    }
    assert "not looked at: the templates were not linted" in err


def test_what_was_not_linted_is_not_called_right(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cfnlint", None)
    code, (line,), _ = ask("check", folder)
    assert (code, line["kind"]) == (3, "missing")


def faults(folder: Path, monkeypatch: pytest.MonkeyPatch, estate: Path = EXAMPLE) -> list[tuple[str, str]]:
    monkeypatch.setitem(sys.modules, "cfnlint", None)
    _, lines, _ = ask("check", folder, estate=estate)
    return [(line["file"], line["what"]) for line in lines if line["kind"] == "fault"]


def test_a_freeze_policy_that_is_not_there_or_no_policy_is_a_fault(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = folder / "freeze-policy.json"
    for text in ("{", "[]", '{"Statement": [{"Effect": "Maybe"}]}', "[" * 100_000):
        file.write_text(text)
        ((name, what),) = faults(folder, monkeypatch)
        assert (name, what[:27]) == ("freeze-policy.json", "no policy that can be read:")
    file.unlink()
    assert faults(folder, monkeypatch) == [("freeze-policy.json", "not there: `stanch deploy render` writes it")]


def test_a_freeze_that_would_bind_the_responder_or_the_way_back_in_is_a_fault(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = folder / "freeze-policy.json"
    rendered = file.read_text()
    for spared in ("stanch-member", "stanch-responder", "break-glass"):
        file.write_text(rendered.replace(f"role/{spared}", "role/other"))
        found = [what for name, what in faults(folder, monkeypatch) if name == file.name]
        assert found[0] == "not what this estate renders: `stanch deploy diff` shows how"
        assert [what for what in found if f"role/{spared}, who must stay free: access-analyzer:" in what]
    whole = json.loads(rendered)
    whole["Statement"].append({"Effect": "Deny", "Action": "ec2:*", "Resource": "*"})
    file.write_text(json.dumps(whole))
    assert any("stanch-member, who must stay free: ec2:" in what for _, what in faults(folder, monkeypatch))


def test_a_freeze_that_stops_nobody_is_a_fault_also_where_the_estate_asked_for_it(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    estate = tmp_path / "stanch.toml"
    estate.write_text(EXAMPLE.read_text().replace("role/break-glass", "role/*"))
    ask("render", "--out", folder, estate=estate)
    found = faults(folder, monkeypatch, estate)
    assert {name for name, _ in found} == {"freeze-policy.json", "foundation.yaml"}
    assert all("does not bind arn:aws:iam::" in what for _, what in found)
    file = folder / "freeze-policy.json"
    ask("render", "--out", folder)
    file.write_text(file.read_text().replace('"iam:Attach*",', ""))
    assert any("does not bind" in what and "iam:AttachAnything" in what for _, what in faults(folder, monkeypatch))


def test_a_freeze_of_another_estate_is_told_in_the_template_too(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    estate = tmp_path / "stanch.toml"
    estate.write_text(EXAMPLE.read_text().replace('"stanch-member"', '"security/stanch"'))
    found = faults(folder, monkeypatch, estate)
    assert {name for name, _ in found} == {"freeze-policy.json", "foundation.yaml"}
    assert any("binds arn:aws:iam::111122223333:role/security/stanch, who must stay free" in what for _, what in found)


def test_render_ends_with_what_to_do_next(tmp_path: Path) -> None:
    said = ask("render", "--out", tmp_path / "out", "--stage", "dev")[2].splitlines()
    assert said[-3] == "Next:"
    assert said[-2].endswith(f"deploy check {tmp_path / 'out'} --stage dev --estate {EXAMPLE}")
    assert said[-1].endswith("deploy package")


def test_package_writes_the_code_and_what_its_layer_holds(tmp_path: Path) -> None:
    run = CliRunner().invoke(cli, ["deploy", "package", "--out", str(tmp_path / "new" / "responder.zip")])
    assert run.exit_code == 0
    assert {path.name for path in (tmp_path / "new").iterdir()} == {"responder.zip", "responder.requirements.txt"}
    assert "SHA-256" in run.stdout
    assert "pip install --target python" in run.stdout
