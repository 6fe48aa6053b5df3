"""What holds of every policy: whoever gets in was announced; more denying, more trust, less allowing never widen."""

import time
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from stanch.iam import Caller, Request, admits, evaluate, parse
from stanch.iam.exposure import Exposure, Perimeter, of_policy, service_named

HOME, AWAY, STRANGER = "111122223333", "444455556666", "777788889999"
BUCKET = "arn:aws:s3:::weights"
SQS = service_named("sqs")
OURS = Perimeter(HOME, organizations=frozenset(["o-ours"]), endpoints=frozenset(["vpce-0ours"]))
USER = f"arn:aws:iam::{AWAY}:user/u"

KEYS = {
    "aws:PrincipalAccount": [HOME, AWAY, "1111*", "*", "${aws:PrincipalAccount}", "${aws:ResourceAccount}"],
    "aws:PrincipalOrgID": ["o-ours", "o-theirs", "o-*", "${aws:ResourceOrgID}"],
    "aws:PrincipalArn": [USER, f"arn:aws:iam::{HOME}:*", "arn:aws:iam::*:user/u", "*", "arn:aws:iam::*:role/*"],
    "aws:SourceVpce": ["vpce-0ours", "vpce-*", "vpce-9"],
    "aws:SourceIp": ["0.0.0.0/1", "128.0.0.0/1", "203.0.113.0/24", "10.0.0.0/8"],
    "aws:PrincipalType": ["User", "Anonymous", "AssumedRole"],
    "aws:UserAgent": ["curl", "c*", "*"],
    "aws:PrincipalIsAWSService": ["true", "false"],
    "s3:prefix": ["a/*", "b/*"],
}
OF_KEY = {
    "aws:SourceIp": ["IpAddress", "NotIpAddress"],
    "aws:PrincipalIsAWSService": ["Bool"],
    "aws:PrincipalArn": ["ArnLike", "ArnNotLike", "StringLike", "StringNotLike"],
}
OPERATORS = ["StringEquals", "StringLike", "StringNotEquals", "StringNotLike"]


@st.composite
def conditions(draw: st.DrawFn) -> dict[str, Any]:
    found: dict[str, dict[str, Any]] = {}
    for key in draw(st.lists(st.sampled_from(sorted(KEYS)), max_size=3, unique=True)):
        quantifier = draw(st.sampled_from(["", "", "", "ForAllValues:", "ForAnyValue:"]))
        named = draw(st.sampled_from(OF_KEY.get(key, OPERATORS)))
        operator = quantifier + named + draw(st.sampled_from(["", "", "IfExists"]))
        found.setdefault(operator, {})[key] = draw(st.lists(st.sampled_from(KEYS[key]), min_size=1, max_size=2))
    if draw(st.integers(0, 3)) == 0:
        found["Null"] = {draw(st.sampled_from(sorted(KEYS))): draw(st.sampled_from(["true", "false"]))}
    return found


@st.composite
def statements(draw: st.DrawFn, effect: str | None = None) -> dict[str, Any]:
    principals = st.sampled_from(["*", "*", HOME, AWAY, USER, f"arn:aws:iam::{AWAY}:root"])
    statement = {
        "Effect": effect or draw(st.sampled_from(["Allow", "Allow", "Deny"])),
        draw(st.sampled_from(["Principal"] * 5 + ["NotPrincipal"])): {
            "AWS": draw(st.lists(principals, min_size=1, max_size=2))
        },
        draw(st.sampled_from(["Action"] * 4 + ["NotAction"])): draw(
            st.lists(st.sampled_from(["*", "s3:*", "s3:GetObject", "s3:Get?bject", "s3:Put*"]), min_size=1, max_size=2)
        ),
        draw(st.sampled_from(["Resource"] * 4 + ["NotResource"])): draw(
            st.lists(
                st.sampled_from(["*", f"{BUCKET}/*", f"{BUCKET}/k", f"{BUCKET}/${{aws:username}}"]),
                min_size=1,
                max_size=2,
            )
        ),
    }
    condition = draw(conditions())
    return {**statement, "Condition": condition} if condition else statement


def look(listed: list[dict[str, Any]], perimeter: Perimeter = OURS) -> Exposure:
    return of_policy(parse({"Version": "2012-10-17", "Statement": listed}), perimeter, SQS)


CONTEXTS = st.fixed_dictionaries(
    {},
    optional={
        "aws:UserAgent": st.sampled_from([("curl",), ("wget",)]),
        "aws:SourceIp": st.sampled_from([("192.0.2.1",), ("8.8.8.8",), ("2600::1",)]),
        "aws:SourceVpce": st.just(("vpce-0strange",)),
        "s3:prefix": st.sampled_from([("a/x",), ("b/x",), ("c",)]),
    },
)


def caller_of(account: str | None) -> tuple[Caller, dict[str, tuple[str, ...]]]:
    if account is None:
        return Caller("anonymous"), {"aws:PrincipalType": ("Anonymous",), "aws:userid": ("anonymous",)}
    arn = f"arn:aws:iam::{account}:user/u"
    return Caller("user", account, arn), {
        "aws:PrincipalAccount": (account,),
        "aws:PrincipalArn": (arn,),
        "aws:PrincipalType": ("User",),
        "aws:PrincipalIsAWSService": ("false",),
        "aws:username": ("u",),
        "aws:userid": ("AIDASTRANGE",),
    }


