"""What differs from service to service when a policy is asked whom it lets in."""

from dataclasses import dataclass

ALIASES = {
    "access-analyzer": "access-analyzer",
    "apigateway": "execute-api",
    "efs": "elasticfilesystem",
    "elasticsearch": "es",
    "eventbridge": "events",
    "iam-role": "iam",
    "opensearch": "es",
    "role": "iam",
    "s3-access-point": "s3-accesspoint",
    "sts": "iam",
    "trust": "iam",
    "vpc-endpoint": "vpce",
}

SERVICES = (
    *("aoss", "backup", "codeartifact", "codebuild", "dynamodb", "ecr", "ecr-public", "elasticfilesystem", "es"),
    *("events", "execute-api", "glacier", "glue", "iam", "iot", "kinesis", "kms", "lambda", "lex", "logs"),
    *("mediastore", "rekognition", "s3", "s3-accesspoint", "s3express", "s3-outposts", "s3tables", "schemas"),
    *("secretsmanager", "ses", "sns", "sqs", "ssm", "ssm-incidents", "vpc-lattice", "vpce"),
)
"""Services with policies on resources; `vpce` for VPC endpoints, `iam` for the trust of a role."""


@dataclass(frozen=True, slots=True)
class Service:
    """How to read one service's policies.

    fixes_resource: whether aws:ResourceAccount is the owner's. s3_rules: whether S3's own definition of public holds.
    """

    name: str
    is_known: bool
    fixes_resource: bool = True
    s3_rules: bool = False


def service_named(name: str) -> Service:
    """The service under any of its usual names; one that is not known is read like the most."""
    lowered = name.lower().removesuffix(".amazonaws.com")
    known = ALIASES.get(lowered, lowered)
    return Service(known, known in SERVICES, fixes_resource=known != "vpce", s3_rules=known in ("s3", "s3-accesspoint"))


OWN_WORKLOADS = frozenset(
    (
        *("batch", "batchoperations.s3", "build.apprunner", "codebuild", "codedeploy", "codepipeline", "ec2", "ecs"),
        *(
            "ecs-tasks",
            "edgelambda",
            "eks",
            "eks-fargate-pods",
            "eks-nodegroup",
            "elasticbeanstalk",
            "elasticmapreduce",
        ),
        *("glue", "lambda", "pods.eks", "rds", "sagemaker", "spotfleet", "ssm", "states", "tasks.apprunner"),
    )
)
"""Services, without their domain, that assume a role only for a workload that `iam:PassRole` in its account gave it to.

Nobody outside can send them to the role, and most set no source key that a trust policy could ask for.
"""


def runs_own_workloads(principal: str) -> bool:
    """Whether a service principal is one of these."""
    head = principal.partition(".amazonaws.")[0]
    return head in OWN_WORKLOADS or head.startswith(("ec2.", "lambda.", "codedeploy.", "states."))
