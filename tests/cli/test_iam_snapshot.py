"""`stanch iam` without a file: asked of a snapshot, it answers as of a file, and what was not seen is never a no."""

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.ground import Ground, document, opened

from stanch.cli import main
from stanch.contracts.collector import UNSEEN, Thing, Unknown
from stanch.domain.arn import Arn
from stanch.estate.snapshot import Seen, write

HOME, AWAY = "111122223333", "444455556666"
ROOT, ADMIN, READER = (f"arn:aws:iam::{HOME}:{name}" for name in ("root", "role/admin", "role/reader"))
WEIGHTS = "arn:aws:s3:::acme-weights"
OBJECT = f"{WEIGHTS}/llama/1"
ORGANIZATION = f"arn:aws:organizations::{HOME}:organization/o-abcde12345"
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
DENIED = {UNSEEN: "s3:GetBucketPolicy: AccessDenied"}

Said = tuple[int, list[dict[str, Any]], str]
Run = Callable[..., Said]


@pytest.fixture(scope="module")
def ground() -> Iterator[Ground]:
    """A range of its own: whole accounts are compared, and what other tests left there would be in them."""
    with opened() as staged:
        yield staged


@pytest.fixture
def stanch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """The command in an empty folder: exit code, the lines for machines, what people read beside them."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".git").mkdir()

    def run(*words: str) -> Said:
        monkeypatch.setattr("sys.argv", ["stanch", *words, "--format", "json"])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        lines = [json.loads(line) for line in said.out.splitlines()]
        return int(ended.value.code or 0), lines, said.err

    return run


def policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **one} for one in statements]}


def role(arn: str, *statements: dict[str, Any], principal: Any = None) -> Thing:
    trust = policy({"Principal": principal or {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"})
    inline = [{"PolicyName": "p", "PolicyDocument": policy(*statements)}]
    return Thing("iam/role", arn, {"Arn": arn, "AssumeRolePolicyDocument": trust, "RolePolicyList": inline})


def bucket(**facts: Any) -> Thing:
    owned = {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    known = {"Policy": None, "PublicAccessBlock": None, "Acl": None, "OwnershipControls": owned}
    return Thing("s3/bucket", WEIGHTS, {**known, **facts})


EVERYTHING = {"Action": "*", "Resource": "*"}
READING = {"Action": "s3:GetObject", "Resource": f"{WEIGHTS}/*"}
IDENTITIES = (role(ADMIN, EVERYTHING), role(READER, READING))
NOBODY_ABOVE = Seen(HOME, None, "organizations", ())


def kept(*seen: Seen, folder: str = ".stanch/snapshot") -> None:
    Path(folder).parent.mkdir(parents=True, exist_ok=True)
    write(Path(folder), seen, NOON)


def iam(*things: Thing, unknowns: Sequence[Unknown] = ()) -> Seen:
    return Seen(HOME, None, "iam", things or IDENTITIES, tuple(unknowns))


def s3(*things: Thing, unknowns: Sequence[Unknown] = ()) -> Seen:
    return Seen(HOME, None, "s3", things or (bucket(),), tuple(unknowns))


def of_kind(lines: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [line for line in lines if line["kind"] == kind]


def test_without_a_file_the_snapshot_of_the_state_folder_is_asked(stanch: Run) -> None:
    kept(iam(), s3(), NOBODY_ABOVE)
    code, lines, _ = stanch("iam", "who-can", "s3:GetObject", OBJECT)
    assert code == 0
    assert [(line["principal"], line["answer"]) for line in lines] == [(ADMIN, "must"), (READER, "must")]
    code, lines, _ = stanch("iam", "what-can", "reader")
    assert (code, [line["action"] for line in lines]) == (0, ["s3:GetObject"])
    code, lines, _ = stanch("iam", "reach", "--to", WEIGHTS)
    assert (code, [line["principal"] for line in lines]) == (0, [ADMIN, READER])


def test_another_folder_can_be_given_but_not_beside_a_file(stanch: Run) -> None:
    kept(iam(), NOBODY_ABOVE, folder="elsewhere")
    code, lines, _ = stanch("iam", "reach", "--to", "admin", "--snapshot", "elsewhere")
    assert (code, [line["principal"] for line in lines]) == (0, [ADMIN])
    code, _, err = stanch("iam", "reach", "facts.json", "--to", "admin", "--snapshot", "elsewhere")
    assert (code, "two sources of facts" in err) == (2, True)


@pytest.mark.parametrize(
    "words",
    [
        ("reach", "--to", "admin"),
        ("who-can", "s3:GetObject", OBJECT),
        ("what-can", "reader"),
        ("exposure",),
        ("unused", "reader", "--logs", "."),
    ],
    ids=lambda words: words[0],
)
def test_without_file_and_snapshot_one_line_says_how_to_make_one(stanch: Run, words: tuple[str, ...]) -> None:
    code, lines, err = stanch("iam", *words)
    assert (code, lines) == (2, [])
    assert "`stanch snapshot` makes one" in " ".join(err.split())


def test_a_snapshot_edited_by_hand_is_one_line_and_no_traceback(stanch: Run) -> None:
    kept(iam(), NOBODY_ABOVE)
    file = Path(".stanch/snapshot") / HOME / "account" / "iam.jsonl"
    file.write_text('{"kind": "iam/role"}\n')
    code, _, err = stanch("iam", "reach", "--to", "admin")
    assert (code, "make the snapshot anew" in " ".join(err.split())) == (2, True)


def test_what_nobody_can_read_of_one_role_is_a_gap_and_costs_no_other_its_answer(stanch: Run) -> None:
    spoilt = role(f"arn:aws:iam::{HOME}:role/spoilt", {"Effect": "Maybe", "Action": "s3:*"})
    kept(iam(*IDENTITIES, spoilt, Thing("iam/role", "no-arn", {"Arn": 7})), s3(), NOBODY_ABOVE)
    code, lines, _ = stanch("iam", "who-can", "s3:GetObject", OBJECT)
    answers = {line["principal"]: line["answer"] for line in lines if "principal" in line}
    assert (code, answers) == (3, {ADMIN: "must", READER: "must", spoilt.arn: "may"})
    gaps = [line for line in lines if line.get("code") == "Malformed"]
    assert [gap["of"] for gap in gaps] == [spoilt.arn, f"accounts.{HOME}.RoleDetailList[3].Arn"]


def test_a_file_of_the_snapshot_that_was_changed_is_said(stanch: Run) -> None:
    kept(iam(), NOBODY_ABOVE)
    file = Path(".stanch/snapshot") / HOME / "account" / "iam.jsonl"
    file.write_text(file.read_text().replace("ec2.amazonaws.com", "ecs.amazonaws.com"))
    for verb in (("reach", "--to", "admin"), ("exposure",)):
        code, _, err = stanch("iam", *verb)
        assert (code, "iam.jsonl of the snapshot is not as it was written" in err) == (0, True)


def test_a_bucket_whose_policy_was_not_seen_may_let_in_anybody_or_nobody(stanch: Run) -> None:
    gap = Unknown("s3:GetBucketPolicy", "AccessDenied", "s3:GetBucketPolicy", WEIGHTS, "denied")
    kept(iam(role(READER, READING), role(ADMIN, {"Action": "ec2:*", "Resource": "*"})),
         s3(bucket(Policy=DENIED), unknowns=[gap]), NOBODY_ABOVE)  # fmt: skip
    code, lines, _ = stanch("iam", "who-can", "s3:GetObject", OBJECT)
    assert code == 3
    assert [(one["principal"], one["answer"]) for one in of_kind(lines, "access")] == [(ADMIN, "may"), (READER, "may")]
    (told,) = of_kind(lines, "unknown")
    assert (told["permission"], told["of"]) == ("s3:GetBucketPolicy", WEIGHTS)


def test_a_bucket_that_the_snapshot_does_not_have_is_unknown_and_not_without_a_policy(stanch: Run) -> None:
    kept(iam(), s3(), NOBODY_ABOVE)
    _, lines, _ = stanch("iam", "who-can", "s3:GetObject", "arn:aws:s3:::elsewhere/1")
    assert {line["principal"]: line["answer"] for line in lines} == {ADMIN: "may", READER: "may"}
    _, lines, _ = stanch("iam", "who-can", "ec2:RunInstances", "arn:aws:ec2:eu-central-1:111122223333:instance/*")
    assert {line["principal"]: line["answer"] for line in lines} == {ADMIN: "must"}


def test_an_account_whose_identities_were_not_seen_is_said(stanch: Run) -> None:
    denied = Unknown(
        "iam:GetAccountAuthorizationDetails", "AccessDenied", "iam:GetAccountAuthorizationDetails", ROOT, ""
    )
    kept(Seen(HOME, None, "iam", (Thing("iam/account", ROOT, {}),), (denied,)), s3(), NOBODY_ABOVE)
    code, lines, _ = stanch("iam", "reach", "--to", "admin")
    assert code == 3
    assert [line["permission"] for line in lines] == ["iam:GetAccountAuthorizationDetails"]


def test_what_nobody_looked_at_is_said_too(stanch: Run) -> None:
    kept(s3())
    code, lines, _ = stanch("iam", "reach", "--to", "admin")
    assert (code, [(line["operation"], line["code"]) for line in lines]) == (
        3,
        [("iam", "NotLookedAt"), ("organizations", "NotLookedAt")],
    )


def above(roots: Any, controls: dict[str, Any], *things: Thing, master: str = AWAY) -> Seen:
    told = {"Id": "o-abcde12345", "Arn": ORGANIZATION, "MasterAccountId": master, "Roots": roots, **controls}
    return Seen(HOME, None, "organizations", (Thing("organizations/organization", ORGANIZATION, told), *things))


HIDDEN = {UNSEEN: "organizations:ListRoots: AccessDeniedException"}
BOTH_HIDDEN = {"SERVICE_CONTROL_POLICY": HIDDEN, "RESOURCE_CONTROL_POLICY": HIDDEN}


def test_an_account_whose_organisation_was_not_seen_may_be_bound_by_it(stanch: Run) -> None:
    kept(iam(), s3(), above(HIDDEN, BOTH_HIDDEN))
    _, lines, _ = stanch("iam", "who-can", "s3:GetObject", OBJECT)
    assert {line["answer"] for line in lines} == {"may"}
    kept(iam(), s3(), Seen(HOME, None, "organizations", (), (_failed("organizations:DescribeOrganization"),)))
    code, lines, _ = stanch("iam", "who-can", "s3:GetObject", OBJECT)
    assert (code, {line["answer"] for line in of_kind(lines, "access")}) == (3, {"may"})


def test_the_management_account_is_bound_by_nothing(stanch: Run) -> None:
    kept(iam(), s3(), above(HIDDEN, BOTH_HIDDEN, master=HOME))
    _, lines, _ = stanch("iam", "who-can", "s3:GetObject", OBJECT)
    assert {line["answer"] for line in lines} == {"must"}


def control(name: str, *targets: str, content: Any = None, seen: bool = True) -> Thing:
    arn = f"arn:aws:organizations::{AWAY}:policy/o-abcde12345/service_control_policy/{name}"
    where: Any = [{"TargetId": target} for target in targets]
    facts = {"Name": name, "Type": "SERVICE_CONTROL_POLICY", "Content": content or policy(EVERYTHING)}
    return Thing("organizations/policy", arn, {**facts, "Targets": where if seen else HIDDEN})


ACCOUNT = Thing(
    "organizations/account", f"arn:aws:organizations::{AWAY}:account/o-1/{HOME}", {"Id": HOME, "ParentId": "ou-1"}
)
UNIT = Thing("organizations/unit", f"arn:aws:organizations::{AWAY}:ou/o-1/ou-1", {"Id": "ou-1", "ParentId": "r-1"})
ON = {"SERVICE_CONTROL_POLICY": ["p-1"], "RESOURCE_CONTROL_POLICY": None}
NO_READING = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "s3:Get*", "Resource": "*"}]}


def test_a_policy_on_a_unit_binds_the_accounts_below_it(stanch: Run) -> None:
    full = control("FullAWSAccess", "r-1", "ou-1", HOME)
    kept(iam(), s3(), above(["r-1"], ON, ACCOUNT, UNIT, full))
    _, lines, _ = stanch("iam", "who-can", "s3:GetObject", OBJECT)
    assert {line["principal"]: line["answer"] for line in lines} == {ADMIN: "must", READER: "must"}
    kept(iam(), s3(), above(["r-1"], ON, ACCOUNT, UNIT, full, control("no-reading", "ou-1", content=NO_READING)))
    _, lines, _ = stanch("iam", "who-can", "s3:GetObject", OBJECT)
    assert lines == []


@pytest.mark.parametrize(
    "policies",
    [
        (control("FullAWSAccess", "r-1", "ou-1", HOME), control("freeze", seen=False)),
        (control("FullAWSAccess", "r-1", HOME),),
        (control("FullAWSAccess", "r-1", HOME), control("freeze", "ou-1", content=HIDDEN)),
    ],
    ids=["targets unseen", "a level without a policy", "content unseen"],
)
def test_a_level_that_was_not_seen_whole_may_bind(stanch: Run, policies: tuple[Thing, ...]) -> None:
    kept(iam(), s3(), above(["r-1"], ON, ACCOUNT, UNIT, *policies))
    _, lines, _ = stanch("iam", "who-can", "s3:GetObject", OBJECT)
    assert {line["principal"]: line["answer"] for line in lines} == {ADMIN: "may", READER: "may"}


CHANGER = f"arn:aws:iam::{HOME}:user/changer"
FUNCTION = f"arn:aws:lambda:eu-central-1:{HOME}:function:etl"


def changer(*actions: str) -> Thing:
    given = policy({"Action": [*actions], "Resource": "*"})
    return Thing(
        "iam/user", CHANGER, {"Arn": CHANGER, "UserPolicyList": [{"PolicyName": "p", "PolicyDocument": given}]}
    )


def certainty(stanch: Run) -> str:
    """How surely the user who changes functions gets to be administrator."""
    _, lines, _ = stanch("iam", "reach", "--to", "admin", "--from", CHANGER)
    return str(lines[0]["certainty"]) if of_kind(lines, "reach") else "not at all"


def test_a_snapshot_that_saw_every_function_assumes_none_and_one_that_did_not_does(stanch: Run) -> None:
    who = iam(role(ADMIN, EVERYTHING, principal={"Service": "lambda.amazonaws.com"}),
              changer("lambda:UpdateFunctionCode", "lambda:InvokeFunction"))  # fmt: skip
    runs = Thing("lambda/function", FUNCTION, {"FunctionArn": FUNCTION, "Role": ADMIN})
    kept(who, NOBODY_ABOVE)
    assert certainty(stanch) == "assumed"
    kept(who, NOBODY_ABOVE, Seen(HOME, "eu-central-1", "functions", ()))
    assert certainty(stanch) == "not at all"
    kept(who, NOBODY_ABOVE, Seen(HOME, "eu-central-1", "functions", (), (_failed("lambda:ListFunctions"),)))
    assert certainty(stanch) == "assumed"
    kept(who, NOBODY_ABOVE, Seen(HOME, "eu-central-1", "functions", (runs,)))
    assert certainty(stanch) == "must"


def test_a_function_that_is_named_hides_no_project_that_nobody_looked_for(stanch: Run) -> None:
    who = iam(
        role(ADMIN, EVERYTHING, principal={"Service": "codebuild.amazonaws.com"}), changer("codebuild:StartBuild")
    )
    runs = Thing("lambda/function", FUNCTION, {"FunctionArn": FUNCTION, "Role": READER})
    kept(who, NOBODY_ABOVE, Seen(HOME, "eu-central-1", "functions", (runs,)))
    assert certainty(stanch) == "assumed"


def test_exposure_judges_everything_with_a_policy_and_never_calls_the_unseen_closed(stanch: Run) -> None:
    open_ = policy({"Principal": "*", "Action": "s3:GetObject", "Resource": f"{WEIGHTS}/*"})
    trusting = role(READER, READING, principal={"AWS": f"arn:aws:iam::{AWAY}:root"})
    kept(iam(trusting), s3(bucket(Policy=open_)), NOBODY_ABOVE)
    code, lines, _ = stanch("iam", "exposure", "--fail-on", "public")
    told = {line["resource"]: (line["public"], line["outside"]) for line in lines}
    assert (code, told) == (10, {READER: (False, [AWAY]), WEIGHTS: (True, [])})
    code, lines, _ = stanch("iam", "exposure", "--service", "iam", "--trusted", AWAY)
    assert (code, [(line["resource"], line["outside"]) for line in lines]) == (0, [(READER, [])])

    gap = Unknown("s3:GetBucketPolicy", "AccessDenied", "s3:GetBucketPolicy", WEIGHTS, "denied")
    kept(iam(), s3(bucket(Policy=DENIED), unknowns=[gap]), NOBODY_ABOVE)
    code, lines, _ = stanch("iam", "exposure", "--service", "s3")
    (line,) = of_kind(lines, "exposure")
    assert (code, line["public"], line["unseen"]) == (3, None, ["s3:GetBucketPolicy: AccessDenied"])


def test_unused_reads_the_identity_from_the_snapshot(stanch: Run, tmp_path: Path) -> None:
    kept(iam(), NOBODY_ABOVE)
    (tmp_path / "trail.json").write_text(json.dumps({"Records": []}))
    code, lines, _ = stanch("iam", "unused", "reader", "--logs", "trail.json")
    assert (code, [line["principal"] for line in lines]) == (3, [READER])


def _principal(line: dict[str, Any]) -> str:
    return str(line["principal"])


def _failed(operation: str) -> Unknown:
    return Unknown(operation, "AccessDenied", operation, operation.split(":", maxsplit=1)[0], "denied")


@pytest.fixture
def as_admin(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    """The range's administrator asks."""
    signing = ground.staged.admin
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", signing.access_key_id)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", signing.secret)
    monkeypatch.setenv("AWS_SESSION_TOKEN", signing.token or "")
    monkeypatch.setenv("AWS_ENDPOINT_URL", ground.staged.range_.endpoint)
    monkeypatch.setenv("AWS_REGION", ground.staged.region)


