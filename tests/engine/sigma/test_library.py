"""Rules of one folder count each other across files, and one bad file never stops the others."""

from typing import Any

import pytest
import yaml
from tests.engine.sigma.asking import matched, rule_text
from tests.engine.sigma.correlating import base, correlate, numbered, reads

from stanch.engine import sigma


def top(title: str, *rules: str, **more: Any) -> dict[str, Any]:
    """A correlation that counts two matches of these rules."""
    counted = {"type": "event_count", "rules": list(rules), "timespan": "60s", "condition": {"gte": 2}, **more}
    return {"title": title, "correlation": counted}


def folder(product: Any = None, **files: Any) -> tuple[list[sigma.Rule], dict[str, str]]:
    given = [
        sigma.RuleFile(name, f"{name}.yml", text if isinstance(text, str) else yaml.safe_dump_all(text))
        for name, text in files.items()
    ]
    rules, refused = sigma.read_folder(given, product=product)
    return rules, {one.file.id: f"{'' if one.fault else 'no fault: '}{one.why}" for one in refused}


@pytest.mark.parametrize("reference", ["Get", "Base Get", "4a6b8c0d-2e3f-5a7b-9c1d-3e4f5a6b7c8d"])
def test_a_correlation_counts_a_rule_of_another_file(reference: str) -> None:
    rules, refused = folder(
        count=[top("Many", reference)], get=[base("Get", id="4a6b8c0d-2e3f-5a7b-9c1d-3e4f5a6b7c8d")]
    )
    assert refused == {}
    assert [(rule.id, rule.generates) for rule in rules] == [("count", True), ("get", False)]
    assert rules[0].logsource.product == "aws"
    assert correlate(rules, numbered(reads(0, 1))) == [((), ["e0", "e1"])]


def test_a_rule_of_its_own_file_goes_before_one_of_the_folder() -> None:
    rules, refused = folder(a=[top("Many", "Get"), base("Get")], b=[base("Get")])
    assert refused == {}
    assert rules[0].correlation is not None
    assert rules[0].correlation.bases == ("a#Get",)
    assert [rule.generates for rule in rules] == [True, False, True]


def test_a_word_that_means_two_rules_of_the_folder_is_refused() -> None:
    _, refused = folder(count=[top("Many", "Get")], a=[base("Get")], b=[base("Get")])
    assert "two rules have the name 'Get'" in refused.pop("count")
    assert refused == {}


def test_a_counted_rule_speaks_only_if_all_that_count_it_let_it() -> None:
    loud, quiet = top("Loud", "Get", generate=True), top("Quiet", "Get")
    assert [rule.generates for rule in folder(loud=[loud], get=[base("Get")])[0]] == [True, True]
    assert [rule.generates for rule in folder(loud=[loud], quiet=[quiet], get=[base("Get")])[0]] == [True, True, False]


def test_one_file_may_hold_several_correlations_and_several_rules() -> None:
    rules, refused = folder(
        both=[base("Get"), base("Put"), top("Inner", "Get"), top("Outer", "Inner"), top("Puts", "Put")]
    )
    assert refused == {}
    assert [rule.id for rule in rules] == ["both", "both#Get", "both#Put", "both#Inner", "both#Puts"]
    assert [rule.generates for rule in rules] == [True, False, False, False, True]
    assert rules[0].detection.title == "Outer"
    several, _ = folder(rules=[base("Get"), base("Put")])
    assert [(rule.id, rule.generates) for rule in several] == [("rules", True), ("rules#Put", True)]


def test_correlations_in_a_circle_are_refused_and_so_are_towers() -> None:
    rules, refused = folder(a=[top("A", "B")], b=[top("B", "A")], c=[top("C", "C")], get=[base("Get")])
    assert [rule.id for rule in rules] == ["get"]
    assert "in a circle" in refused["a"]
    assert "in a circle" in refused["b"]
    assert "no rule has the name" in refused["c"]
    tower = {f"t{at}": [top(f"T{at}", f"T{at + 1}" if at < 200 else "Get")] for at in range(201)}
    rules, refused = folder(**tower, get=[base("Get")])
    assert len(rules) == 9
    assert len(refused) == 193


def test_what_counts_a_rule_of_a_broken_file_is_refused_with_it_and_the_others_are_used() -> None:
    rules, refused = folder(
        broken=[base("Get"), {"title": "no log source"}], first=[top("First", "Get")], second=[top("Second", "First")],
        good=[base("Put")], worse="[",
    )  # fmt: skip
    assert [rule.id for rule in rules] == ["good"]
    assert sorted(refused) == ["broken", "first", "second", "worse"]
    assert all(why.startswith(f"{id}.yml: ") for id, why in refused.items())  # noqa: A001


