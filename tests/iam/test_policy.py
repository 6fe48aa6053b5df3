import json
from typing import Any

import pytest

from stanch.iam import Policy, PolicyError, Principal, parse

STATEMENT = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}


def policy(*statements: dict[str, Any]) -> Policy:
    return parse({"Version": "2012-10-17", "Statement": list(statements)})


def test_reads_single_values_and_lists_alike() -> None:
    single = parse({"Version": "2012-10-17", "Statement": STATEMENT}).statements[0]
    listed = policy({"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": ["*"]}).statements[0]
    assert (single.actions, single.resources) == (listed.actions, listed.resources) == (("s3:GetObject",), ("*",))


def test_reads_text_bytes_and_mappings_alike() -> None:
    document = {"Statement": STATEMENT, "Id": "x"}
    assert parse(json.dumps(document)) == parse(json.dumps(document).encode()) == parse(document)


def test_reads_the_percent_encoding_of_iams_answers() -> None:
    encoded = "%7B%22Statement%22%3A%20%5B%5D%2C%20%22Id%22%3A%22%C3%BC+%25%22%7D"
    assert parse(encoded).to_json() == {"Statement": [], "Id": "ü+%"}
    with pytest.raises(PolicyError):
        parse("%7B%FF")


def test_a_document_without_version_is_of_2008_and_has_no_variables() -> None:
    old = parse({"Statement": STATEMENT})
    assert old.version == "2008-10-17"
    assert not old.statements[0].variables


def test_keeps_the_document_as_it_was_read() -> None:
    document = {
        "Statement": {
            "Resource": "*",
            "Effect": "Deny",
            "NotAction": ["a:b"],
            "NotPrincipal": {"Service": "x", "AWS": ["1", "2"]},
        },
        "Version": "2012-10-17",
    }
    printed = parse(document).to_json()
    assert json.dumps(printed) == json.dumps(document)
    printed["Statement"]["Effect"] = "Allow"
    assert parse(document).to_json()["Statement"]["Effect"] == "Deny"


def test_editing_leaves_the_other_statements_untouched() -> None:
    first, second = {"Sid": "one", **STATEMENT}, {"Sid": "two", **STATEMENT, "Condition": {"Bool": {"a:b": True}}}
    edited = policy(first, second).plus({"Sid": "three", **STATEMENT}).without([0])
    assert [s.sid for s in edited.statements] == ["two", "three"]
    assert edited.to_json()["Statement"][0] == second
    assert edited.without([0, 1]).to_json()["Statement"] == []


def test_editing_nothing_changes_nothing() -> None:
    lone = parse({"Statement": STATEMENT})
    assert lone.without([]).to_json() == {"Statement": STATEMENT}


def test_removing_a_statement_that_is_not_there_is_an_error() -> None:
    with pytest.raises(IndexError, match="no statement at"):
        policy(STATEMENT).without([1])
    with pytest.raises(IndexError):
        policy(STATEMENT).without([-1])


def test_the_bare_star_is_everyone() -> None:
    assert policy({**STATEMENT, "Principal": "*"}).statements[0].principals == (Principal("AWS", "*"),)


def test_reads_numbers_and_booleans_in_conditions_as_their_json_spelling() -> None:
    condition = {"NumericLessThan": {"s3:max-keys": 10}, "Bool": {"aws:SecureTransport": [False]}}
    assert [c.values for c in policy({**STATEMENT, "Condition": condition}).statements[0].conditions] == [
        ("10",),
        ("false",),
    ]


def test_reads_operators_in_any_case() -> None:
    condition = {"forallvalues:STRINGnotlikeifexists": {"aws:x": "y"}}
    operator = policy({**STATEMENT, "Condition": condition}).statements[0].conditions[0].operator
    assert str(operator) == "ForAllValues:StringNotLikeIfExists"
    assert operator.negated