@settings(max_examples=600, deadline=None)
@given(
    st.lists(statements(), min_size=1, max_size=4),
    st.sampled_from([None, AWAY, STRANGER]),
    st.sampled_from([None, "o-strange", "o-theirs"]),
    CONTEXTS,
    st.sampled_from(["s3:GetObject", "s3:PutObject", "s3:DeleteObject"]),
    st.sampled_from([f"{BUCKET}/k", f"{BUCKET}/u", f"{BUCKET}/other"]),
)
def test_whoever_is_let_in_was_announced(
    listed: list[dict[str, Any]],
    account: str | None,
    organization: str | None,
    context: dict[str, tuple[str, ...]],
    action: str,
    resource: str,
) -> None:
    caller, own = caller_of(account)
    if account and organization:
        own["aws:PrincipalOrgID"] = (organization,)
    fixed = {"aws:ResourceAccount": (HOME,), "aws:ResourceOrgID": ("o-ours",)}
    decision = evaluate(
        Request(caller, action, resource, HOME, {**context, **own, **fixed}),
        identity=[parse({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}})],
        resource_policy=parse({"Version": "2012-10-17", "Statement": listed}),
    )
    if decision.allowed:
        announced = look(listed)
        named = account == AWAY and AWAY in announced.outside
        assert announced.public or named or (organization and f"org:{organization}" in announced.outside)
        assert announced.statements
        assert announced.why


MANY = settings(max_examples=250, deadline=None)


def within(inner: Exposure, outer: Exposure) -> bool:
    if inner.public and not outer.public:
        return False
    return outer.public or set(inner.outside) <= set(outer.outside)


@MANY
@given(st.lists(statements(), min_size=1, max_size=3), statements("Deny"))
def test_adding_a_deny_never_widens(listed: list[dict[str, Any]], denial: dict[str, Any]) -> None:
    assert within(look([*listed, denial]), look(listed))


@MANY
@given(st.lists(statements(), min_size=1, max_size=3))
def test_trusting_one_account_more_never_widens(listed: list[dict[str, Any]]) -> None:
    trusting = Perimeter(HOME, frozenset([AWAY]), OURS.organizations, endpoints=OURS.endpoints)
    found = look(listed, trusting)
    assert within(found, look(listed))
    assert AWAY not in found.outside


@MANY
@given(st.lists(statements(), min_size=1, max_size=3))
def test_removing_an_allow_never_widens(listed: list[dict[str, Any]]) -> None:
    for index, statement in enumerate(listed):
        if statement["Effect"] == "Allow":
            assert within(look([*listed[:index], *listed[index + 1 :]] or [statement]), look(listed))


@MANY
@given(st.lists(statements(), min_size=1, max_size=3))
def test_nobody_is_found_whom_the_quick_look_does_not_suspect(listed: list[dict[str, Any]]) -> None:
    quick = admits(
        parse({"Version": "2012-10-17", "Statement": listed}),
        inside={HOME, "vpce-0ours"}.__contains__,
        owner=HOME,
        organizations=["o-ours"],
    )
    if look(listed).public:
        assert quick.reach == "public"


def test_a_hostile_document_is_judged_in_bounded_time() -> None:
    def one(effect: str, principal: Any, **more: Any) -> dict[str, Any]:
        return {"Effect": effect, "Principal": principal, "Action": "s3:GetObject", "Resource": f"{BUCKET}/*", **more}

    wide = one("Deny", "*", Action=["s3:" + "*" * 9 + f"{n}" for n in range(3_000)] + ["s3:*"], Resource="*")
    many = one("Allow", "*", Action=[f"s3:GetObject{n}" for n in range(3_000)], Resource="*")
    pairs = [one("Allow", {"AWS": AWAY}, Resource=f"{BUCKET}/{n}") for n in range(400)]
    pairs += [one("Deny", {"AWS": STRANGER}, Resource=f"{BUCKET}/x{n}") for n in range(400)]
    choices = [
        one(
            "Deny",
            "*",
            Condition={"StringEquals": {f"k{n}": "a", f"l{n}": "b"}, "StringLike": {"aws:UserAgent": "*x*y*"}},
        )
        for n in range(150)
    ]
    accounts = {"StringEquals": {"aws:PrincipalAccount": [f"{n:012d}" for n in range(9_000)]}}
    stars = {"StringLike": {"aws:UserAgent": ["*a" * n + "*" for n in range(60)]}}
    began = time.process_time()
    look([many, wide])
    assert look(pairs).outside == (AWAY,)
    assert look([one("Allow", "*"), *choices]).public
    assert len(look([one("Allow", "*", Condition=accounts)]).outside) == 9_000
    assert look([one("Allow", "*", Condition=stars), one("Deny", "*", Condition=stars)]) is not None
    assert time.process_time() - began < 10
