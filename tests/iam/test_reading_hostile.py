"""Whatever stands in a file of facts, it is read or refused with a place and a remedy; nothing else happens."""

import copy
import random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.iam.test_reading import HOME, LEVELS, OWN, PROFILE, READ, attached, managed, role, user

from stanch.iam.reading import FactsError, read_organization

_SPOILT = st.tuples(
    st.sampled_from(
        ("RolePolicyList", "AssumeRolePolicyDocument", "AttachedManagedPolicies", "PermissionsBoundary", "Tags",
         "InstanceProfileList")
    ),
    st.sampled_from((7, "x", [7], [None], {"Statement": [7]}, [{"PolicyDocument": {"Statement": {}}}], {})),
)  # fmt: skip
WHOLE: dict[str, Any] = {
    "accounts": {
        HOME: [
            {
                "RoleDetailList": [
                    role(
                        **attached(OWN),
                        RolePolicyList=[{"PolicyName": "x", "PolicyDocument": READ}],
                        PermissionsBoundary={"PermissionsBoundaryArn": OWN},
                        Tags=[{"Key": "a", "Value": "b"}],
                        InstanceProfileList=[{"Arn": PROFILE}],
                    )
                ],
                "UserDetailList": [user(GroupList=["g"])],
                "GroupDetailList": [{"Arn": f"arn:aws:iam::{HOME}:group/g", "GroupName": "g"}],
                "Policies": [managed(OWN, READ)],
            }
        ]
    },
    "resource_policies": {"arn:aws:s3:::w": {"policy": READ, "account": HOME}},
    "resources": [
        {
            "arn": f"arn:aws:ec2:eu-central-1:{HOME}:instance/i-1",
            "IamInstanceProfile": {"Arn": PROFILE},
            "role": "serving",
        },
        {"type": "lambda", "name": "f", "account": HOME},
    ],
    "scps": LEVELS,
    "rcps": {HOME: LEVELS},
    "organization": {"Id": "o-1", "MasterAccountId": "444455556666"},
}
MISSING = st.sampled_from(["error", "unknown"])
ODD: list[Any] = [
    *(None, True, 0, -1.5, "", "x", "\x00", "%7B", "*"),
    *([], [[]], [None], [{}], {}, {"a": {}}, {"Arn": 7}, {"Statement": 7}),
]


@settings(max_examples=400, deadline=None)
@given(
    st.integers(0, 2**32), st.lists(st.sampled_from(ODD), min_size=1, max_size=3), st.sampled_from(["error", "unknown"])
)
def test_a_file_with_something_odd_in_it_is_read_or_refused(seed: int, odd: list[Any], missing: Any) -> None:
    document, chance = copy.deepcopy(WHOLE), random.Random(seed)  # noqa: S311 - no secret hangs on it
    for value in odd:
        holder, key = chance.choice(places(document))
        holder[key] = copy.deepcopy(value)
    refused = refusal(document, missing)
    assert refused is None or ("; " in refused and len(refused) < 2000)


def refusal(document: Any, missing: Any = "error") -> str | None:
    try:
        read_organization(document, missing=missing)
    except FactsError as error:
        return str(error)
    return None


def test_the_whole_of_it_is_read() -> None:
    organization = read_organization(WHOLE)
    assert len(organization.accounts[HOME].identities) == 2
    assert [each.kind for each in organization.resources] == ["instance", "function", "bucket"]


def test_a_document_nested_without_end_is_refused() -> None:
    nested: Any = "x"
    for _ in range(20_000):
        nested = [nested]
    for place in ("resources", "scps", "resource_policies"):
        refused = refusal({HOME: {}, place: nested})
        assert refused is not None and "; " in refused  # noqa: PT018 - the first is for the type checker
    arn = f"arn:aws:ec2:eu-central-1:{HOME}:instance/i-1"
    (found,) = read_organization({HOME: {}, "resources": [{"arn": arn, "more": {"deep": nested}}]}).resources
    assert found.roles == ()


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every place of a document that holds something."""
    keys = list(value) if isinstance(value, dict) else list(range(len(value))) if isinstance(value, list) else []
    return [(value, key) for key in keys] + [place for key in keys for place in places(value[key])]


@given(_SPOILT)
@settings(max_examples=300, deadline=None)
def test_where_faults_are_noted_one_spoilt_part_costs_no_other_part_its_place(spoilt: Any) -> None:
    whole = copy.deepcopy(WHOLE)
    (answer,) = whole["accounts"][HOME]
    other = role(Arn=f"arn:aws:iam::{HOME}:role/other", RolePolicyList=[{"PolicyName": "x", "PolicyDocument": READ}])
    answer["RoleDetailList"].append(other)
    one = answer["RoleDetailList"][0]
    key, value = spoilt
    one[key] = value
    faults: list[FactsError] = []
    read = read_organization(whole, missing="unknown", on_fault=faults.append)
    kept = {each.arn: each for each in read.accounts[HOME].identities}
    assert [named.policy.source for named in kept[other["Arn"]].policies] != []
    if faults:
        assert all(fault.path.startswith(f"accounts.{HOME}[0].RoleDetailList[0]") for fault in faults)
        assert one["Arn"] in kept


def test_a_role_that_cannot_be_read_may_do_anything_and_may_be_anybodys() -> None:
    spoilt = role(RolePolicyList=7)
    faults: list[FactsError] = []
    group = {"Arn": f"arn:aws:iam::{HOME}:group/g", "GroupName": "g", "GroupPolicyList": 7}
    answer = {"RoleDetailList": [spoilt], "UserDetailList": [user(GroupList=["g"])], "GroupDetailList": [group]}
    read = read_organization({"accounts": {HOME: answer}}, missing="unknown", on_fault=faults.append)
    by_kind = {one.kind: one for one in read.accounts[HOME].identities}
    assert [fault.path for fault in faults] == [
        f"accounts.{HOME}.GroupDetailList[0].GroupPolicyList",
        f"accounts.{HOME}.RoleDetailList[0].RolePolicyList",
    ]
    for one in by_kind.values():
        (named,) = one.policies
        assert {each.effect for each in named.policy.statements} == {"Allow", "Deny"}
    assert by_kind["role"].trust is not None
