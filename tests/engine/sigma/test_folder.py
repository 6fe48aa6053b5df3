"""Of every file in a folder of rules it is known whether it was loaded, and if not, why."""

from pathlib import Path

from tests.engine.sigma.asking import rule_text

from stanch import app
from stanch.domain.coverage import Failure
from stanch.engine import sigma

RULE = rule_text({"s": {"eventName": "GetObject"}}, "s")


def lay(root: Path, **files: str) -> None:
    for name, text in files.items():
        path = root / name.replace("__", "/").replace("_DOT_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def told(folder: Path) -> tuple[list[str], dict[str, Failure]]:
    rules, failures = app.rules(folder, own=False)
    return [rule.id for rule in rules], {failure.id.removeprefix(f"{folder}/"): failure for failure in failures}


def test_rules_are_loaded_whatever_the_case_of_their_suffix(tmp_path: Path) -> None:
    lay(tmp_path, a_DOT_yml=RULE, b_DOT_YML=RULE, c__d_DOT_Yaml=RULE, c__a_DOT_yaml="\ufeff" + RULE)
    assert told(tmp_path) == (["a", "b", "c/a", "c/d"], {})


def test_what_is_left_out_is_told_and_is_no_fault(tmp_path: Path) -> None:
    lay(
        tmp_path,
        a_DOT_yml=RULE,
        b_test_DOT_yml=RULE,
        _DOT_c_DOT_yml=RULE,
        _DOT_git__d_DOT_yml=RULE,
        e_DOT_yml_DOT_bak=RULE,
    )
    lay(
        tmp_path,
        windows_DOT_yml=RULE.replace("product: aws", "product: windows"),
        README_DOT_md="# Rules",
        LICENSE="free",
    )
    ids, failures = told(tmp_path)
    assert ids == ["a"]
    assert sorted(failures) == [".c", ".git", "LICENSE", "b_test", "e.yml", "windows"]
    assert not any(failure.fault for failure in failures.values())
    assert "a test by its name" in failures["b_test"].why
    assert "'windows'" in failures["windows"].why


def test_a_linked_folder_is_told_and_a_linked_file_is_read(tmp_path: Path) -> None:
    lay(tmp_path, rules__a_DOT_yml=RULE, elsewhere__b_DOT_yml=RULE, elsewhere__c__d_DOT_yml=RULE)
    (tmp_path / "rules" / "linked").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "rules" / "e.yml").symlink_to(tmp_path / "elsewhere" / "b.yml")
    ids, failures = told(tmp_path / "rules")
    assert ids == ["a", "e"]
    assert list(failures) == ["linked"]
    assert failures["linked"].fault
    assert "give --rules what it leads to" in failures["linked"].why


def test_a_broken_file_is_a_fault_and_stops_no_other(tmp_path: Path) -> None:
    lay(
        tmp_path,
        a_DOT_yml=RULE,
        b_DOT_yml="[",
        c_DOT_yml=RULE.replace("GetObject", "(").replace("eventName", "eventName|re"),
    )
    (tmp_path / "d.yml").write_bytes(b"\xff\xfe")
    (tmp_path / "e.yml").symlink_to(tmp_path / "nowhere")
    (tmp_path / "f.yml").write_text("x" * (1 << 20))
    ids, failures = told(tmp_path)
    assert ids == ["a"]
    assert sorted(failures) == ["b", "c", "d", "e", "f"]
    assert all(failure.fault for failure in failures.values())
    assert failures["d"].why == f"{tmp_path / 'd.yml'}: cannot be read: not UTF-8 text"


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    ids, failures = told(tmp_path / "nowhere")
    assert ids == []
    assert [failure.fault for failure in failures.values()] == [True]


def test_one_file_may_be_given_instead_of_a_folder(tmp_path: Path) -> None:
    lay(tmp_path, a_DOT_yml=RULE)
    assert told(tmp_path / "a.yml") == (["a"], {})


def test_the_placeholders_of_the_folder_are_used(tmp_path: Path) -> None:
    rule = rule_text({"s": {"a|expand": "%admins%"}}, "s")
    lay(tmp_path, rules__a_DOT_yml=rule)
    ids, failures = told(tmp_path)
    assert ids == []
    assert "write `admins:` with its values into placeholders.yml" in failures["rules/a"].why
    lay(tmp_path, placeholders_DOT_yml="admins: [eve]")
    assert told(tmp_path) == (["rules/a"], {})


def test_a_rule_with_the_id_of_one_of_ours_stands_beside_it(tmp_path: Path) -> None:
    ours, _ = app.rules()
    lay(tmp_path, **{ours[0].id.replace("/", "__") + "_DOT_yml": RULE})
    both, failures = app.rules(tmp_path)
    assert failures == []
    assert both[-1].id == f"site/{ours[0].id}"
    sigma.compile(both)
