"""What code may do, whoever gets into the code may do: an administrator's role makes its bugs the account's.

IAM User Guide, "Security best practices in IAM": least privilege for workloads.
"""

from collections.abc import Iterator

from stanch.catalog.checks._reach import administrators, assets_in, guesses
from stanch.catalog.checks._strangers import name_of
from stanch.catalog.checks._things import evidence, unlisted
from stanch.catalog.checks._trust import roles, trusted
from stanch.contracts.check import CIS, FSBP, ISO, NIS2, NIST, About, Judged, Posture
from stanch.contracts.collector import Place, unseen
from stanch.domain.severity import Severity
from stanch.domain.verdict import Remedy, Row, Ruling
from stanch.iam.escalation import ADMIN, Reached

ABOUT = About(
    title="Code runs as administrator",
    row=Row.TRUST,
    severity=Severity.CRITICAL,
    controls={
        CIS: ("1.16",),
        FSBP: ("IAM.1",),
        NIST: ("AC-6", "AC-6(5)", "CM-7"),
        ISO: ("A.5.15", "A.8.2"),
        NIS2: ("Art. 21(2)(i)",),
    },
)
_RUN_CODE = frozenset(
    (
        *("bedrock-agentcore", "codebuild", "ec2", "ecs-tasks", "edgelambda", "elasticmapreduce", "glue", "lambda"),
        *("pods.eks", "sagemaker", "tasks.apprunner"),
    )
)
"""Services, without their domain, in which anybody's code runs with the role; what carries out orders is none."""
_CLUSTER = ":oidc-provider/oidc.eks."


def judge(posture: Posture) -> Iterator[Judged]:
    """See `contracts.check.Check`."""
    found = [(place, _runs(place)) for place in roles(posture)]
    running = {place.thing.arn for place, runs in found if runs}
    admins = administrators(posture) if running else {}
    may = guesses(posture, running - set(admins))
    doubts = {reached.principal: why for reached, why in may if reached.target == ADMIN and not reached.path}
    for place, runs in found:
        hidden = unseen(place.thing.data.get("AssumeRolePolicyDocument"))
        if place.thing.arn in doubts:
            yield Judged(place.thing.arn, place.account, None, Ruling.UNKNOWN, doubts[place.thing.arn])
        elif runs:
            yield _judged(posture, place, runs, admins.get(place.thing.arn))
        elif hidden:
            yield Judged(place.thing.arn, place.account, None, Ruling.UNKNOWN, f"not seen: {hidden}")
    yield from unlisted(posture, "iam", "iam:GetAccountAuthorizationDetails")


def _runs(place: Place) -> list[str]:
    """Where code runs with the role, in the words of its trust."""
    services = (name for name in trusted(place, "Service") if name.partition(".amazonaws.")[0] in _RUN_CODE)
    clusters = (name for name in trusted(place, "Federated") if _CLUSTER in name)
    return sorted((*services, *clusters))


def _judged(posture: Posture, place: Place, runs: list[str], reached: Reached | None) -> Judged:
    arn = place.thing.arn
    failed = reached is not None and not reached.path
    why = f"code of {', '.join(runs)} runs with it, and it is no administrator"
    if failed and reached is not None:
        why = f"code of {', '.join(runs)} runs with it, and it is administrator: {reached.statement}"
    return Judged(
        arn,
        place.account,
        None,
        Ruling.FAIL if failed else Ruling.PASS,
        why,
        assets=assets_in(posture, place.account) if failed else (),
        evidence=tuple(
            evidence(place, key) for key in ("AssumeRolePolicyDocument", "RolePolicyList", "AttachedManagedPolicies")
        ),
        way=(
            f"whoever gets a line of code to run in {runs[0]}, by a dependency, a prompt or an upload",
            f"reads the credentials of {arn} from where the code gets them",
            "is administrator: everything in the account",
        )
        if failed
        else (),
        remedy=_remedy(arn) if failed else None,
        severity=Severity.HIGH if reached is not None and reached.certainty == "may" else None,
    )


def _remedy(arn: str) -> Remedy:
    name = ("--role-name", name_of(arn))
    return Remedy(
        "Give the workload a role of its own with what it uses; the log of its calls says what that is.",
        (
            ("aws", "iam", "list-attached-role-policies", *name),
            ("aws", "iam", "list-role-policies", *name),
            ("stanch", "iam", "unused", arn, "--logs", "CLOUDTRAIL_FOLDER"),
        ),
        """\
Policies:
  - PolicyName: read-own-model
    PolicyDocument:
      Version: "2012-10-17"
      Statement:
        - Effect: Allow
          Action: s3:GetObject
          Resource: !Sub ${Bucket.Arn}/weights/llama/*
""",
    )