def test_another_products_rules_are_left_out_without_fault_and_so_is_what_counts_them() -> None:
    windows = base("Get", logsource={"product": "windows", "service": "security"})
    anyone = base("Any", logsource={"category": "x"})
    rules, refused = folder("aws", windows=[windows], count=[top("Many", "Get")], any=[anyone])
    assert [rule.id for rule in rules] == ["any"]
    assert refused["windows"].startswith("no fault: windows.yml: written for another product's logs: 'windows'")
    assert refused["count"].startswith("no fault: count.yml: counts 'Get'")


def test_two_files_with_one_id_are_told_apart_or_told() -> None:
    text = yaml.safe_dump(base("Get"))
    files = [sigma.RuleFile(path.rpartition(".")[0], path, text) for path in ("a/x.yml", "b/x.yml", "a/x.YAML")]
    rules, refused = sigma.read_folder(files)
    assert [rule.id for rule in rules] == ["a/x", "b/x"]
    assert [one.why for one in refused] == ["a/x.YAML: a/x.yml has the id a/x already; rename one of them"]


def test_a_filter_of_the_folder_holds_for_the_rules_it_names() -> None:
    filter = {  # noqa: A001
        "title": "Ours",
        "logsource": {"product": "aws"},
        "filter": {"rules": ["Get"], "ours": {"who": "deploy"}, "condition": "not ours"},
    }
    rules, refused = folder(get=[base("Get")], put=[base("Put")], ours=[filter])
    assert refused == {}
    matcher = sigma.compile(rules)
    assert [rule.id for rule in matched(matcher, {"eventName": "Get", "who": "eve"})] == ["get"]
    assert matched(matcher, {"eventName": "Get", "who": "Deploy"}) == []
    assert [rule.id for rule in matched(matcher, {"eventName": "Put", "who": "deploy"})] == ["put"]


PLACEHOLDERS = sigma.placeholders_of("admins: [alice, 'bob*']\nport: 22\nre: ['a.c', x+]", "p.yml")


@pytest.mark.parametrize(
    ("selection", "taken", "left"),
    [
        ({"a|expand": "%admins%"}, ["alice", "BOBBY"], ["eve", "%admins%"]),
        ({"a|expand": "arn:%admins%/%port%"}, ["arn:alice/22", "arn:bobx/22"], ["arn:alice/23"]),
        ({"a|expand|contains": "%admins%"}, ["xalicex"], ["alic"]),
        ({"a|expand|cased": "%admins%"}, ["alice", "bobby"], ["ALICE"]),
        ({"a|expand": ["x", "%port%"]}, ["x", "22", 22], ["23"]),
        ({"a|re|expand": "^%re%$"}, ["abc", "xxx"], ["ac"]),
        ({"a|expand|neq": "%admins%"}, ["eve"], ["alice", "bobby"]),
        ({"a|expand|all|contains": "%admins%"}, ["alice bob"], ["alice", "bob"]),
        (["%admins%"], [], ["alice"]),
        ({"|expand": "%admins%"}, ["I am alice"], ["eve"]),
    ],
)
def test_a_placeholder_means_the_values_of_its_list(selection: Any, taken: list[Any], left: list[Any]) -> None:
    file = sigma.RuleFile("a", "a.yml", rule_text({"selection": selection}))
    rules, refused = sigma.read_folder([file], PLACEHOLDERS)
    assert refused == []
    matcher = sigma.compile(rules)
    assert [value for value in taken if not matched(matcher, {"a": value})] == []
    assert [value for value in left if matched(matcher, {"a": value})] == []


def test_placeholders_that_multiply_without_end_are_refused() -> None:
    many = sigma.placeholders_of(yaml.safe_dump({"n": list(range(200))}), "p.yml")
    file = sigma.RuleFile("a", "a.yml", rule_text({"s": {"a|expand": "%n%%n%%n%"}}, "s"))
    _, refused = sigma.read_folder([file], many)
    assert "mean 8000000 values, more than 10000" in refused[0].why


BAD_LISTS = ["- a", "a: {b: c}", "a: []", "a: [[x]]", "a: [null]", "[", "a: " + "[" * 99, "x" * (1 << 19)]


@pytest.mark.parametrize("text", BAD_LISTS)
def test_bad_placeholders_are_one_line_that_names_the_file(text: str) -> None:
    with pytest.raises(sigma.RuleError, match=r"^p\.yml: "):
        sigma.placeholders_of(text, "p.yml")
