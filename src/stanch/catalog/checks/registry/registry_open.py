"""A registry shares by the policy of a group or a repository: who may read one version may read all of them.

SageMaker Developer Guide, "Model package group resource policy"; ECR User Guide, "Private repository policies".
"""

from collections.abc import Iterator

from stanch.catalog.checks._strangers import name_of, policy_at, ruled, whom
from stanch.catalog.checks._things import blind, evidence
from stanch.contracts.check import GDPR, ISO, NIS2, NIST, About, Judged, Posture
from stanch.contracts.collector import Place
from stanch.domain.severity import Severity
from stanch.domain.verdict import Remedy, Row, Ruling

ABOUT = About(
    title="A model group or an image repository lets in anybody, or a stranger",
    row=Row.REGISTRY,
    severity=Severity.CRITICAL,
    controls={
        NIST: ("AC-3", "AC-6", "AC-20"),
        ISO: ("A.5.15", "A.8.3", "A.8.4"),
        GDPR: ("Art. 32(1)(b)",),
        NIS2: ("Art. 21(2)(d)", "Art. 21(2)(i)"),
    },
)
_GAINS = {
    "sagemaker/model-package-group": "where the weights of each version lie, and the versions to deploy as his own",
    "ecr/repository": "every image: the server, its code, and weights that were baked into it",
}


def judge(posture: Posture) -> Iterator[Judged]:
    """See `contracts.check.Check`."""
    for kind in _GAINS:
        for place in posture.of(kind):
            yield _judged(posture, place)
    yield from blind(posture, "sagemaker", "sagemaker", "sagemaker:ListModelPackageGroups")
    yield from blind(posture, "ecr", "ecr", "ecr:DescribeRepositories")


def _judged(posture: Posture, place: Place) -> Judged:
    arn, at, found = place.thing.arn, policy_at(place), posture.open(place)
    ruling, why = ruled(found) if at else (Ruling.UNKNOWN, "not seen: its policy")
    failed = ruling is Ruling.FAIL
    allowed = f"what its policy allows by {', '.join(found.exposure.statements)}"
    return Judged(
        arn,
        place.account,
        place.region,
        ruling,
        why,
        assets=tuple(posture.assets_of(arn)),
        evidence=(evidence(place, at or ""),),
        way=(whom(found), allowed, _GAINS[place.thing.kind]) if failed else (),
        remedy=_remedy(place) if failed else None,
        severity=None if found.exposure.public else Severity.HIGH,
    )


def _remedy(place: Place) -> Remedy:
    words = "Name the accounts that are meant, or hold the statement to aws:PrincipalOrgID."
    region, file = ("--region", place.region or ""), "file://policy.json"
    if place.thing.kind == "ecr/repository":
        name = str(place.thing.data.get("repositoryName") or place.thing.arn.partition("/")[2])
        command = ("aws", "ecr", "set-repository-policy", "--repository-name", name, "--policy-text", file, *region)
        return Remedy(words, (command,), _REPOSITORY)
    group = ("--model-package-group-name", name_of(place.thing.arn))
    command = ("aws", "sagemaker", "put-model-package-group-policy", *group, "--resource-policy", file, *region)
    return Remedy(words, (command,))


_REPOSITORY = """\
Type: AWS::ECR::Repository
Properties:
  RepositoryPolicyText:
    Version: "2012-10-17"
    Statement:
      - Effect: Allow
        Principal: "*"
        Action: [ecr:BatchGetImage, ecr:GetDownloadUrlForLayer]
        Condition:
          StringEquals:
            aws:PrincipalOrgID: !Ref OrganizationId
"""
