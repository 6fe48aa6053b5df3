"""A role is passed to a service in a request: each service calls the parameter by a name of its own.

Reads: requestParameters of successful calls, at any depth, within bounds; of a changed function also the answer, which
alone names its role.
"""

import re
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from stanch.engine.untrusted import text, texts

LENT_AT_ONCE = 50
"""Roles of one call that are remembered; a hostile record may name any number."""
_LOOKED_AT = 5000
"""Values of one request that are looked at for roles, those on top first."""
_ROLE_NAME = re.compile(r"[\w+=,.@-]{1,64}", re.ASCII)


def roles_named(request: object, account: str | None, names: Sequence[str]) -> Iterator[tuple[str | None, str]]:
    """The roles, by account and name, that a request names by one of these parameters; a bare name is of `account`."""
    for role in (role for value in _named(request, names) for role in texts(value)):
        parts = role.split(":", 5)
        name = role.rsplit("/", 1)[-1]  # Glue's default has a path before it
        if len(parts) == 6 and parts[2] == "iam" and parts[5].startswith("role/"):
            yield parts[4], name
        elif not role.startswith("arn:") and _ROLE_NAME.fullmatch(name):
            yield account, name


def put_to_work(record: Mapping[str, Any]) -> Iterator[str]:
    """The names of the roles that this call gives to code: one that is passed, and that of a function made or changed.

    Whoever runs the code can take the role's keys away with him.
    """
    call = (text(record.get("eventSource")) or "", text(record.get("eventName")) or "")
    asked = record.get("requestParameters")
    told = [asked, record.get("responseElements")] if call in _FUNCTIONS else asked
    names = ("role",) if call in _FUNCTIONS else LENDING.get(call, ())
    return islice(dict.fromkeys(name for _, name in roles_named(told, None, names)), LENT_AT_ONCE)


def _named(request: object, names: Sequence[str]) -> Iterator[object]:
    """The values of these names in a request; Data Pipeline writes name and value beside each other."""
    pending = deque([request])
    for _ in range(_LOOKED_AT):
        if not pending:
            return
        here = pending.popleft()
        if isinstance(here, list):
            pending.extend(here[:_LOOKED_AT])
        elif isinstance(here, dict):
            yield from (here[name] for name in names if name in here)
            if text(here.get("key")) in names:
                yield here.get("stringValue")
            pending.extend(value for value in here.values() if isinstance(value, dict | list))


def _of(service: str, parameters: Sequence[str], *names: str) -> dict[tuple[str, str], Sequence[str]]:
    return {(f"{service}.amazonaws.com", name): parameters for name in names}


LENDING: Mapping[tuple[str, str], Sequence[str]] = {
    **_of("airflow", ("ExecutionRoleArn",), "CreateEnvironment", "UpdateEnvironment"),
    **_of("apprunner", ("instanceRoleArn",), "CreateService", "UpdateService"),
    **_of("batch", ("jobRoleArn", "taskRoleArn"), "RegisterJobDefinition"),
    **_of("bedrock", ("agentResourceRoleArn",), "CreateAgent", "UpdateAgent"),
    **_of("bedrock", ("executionRoleArn",), "CreateFlow", "UpdateFlow"),
    **_of("bedrock", ("roleArn",), "CreateKnowledgeBase", "UpdateKnowledgeBase", "CreateModelCustomizationJob"),
    **_of("bedrock", ("roleArn",), "CreateModelImportJob", "CreateModelInvocationJob", "CreateEvaluationJob"),
    **_of("bedrock-agentcore", ("executionRoleArn",), "CreateBrowser", "CreateCodeInterpreter"),
    **_of("bedrock-agentcore", ("roleArn",), "CreateAgentRuntime", "UpdateAgentRuntime"),
    **_of("bedrock-agentcore", ("roleArn",), "CreateGateway", "UpdateGateway"),
    **_of("cloudformation", ("roleARN",), "CreateChangeSet"),
    **_of("codebuild", ("serviceRole",), "CreateProject", "UpdateProject"),
    **_of("codebuild", ("serviceRoleOverride",), "StartBuild", "StartBuildBatch"),
    **_of("codepipeline", ("roleArn",), "CreatePipeline", "UpdatePipeline"),
    **_of("datapipeline", ("role", "resourceRole"), "PutPipelineDefinition"),
    **_of("ecs", ("taskRoleArn",), "RegisterTaskDefinition"),
    **_of("eks", ("roleArn",), "CreatePodIdentityAssociation", "UpdatePodIdentityAssociation"),
    **_of("elasticmapreduce", ("jobFlowRole", "serviceRole"), "RunJobFlow"),
    **_of("emr-containers", ("executionRoleArn",), "StartJobRun"),
    **_of("emr-serverless", ("executionRoleArn",), "StartJobRun"),
    **_of("events", ("roleArn",), "PutRule", "PutTargets"),
    **_of("glue", ("role",), "CreateCrawler", "UpdateCrawler", "CreateJob", "UpdateJob", "CreateSession"),
    **_of("glue", ("roleArn",), "CreateDevEndpoint"),
    **_of("pipes", ("roleArn",), "CreatePipe", "UpdatePipe"),
    **_of("s3", ("RoleArn",), "CreateJob"),
    **_of("sagemaker", ("roleArn",), "CreateNotebookInstance", "UpdateNotebookInstance", "CreatePipeline"),
    **_of("sagemaker", ("roleArn",), "UpdatePipeline", "CreateProcessingJob", "CreateTrainingJob"),
    **_of("sagemaker", ("roleArn",), "CreateAutoMLJobV2", "CreateHyperParameterTuningJob"),
    **_of("sagemaker", ("executionRole",), "CreateDomain", "UpdateDomain"),
    **_of("sagemaker", ("executionRole",), "CreateUserProfile", "UpdateUserProfile"),
    **_of("sagemaker", ("executionRoleArn",), "CreateModel"),
    **_of("scheduler", ("roleArn",), "CreateSchedule", "UpdateSchedule"),
    **_of("ssm", ("AutomationAssumeRole",), "CreateAssociation", "UpdateAssociation"),
    **_of("ssm", ("AutomationAssumeRole",), "StartAutomationExecution"),
    **_of("states", ("roleArn",), "CreateStateMachine", "UpdateStateMachine"),
}
"""Each call that passes a role, by its event source and name, with the parameters that name it."""
_FUNCTIONS = frozenset(
    ("lambda.amazonaws.com", name)
    for name in (
        "CreateFunction20150331", "UpdateFunctionCode20150331v2", "UpdateFunctionConfiguration20150331v2",
    )
)  # fmt: skip
