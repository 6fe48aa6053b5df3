"""The responder deployed in a range as its template does it: queue, rule, functions, table, topic, state machine."""

import io
import json
import sys
import time
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import stanch
from stanch.aws import Door
from stanch.contracts.aws import Aws
from stanch.domain.arn import Arn
from stanch.range.process import Range
from stanch.range.stage import Staged, stage
from tests.ground import ACTIONS, RESPONDER_ADDRESS
from tests.stores.in_aws import NAME, tabled

EVIDENCE = "acme-forensics"
ASL = Path(stanch.__file__).parent / "deploy" / "workflow.asl.json"
PATTERN = {
    "source": ["aws.securityhub"],
    "detail-type": ["Security Hub Findings - Imported"],
    "detail": {"findings": {"RecordState": ["ACTIVE"], "Workflow": {"Status": ["NEW", "NOTIFIED"]}}},
}
OWN = (
    "dynamodb:GetItem",
    "dynamodb:PutItem",
    "dynamodb:Query",
    "dynamodb:ConditionCheckItem",
    "sns:Publish",
    "states:SendTaskSuccess",
    "securityhub:BatchUpdateFindings",
)
"""What the responder needs besides what its actions declare, as the template gives it."""


@dataclass
class Deployed:
    """Its names, and an administrator's door."""

    staged: Staged
    admin: Door
    workflow: str
    responder: str
    topic_queue: str
    folder: Path

    def report(self, finding: Mapping[str, Any]) -> None:
        """A product reports a finding to Security Hub."""
        self.admin.call("securityhub", "BatchImportFindings", Findings=[dict(finding)])

    def execution(self, seconds: float = 90, *, until: Sequence[str] = ("RUNNING",), number: int = 0) -> dict[str, Any]:
        """The execution that was started as the `number`-th, once its state is none of `until`."""
        end = time.monotonic() + seconds
        found: dict[str, Any] = {}
        while time.monotonic() < end:
            executions = self.executions()
            if len(executions) > number:
                arn = executions[number]["executionArn"]
                found = self.admin.call("stepfunctions", "DescribeExecution", executionArn=arn)
                if found["status"] not in until:
                    return found
            time.sleep(0.2)
        raise AssertionError(f"no execution ended within {seconds} s: {found}, {self.said()}")

    def executions(self) -> list[dict[str, Any]]:
        """Oldest first."""
        found = self.admin.call("stepfunctions", "ListExecutions", stateMachineArn=self.workflow)["executions"]
        return sorted(found, key=lambda one: one["startDate"])

    def states(self, execution: Mapping[str, Any]) -> list[str]:
        """The states that an execution entered, in order."""
        events = self.admin.call(
            "stepfunctions", "GetExecutionHistory", executionArn=execution["executionArn"], maxResults=1000
        )["events"]
        return [one["stateEnteredEventDetails"]["name"] for one in events if "stateEnteredEventDetails" in one]

    def answers(self, execution: Mapping[str, Any]) -> list[dict[str, Any]]:
        """What the function answered to each state, in order."""
        events = self.admin.call(
            "stepfunctions", "GetExecutionHistory", executionArn=execution["executionArn"], maxResults=1000
        )["events"]
        told = [one["taskSucceededEventDetails"] for one in events if "taskSucceededEventDetails" in one]
        return [json.loads(one["output"]).get("Payload", {}) for one in told if one["resourceType"] == "lambda"]

    def said(self, seconds: float = 0) -> list[dict[str, str]]:
        """What was published: subject and message of each."""
        end = time.monotonic() + seconds
        while True:
            answer = self.admin.call(
                "sqs", "ReceiveMessage", QueueUrl=self.topic_queue, MaxNumberOfMessages=10, VisibilityTimeout=0
            )
            found = [json.loads(one["Body"]) for one in answer.get("Messages", [])]
            if found or time.monotonic() >= end:
                return [{"subject": str(one.get("Subject")), "message": one["Message"]} for one in found]
            time.sleep(0.2)

    def invoke(self, payload: Mapping[str, Any]) -> dict[str, Any]:
        """What a person does who answers."""
        answer = self.admin.call("lambda", "Invoke", FunctionName=self.responder, Payload=json.dumps(payload).encode())
        told: dict[str, Any] = json.loads(answer["Payload"].read())
        return told

    def finding(self, id_: str) -> dict[str, Any]:
        """The finding as Security Hub has it."""
        wanted = {"Id": [{"Value": id_, "Comparison": "EQUALS"}]}
        found: dict[str, Any] = self.admin.call("securityhub", "GetFindings", Filters=wanted)["Findings"][0]
        return found


@contextmanager
def deployed(
    folder: Path, *, mode: str, window: int = 1, expires: int | None = None, fault: str = "", evidence: bool = False
) -> Iterator[Deployed]:
    """A staged company whose responder is deployed.

    `evidence` is whether it has a bucket for it, EVIDENCE; `expires` is for how many seconds a question stands; `fault`
    is code that defines `before(event)`, which the function runs before each verb.
    """
    with Range() as emulator:
        staged = stage(emulator)
        admin = Door.using(
            staged.admin,
            region=staged.region,
            endpoint=emulator.endpoint,
            headers={"X-Forwarded-For": RESPONDER_ADDRESS},
        )
        place = _evidence(admin) if evidence else ""
        (folder / "stanch.toml").write_text(_estate(staged, mode) + place, encoding="utf-8")
        yield _deploy(staged, admin, folder, window, expires, fault)