@pytest.mark.usefixtures("as_admin")
def test_a_snapshot_of_two_accounts_answers_as_the_file_of_their_details_does(ground: Ground, stanch: Run) -> None:
    weights = ground.bucket([{"Effect": "Allow", "Principal": {"AWS": ground.outside_account}, "Action": "s3:GetObject",
                              "Resource": "*"}])  # fmt: skip
    reading = ground.role(trusted=[ground.admin.caller])
    trust = document([{"Effect": "Allow", "Principal": {"AWS": ground.account}, "Action": "sts:AssumeRole"}])
    looking = {"RoleName": ground.name("stanch-look"), "AssumeRolePolicyDocument": trust}
    ground.outsider.call("iam", "CreateRole", **looking)
    every = document([{"Effect": "Allow", "Action": "*", "Resource": "*"}])
    ground.outsider.call("iam", "PutRolePolicy", RoleName=looking["RoleName"], PolicyName="look", PolicyDocument=every)
    Path("stanch.toml").write_text(f'[perimeter]\naccounts = ["{ground.account}", "{ground.outside_account}"]\n')
    services = [word for one in ("iam", "organizations", "s3") for word in ("--only", one)]
    code, lines, err = stanch("snapshot", "--role", looking["RoleName"], *services)
    assert lines[-1]["accounts"] == sorted([ground.account, ground.outside_account]), err

    doors = {ground.account: ground.admin, ground.outside_account: ground.outsider}
    bucket_arn = ground.arn("s3", weights)
    facts = {
        "accounts": {account: door.call("iam", "GetAccountAuthorizationDetails") for account, door in doors.items()},
        "resource_policies": {
            bucket_arn: {
                "policy": json.loads(ground.admin.call("s3", "GetBucketPolicy", Bucket=weights)["Policy"]),
                "account": ground.account,
            }
        },
    }
    Path("facts.json").write_text(json.dumps(facts, default=str))
    for target in ("admin", bucket_arn):
        _, by_file, _ = stanch("iam", "reach", "facts.json", "--to", target)
        _, by_snapshot, _ = stanch("iam", "reach", "--to", target)
        assert sorted(of_kind(by_snapshot, "reach"), key=_principal) == sorted(by_file, key=_principal)
        assert reading in {line["principal"] for line in by_file}
    assert str(Arn(ground.admin.partition, "iam", "", ground.outside_account, f"role/{looking['RoleName']}")) in {
        line["principal"] for line in by_file
    }
    assert code in (0, 3)
