"""Known ways in which a permission, or a few together, become any permission.

Restated from the paths that pathfinding.cloud (Apache-2.0) catalogues, each by what it needs and no more. Left out are
the ways through what already runs with a role (`lambda:UpdateFunctionCode`, `ssm:SendCommand`): whether they lead up
depends on that role, which no policy tells.
"""

from dataclasses import dataclass

USER, GROUP, ROLE, POLICY = (f"iam::{{account}}:{kind}/probe" for kind in ("user", "group", "role", "policy"))


@dataclass(frozen=True, slots=True)
class Way:
    """One way up.

    needs: actions, each with a stand-in for the resource it would be tried on: an ARN from the service on.
    passed_to: the service that a role is passed to, None when none is.
    """

    needs: tuple[tuple[str, str], ...]
    passed_to: str | None = None

    def __str__(self) -> str:
        return " + ".join(action for action, _ in self.needs)


def _passing(service: str, *needs: str) -> Way:
    """`iam:PassRole` and actions, each as `service:Action resource`."""
    placed = tuple((action, f"{_region(action)}:{where}") for action, where in (need.split(" ") for need in needs))
    return Way((("iam:PassRole", ROLE), *placed), f"{service}.amazonaws.com")


def _region(action: str) -> str:
    return f"{action.partition(':')[0]}:eu-central-1:{{account}}"


BY_WRITING_IAM = (
    Way((("iam:AddUserToGroup", GROUP),)),
    Way((("iam:AttachGroupPolicy", GROUP),)),
    Way((("iam:AttachRolePolicy", ROLE),)),
    Way((("iam:AttachUserPolicy", USER),)),
    Way((("iam:CreateAccessKey", USER),)),
    Way((("iam:CreateLoginProfile", USER),)),
    Way((("iam:CreatePolicyVersion", POLICY),)),
    Way((("iam:PutGroupPolicy", GROUP),)),
    Way((("iam:PutRolePolicy", ROLE),)),
    Way((("iam:PutUserPolicy", USER),)),
    Way((("iam:SetDefaultPolicyVersion", POLICY),)),
    Way((("iam:UpdateAssumeRolePolicy", ROLE),)),
    Way((("iam:UpdateLoginProfile", USER),)),
)
"""Ways to more permissions of one's own, or to another identity's credentials."""

BY_ASSUMING_ROLES = (Way((("sts:AssumeRole", ROLE),)),)
"""Ways into every role whose trust leaves the choice to its account."""

BY_PASSING_ROLES = (
    _passing("tasks.apprunner", "apprunner:CreateService service/probe/0"),
    _passing(
        "bedrock-agentcore",
        "bedrock-agentcore:CreateCodeInterpreter code-interpreter/probe",
        "bedrock-agentcore:StartCodeInterpreterSession code-interpreter/probe",
        "bedrock-agentcore:InvokeCodeInterpreter code-interpreter/probe",
    ),
    _passing("cloudformation", "cloudformation:CreateStack stack/probe/0"),
    _passing(
        "cloudformation",
        "cloudformation:CreateChangeSet stack/probe/0",
        "cloudformation:ExecuteChangeSet stack/probe/0",
    ),
    _passing(
        "cloudformation",
        "cloudformation:CreateStackSet stackset/probe:0",
        "cloudformation:CreateStackInstances stackset/probe:0",
    ),
    _passing("cloudformation", "cloudformation:UpdateStackSet stackset/probe:0"),
    _passing("codebuild", "codebuild:CreateProject project/probe", "codebuild:StartBuild project/probe"),
    _passing("codebuild", "codebuild:CreateProject project/probe", "codebuild:StartBuildBatch project/probe"),
    _passing(
        "datapipeline",
        "datapipeline:CreatePipeline pipeline/probe",
        "datapipeline:PutPipelineDefinition pipeline/probe",
        "datapipeline:ActivatePipeline pipeline/probe",
    ),
    _passing("ec2", "ec2:RunInstances instance/i-probe"),
    _passing("ec2", "ec2:RequestSpotInstances spot-instances-request/probe"),
    _passing(
        "ecs-tasks", "ecs:RegisterTaskDefinition task-definition/probe:1", "ecs:CreateService service/probe/probe"
    ),
    _passing("ecs-tasks", "ecs:RegisterTaskDefinition task-definition/probe:1", "ecs:RunTask task-definition/probe:1"),
    _passing(
        "ecs-tasks", "ecs:RegisterTaskDefinition task-definition/probe:1", "ecs:StartTask task-definition/probe:1"
    ),
    _passing("glue", "glue:CreateDevEndpoint devEndpoint/probe"),
    _passing("glue", "glue:CreateJob job/probe", "glue:StartJobRun job/probe"),
    _passing("glue", "glue:CreateJob job/probe", "glue:CreateTrigger trigger/probe"),
    _passing("glue", "glue:UpdateJob job/probe", "glue:StartJobRun job/probe"),
    _passing("glue", "glue:UpdateJob job/probe", "glue:CreateTrigger trigger/probe"),
    _passing("lambda", "lambda:CreateFunction function:probe", "lambda:InvokeFunction function:probe"),
    _passing("lambda", "lambda:CreateFunction function:probe", "lambda:AddPermission function:probe"),
    _passing(
        "lambda", "lambda:CreateFunction function:probe", "lambda:CreateEventSourceMapping event-source-mapping:probe"
    ),
    _passing("sagemaker", "sagemaker:CreateNotebookInstance notebook-instance/probe"),
    _passing("sagemaker", "sagemaker:CreateProcessingJob processing-job/probe"),
    _passing("sagemaker", "sagemaker:CreateTrainingJob training-job/probe"),
)
"""Ways through a new workload that is given a stronger role."""

BREADTH = tuple(
    (action, f"{action.partition(':')[0]}:eu-central-1:{{account}}:probe")
    for action in (
        "bedrock:InvokeModel",
        "cloudformation:DeleteStack",
        "cloudtrail:StopLogging",
        "dynamodb:DeleteTable",
        "ec2:TerminateInstances",
        "ecr:PutImage",
        "ecs:UpdateService",
        "eks:DeleteCluster",
        "elasticfilesystem:DeleteFileSystem",
        "glue:DeleteTable",
        "guardduty:DeleteDetector",
        "kms:PutKeyPolicy",
        "lambda:UpdateFunctionCode",
        "logs:DeleteLogGroup",
        "rds:DeleteDBInstance",
        "route53:ChangeResourceRecordSets",
        "s3:PutBucketPolicy",
        "sagemaker:CreateModel",
        "secretsmanager:PutSecretValue",
        "sns:Publish",
        "sqs:SendMessage",
        "ssm:SendCommand",
    )
)
"""A sample of what nobody but an administrator may do all of: writing actions of unrelated services."""