def _evidence(admin: Door) -> str:
    here = {"LocationConstraint": admin.region}
    admin.call("s3", "CreateBucket", Bucket=EVIDENCE, CreateBucketConfiguration=here, ObjectLockEnabledForBucket=True)
    return f'\n[response.evidence]\nbucket = "{EVIDENCE}"\nlock_days = 1\n'


def _estate(staged: Staged, mode: str) -> str:
    text = staged.estate_toml()
    lines = [line for line in text.splitlines() if not line.startswith(("mode =", "act_when ="))]
    response = f'mode = "{mode}"\nact_when = {{ confidence = 0.5, collateral = "high" }}'
    where = lines.index("[response]")
    lines.insert(where + 1, response)
    return "\n".join([*lines, ""])


def _deploy(staged: Staged, admin: Door, folder: Path, window: int, expires: int | None, fault: str) -> Deployed:
    arn = _arns(staged, admin)
    tabled(admin.call)
    topic = admin.call("sns", "CreateTopic", Name="stanch")["TopicArn"]
    told = admin.call("sqs", "CreateQueue", QueueName="told")["QueueUrl"]
    admin.call("sns", "Subscribe", TopicArn=topic, Protocol="sqs", Endpoint=arn("sqs", "told"))
    admin.call("sqs", "CreateQueue", QueueName="findings")
    needed = sorted({permission for action in ACTIONS.values() for permission in action.PERMISSIONS} | set(OWN))
    responder = _function(
        admin,
        "responder",
        _role(admin, "stanch-function", "lambda", needed),
        f"{fault}\nfrom stanch.responder import handle as serve\ndef handle(event, context):\n"
        f"    {'before(event)' if fault else 'pass'}\n    return serve(event, context)\n",
        {"STANCH_ESTATE": str(folder / "stanch.toml"), "STANCH_TABLE": NAME, "STANCH_TOPIC": topic},
    )
    roles = _role(admin, "stanch-workflow", "states", ["lambda:InvokeFunction", "sns:Publish"])
    filled = {
        "Invoke": f"arn:{admin.partition}:states:::lambda:invoke",
        "InvokeAndWait": f"arn:{admin.partition}:states:::lambda:invoke.waitForTaskToken",
        "Publish": f"arn:{admin.partition}:states:::sns:publish",
        "ResponderFunction": responder,
        "Topic": topic,
        "ConsistencySeconds": str(window),
    }
    definition = ASL.read_text(encoding="utf-8")
    for name, value in filled.items():
        definition = definition.replace(f"${{{name}}}", value)
    if expires is not None:  # the estate counts in minutes
        definition = definition.replace('"TimeoutSecondsPath": "$.expires_seconds"', f'"TimeoutSeconds": {expires}')
    workflow = admin.call("stepfunctions", "CreateStateMachine", name="stanch", definition=definition, roleArn=roles)[
        "stateMachineArn"
    ]
    _function(
        admin,
        "starter",
        _role(admin, "stanch-starter", "lambda", ["states:StartExecution"]),
        "from stanch.responder import start as handle\n",
        {"STANCH_WORKFLOW": workflow},
    )
    queue = arn("sqs", "findings")
    admin.call("lambda", "CreateEventSourceMapping", EventSourceArn=queue, FunctionName="starter", BatchSize=10)
    admin.call("events", "PutRule", Name="imported", EventPattern=json.dumps(PATTERN))
    admin.call("events", "PutTargets", Rule="imported", Targets=[{"Id": "queue", "Arn": queue}])
    return Deployed(staged, admin, workflow, responder, told, folder)


def _arns(staged: Staged, admin: Aws) -> Any:
    return lambda service, resource: str(Arn(admin.partition, service, staged.region, staged.account, resource))


def _role(admin: Aws, name: str, service: str, permissions: Sequence[str]) -> str:
    trust = _document({"Principal": {"Service": f"{service}.amazonaws.com"}, "Action": "sts:AssumeRole"})
    made = admin.call("iam", "CreateRole", RoleName=name, AssumeRolePolicyDocument=trust)
    policy = _document({"Action": list(permissions), "Resource": "*"})
    admin.call("iam", "PutRolePolicy", RoleName=name, PolicyName="work", PolicyDocument=policy)
    return str(made["Role"]["Arn"])


def _document(statement: Mapping[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]})


def _function(admin: Aws, name: str, role: str, code: str, variables: Mapping[str, str]) -> str:
    """A function whose package is one line: stanch itself is found where this process found it."""
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("main.py", code)
    made = admin.call(
        "lambda",
        "CreateFunction",
        FunctionName=name,
        Runtime="python3.11",
        Role=role,
        Handler="main.handle",
        Code={"ZipFile": package.getvalue()},
        Timeout=120,
        Environment={"Variables": {**variables, "PYTHONPATH": ":".join(path for path in sys.path if path)}},
    )
    return str(made["FunctionArn"])
