"""Each of the 65 known paths, on the smallest account in which it is one.

What a path needs is restated here from its own page where that is at hand, and not read from the product's table.
"""

import re
from functools import lru_cache
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from stanch.iam import Policy, parse
from stanch.iam.escalation import reach
from stanch.iam.escalation.paths import all_paths
from stanch.iam.organization import Account, Group, Identity, Named, Organization, Resource

HOME = "111122223333"
ROOT = f"arn:aws:iam::{HOME}"
SHARED = Path(__file__).parents[2].parent / "shared" / "data" / "pathfinding-paths"
IDS = [path.id for path in all_paths() if path.listed]

SERVICES = {
    "apprunner": "tasks.apprunner.amazonaws.com",
    "bedrock": "bedrock-agentcore.amazonaws.com",
    "ec2instanceconnect": "ec2.amazonaws.com",
    "ecs": "ecs-tasks.amazonaws.com",
    "ssm": "ec2.amazonaws.com",
}
EXISTING = {
    "apprunner-002": ("apprunner", "service", "service/web/0f"),
    "bedrock-002": ("bedrock-agentcore", "code-interpreter-custom", "code-interpreter-custom/x-1"),
    "cloudformation-002": ("cloudformation", "stack", "stack/net/0f"),
    "cloudformation-005": ("cloudformation", "stack", "stack/net/0f"),
    "codebuild-002": ("codebuild", "project", "project/build"),
    "codebuild-003": ("codebuild", "project", "project/build"),
    "ec2-002": ("ec2", "instance", "instance/i-0f"),
    "ec2-004": ("ec2", "launch-template", "launch-template/lt-0f"),
    "ec2instanceconnect-003": ("ec2", "instance", "instance/i-0f"),
    "glue-002": ("glue", "devEndpoint", "devEndpoint/dev"),
    "lambda-003": ("lambda", "function", "function:fn"),
    "lambda-004": ("lambda", "function", "function:fn"),
    "lambda-005": ("lambda", "function", "function:fn"),
    "sagemaker-004": ("sagemaker", "notebook-instance", "notebook-instance/nb"),
    "sagemaker-005": ("sagemaker", "notebook-instance", "notebook-instance/nb"),
    "ssm-001": ("ec2", "instance", "instance/i-0f"),
    "ssm-002": ("ec2", "instance", "instance/i-0f"),
}
OWN = {"iam-001": "user", "iam-005": "role", "iam-007": "user", "iam-008": "user", "iam-009": "role"} | {
    "iam-010": "member",
    "iam-011": "member",
}
BECOMES_USER = ("iam-002", "iam-003", "iam-004", "iam-006")
WRITES_USER = ("iam-015", "iam-018")
WRITES_ROLE = ("iam-014", "iam-016", "iam-017", "iam-019", "iam-020", "iam-021")
REDUNDANT = {
    # One of the two suffices as another path of the list, or is only named.
    "ecs-001": {"ecs:CreateCluster"},
    "ecs-002": {"ecs:CreateCluster"},
    "iam-003": {"iam:DeleteAccessKey"},
    "lambda-004": {"lambda:InvokeFunction"},
    "lambda-005": {"lambda:AddPermission"},
}


@lru_cache(maxsize=1)
def needs() -> dict[str, tuple[str, ...]]:
    """The permissions of each path: from the published pages, or else from the table itself."""
    if not SHARED.exists():
        return {
            path.id: tuple(dict.fromkeys(need.action for need in path.needs if need.who != "trusted"))
            for path in all_paths()
        }
    found = {}
    for page in sorted(SHARED.glob("*.yaml")):
        required = page.read_text("utf-8").partition("required:")[2]
        required = re.split(r"\n  additional:|\n\w", required)[0]
        found[page.stem] = tuple(re.findall(r"permission: (\S+)", required))
    return found