def test_accepts_the_empty_lists_that_aws_accepts() -> None:
    empty = policy(
        {"Effect": "Allow", "Action": [], "Resource": [], "Principal": {"AWS": []}, "Condition": {}}
    ).statements[0]
    assert (empty.actions, empty.resources, empty.principals, empty.conditions) == ((), (), (), ())


@pytest.mark.parametrize(
    ("document", "path"),
    [
        ("{", "document: is not JSON"),
        ("[]", "document: is a list"),
        (b"\xff\xfe", "document: is not JSON"),
        ("[" * 100_000, "document: is nested too deeply"),
        ('{"Statement": [], "Statement": []}', "document: key 'Statement' is given twice"),
        ('{"Statement": [], "Version": NaN}', "Version"),
        ({"Version": "2012-10-17"}, "document: has no Statement"),
        ({"Version": "2013-01-01", "Statement": []}, "Version: unknown version '2013-01-01'"),
        ({"Statement": [], "Owner": 1}, "document: has an unknown element 'Owner'"),
        ({"Statement": ["x"]}, r"Statement\[0\]: is a string"),
        ({"Statement": [STATEMENT, {**STATEMENT, "effect": 1}]}, r"Statement\[1\]: has an unknown element 'effect'"),
        ({"Statement": {**STATEMENT, "Effect": "allow"}}, r"Statement\[0\].Effect: is 'allow'"),
        ({"Statement": {"Action": "*"}}, r"Statement\[0\].Effect: is missing"),
        ({"Statement": {"Effect": "Allow"}}, "has neither Action nor NotAction"),
        ({"Statement": {**STATEMENT, "NotAction": "x"}}, "has both Action and NotAction"),
        ({"Statement": {**STATEMENT, "Action": ["a:b", 7]}}, r"Statement\[0\].Action\[1\]: is a number"),
        ({"Statement": {**STATEMENT, "Principal": "me"}}, r"Statement\[0\].Principal: is 'me'"),
        ({"Statement": {**STATEMENT, "Principal": {"Google": "x"}}}, "has an unknown element 'Google'"),
        ({"Statement": {**STATEMENT, "Principal": {"AWS": [{}]}}}, r"Principal.AWS\[0\]: is an object"),
        ({"Statement": {**STATEMENT, "Condition": {"NullIfExists": {"a": "true"}}}}, "is no condition operator"),
        ({"Statement": {**STATEMENT, "Condition": {"Some:StringLike": {}}}}, "is no condition operator"),
        ({"Statement": {**STATEMENT, "Condition": {"StringLike": "x"}}}, "Condition.StringLike: is a string"),
        ({"Statement": {**STATEMENT, "Condition": {"Bool": {"a:b": [None]}}}}, r"Condition.Bool.'a:b'\[0\]: is null"),
        ('{"Statement": {"Effect": "Allow", "Action": "*", "Condition": {"Bool": {"a": 1e999}}}}', "is a number"),
        ({"Statement": {"Effect": {1, 2}}}, "document: is not JSON"),
    ],
)
def test_names_the_place_of_a_fault(document: Any, path: str) -> None:
    with pytest.raises(PolicyError, match=path) as caught:
        parse(document)
    assert "; " in str(caught.value)


def test_a_message_shows_hostile_text_short_and_printable() -> None:
    with pytest.raises(PolicyError) as caught:
        parse({"Statement": [], "\x1b[31m" + "x" * 10_000: 1})
    assert "\x1b" not in str(caught.value)
    assert len(str(caught.value)) < 200


def test_a_document_longer_than_any_of_aws_is_refused() -> None:
    with pytest.raises(PolicyError, match="no AWS policy is longer"):
        parse({"Statement": [{**STATEMENT, "Resource": "x" * 300_000}]})


def test_a_deeply_nested_value_is_refused_where_it_stands() -> None:
    value: Any = "x"
    for _ in range(64):
        value = [value]
    with pytest.raises(PolicyError, match=r"Condition.StringEquals.'aws:x'\[0\]: is a list"):
        policy({**STATEMENT, "Condition": {"StringEquals": {"aws:x": value}}})