def policy(*statements: dict[str, Any]) -> Policy:
    return parse({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action: Any = "*", resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def trust(who: dict[str, Any]) -> Policy:
    return policy({"Effect": "Allow", "Principal": who, "Action": "sts:AssumeRole"})


def service_of(path: str) -> str:
    prefix = path.partition("-")[0]
    return SERVICES.get(prefix, f"{prefix}.amazonaws.com")


def resource_arn(path: str) -> str:
    service, _, rest = EXISTING[path]
    return f"arn:aws:{service}:eu-central-1:{HOME}:{rest}"


def account(
    path: str,
    actions: tuple[str, ...],
    *,
    boundary: Policy | None = None,
    trusted: str | None = None,
    scp: Policy | None = None,
    listed: bool = True,
) -> Organization:
    """One account in which `actor`, with these actions, has exactly this path up, if he has all of them."""
    own = OWN.get(path, "user")
    scope: Any = "*"
    if path in OWN or path in WRITES_USER:
        scope = {"user": f"{ROOT}:user/actor", "role": f"{ROOT}:role/actor", "member": f"{ROOT}:group/team"}[own]
    if path in WRITES_USER:
        scope = f"{ROOT}:user/other"
    if path == "iam-001":
        scope = f"{ROOT}:policy/mine"
    if path in WRITES_ROLE:
        scope = [f"{ROOT}:role/other", f"{ROOT}:policy/theirs"]
    granted = Named("inline", policy(allow(list(actions) or "none:None", scope)))
    mine = Named(f"{ROOT}:policy/mine", policy(allow("none:None")))
    actor = Identity(
        "role" if own == "role" else "user",
        f"{ROOT}:{'role' if own == 'role' else 'user'}/actor",
        HOME,
        "actor",
        policies=(granted, mine) if path == "iam-001" else (granted,),
        boundary=Named(f"{ROOT}:policy/boundary", boundary) if boundary else None,
        trust=trust({"Service": "nothing.amazonaws.com"}) if own == "role" else None,
        groups=(f"{ROOT}:group/team",) if own == "member" else (),
    )
    group = Group(f"{ROOT}:group/team", HOME, "team", members=(actor.arn,) if own == "member" else ())
    others, resources = around(path, trusted or service_of(path))
    if path == "iam-013":
        group = Group(group.arn, HOME, "team", policies=(Named("group/team:inline", policy(allow())),))
    levels = ((Named("scp", scp),),) if scp else None
    return Organization(
        {HOME: Account(HOME, (actor, *others), groups=(group,), scps=levels)},
        resources=resources if listed else (),
    )


def around(path: str, trusted: str) -> tuple[tuple[Identity, ...], tuple[Resource, ...]]:
    everything = (Named("inline", policy(allow())),)
    weak = Named(f"{ROOT}:policy/theirs", policy(allow("none:None")))
    if path in OWN or path == "iam-013":
        return (), ()
    if path in BECOMES_USER:
        return (Identity("user", f"{ROOT}:user/chief", HOME, "chief", policies=everything),), ()
    if path in WRITES_USER:
        return (Identity("user", f"{ROOT}:user/other", HOME, "other"),), ()
    if path in WRITES_ROLE:
        who = {"AWS": HOME} if trusted.endswith("amazonaws.com") and path in ("iam-014", "iam-016", "iam-017") else {}
        let = trust(who or {"Service": "nothing.amazonaws.com"})
        return (Identity("role", f"{ROOT}:role/other", HOME, "other", policies=(weak,), trust=let),), ()
    who = {"AWS": HOME} if path == "sts-001" else {"Service": trusted}
    chief = Identity(
        *("role", f"{ROOT}:role/chief", HOME, "chief"),
        policies=everything,
        trust=trust(who),
        profiles=(f"{ROOT}:instance-profile/chief",),
    )
    if path not in EXISTING:
        return (chief,), ()
    service, kind, _ = EXISTING[path]
    return (chief,), (Resource(resource_arn(path), service, kind, HOME, (chief.arn,)),)


def actor_in(organization: Organization, *, certain: bool = True) -> list[Any]:
    found = [one for one in reach(organization) if one.principal.endswith("/actor")]
    return [one for one in found if one.certainty == "must" or (one.certainty == "may" and not certain)]


def test_the_table_holds_the_65_paths_and_their_permissions() -> None:
    assert len(IDS) == 65
    for path in all_paths():
        if path.listed:
            named = {need.action for need in path.needs if need.who != "trusted"}
            assert named == set(needs()[path.id]), path.id


@pytest.mark.parametrize("path", IDS)
def test_leads_to_admin_in_one_step_for_sure(path: str) -> None:
    (found,) = actor_in(account(path, needs()[path]))
    assert found.hops == 1
    assert set(found.path[0].by.partition(" (")[0].split(" + ")) <= set(needs()[path])
    assert found.path[0].statement


@pytest.mark.parametrize("path", IDS)
def test_is_told_by_its_own_name_among_all_the_ways(path: str) -> None:
    told = {step.by for one in reach(account(path, needs()[path]), most=20) for step in one.path}
    assert any(f"({path})" in by for by in told)


@pytest.mark.parametrize("path", IDS)
def test_leads_nowhere_when_any_permission_it_needs_is_taken_away(path: str) -> None:
    required = needs()[path]
    for kept in combinations(required, len(required) - 1):
        missing = next(iter(set(required) - set(kept)), "")
        if missing in REDUNDANT.get(path, ()):
            continue
        assert actor_in(account(path, kept), certain=False) == [], missing


@pytest.mark.parametrize("path", IDS)
def test_leads_nowhere_when_the_boundary_lacks_any_permission(path: str) -> None:
    for missing in set(needs()[path]) - REDUNDANT.get(path, set()):
        fence = policy({"Effect": "Allow", "NotAction": missing, "Resource": "*"})
        found = actor_in(account(path, needs()[path], boundary=fence), certain=False)
        assert found == [], missing


@pytest.mark.parametrize("path", IDS)
def test_leads_nowhere_when_the_organisation_denies_any_permission(path: str) -> None:
    for missing in set(needs()[path]) - REDUNDANT.get(path, set()):
        fence = policy(allow(), {"Effect": "Deny", "Action": missing, "Resource": "*"})
        assert actor_in(account(path, needs()[path], scp=fence), certain=False) == [], missing


@pytest.mark.parametrize("path", [one for one in IDS if "iam:PassRole" in needs()[one]])
def test_leads_nowhere_when_the_role_does_not_trust_the_service(path: str) -> None:
    assert actor_in(account(path, needs()[path], trusted="support.amazonaws.com"), certain=False) == []


@pytest.mark.parametrize("path", sorted(EXISTING))
def test_is_only_assumed_when_nobody_knows_what_exists(path: str) -> None:
    (found,) = [one for one in reach(account(path, needs()[path], listed=False)) if one.principal.endswith("/actor")]
    assert found.certainty == "assumed"
    assert any("that runs with the role" in words for words in found.path[0].conditions)


@pytest.mark.parametrize("path", sorted(OWN))
def test_a_permission_that_one_writes_for_oneself_stays_under_the_boundary(path: str) -> None:
    fence = policy(
        allow([*needs()[path], "s3:*"]),
        {"Effect": "Deny", "Action": "iam:CreatePolicyVersion", "Resource": f"{ROOT}:policy/boundary"},
    )
    assert actor_in(account(path, needs()[path], boundary=fence), certain=False) == []
