"""Identities beget identities: STS hands out sessions, IAM makes users and keys, EC2 and Lambda put roles to work.

Reads: successful calls that hand out a credential (a link: whoever holds it descends from the caller), and calls that
make or reach something that acts later under a name of its own (a making: the caller stands behind that name, which
others may have used as well). A role that is passed to a service is lent: of the sessions that the service then opens
in it nobody knows whose work they do, for they are named alike (`SageMaker`, `GlueJobRunnerSession`) or by chance.
Whoever runs a stack and names no role sets to work whatever role the stack was given before.
Blind to: makings by AWS itself (an Auto Scaling group's instances began with nobody); work in a role that a project,
job or state machine was given before (StartBuild, StartJobRun and StartExecution name none); and roles in what
CloudTrail hides (the parameters of a stack, the text of a document).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple

from stanch.domain.event import Event
from stanch.engine.enrich.caller import Caller, caller_of
from stanch.engine.lending import LENDING, LENT_AT_ONCE, roles_named
from stanch.engine.untrusted import at, each, table, text, texts

HOUR = 3600
MADE_AT_ONCE = 50
"""Instances or tasks of one call that are remembered; a hostile record may name any number."""


class Link(NamedTuple):
    """One handing out: when (seconds since the epoch), by whom, and what came of it.

    Without `child_key` it is a console session: every key that is used under `child_arn` and that no other link hands
    out came of it. `role` is the ARN of the assumed role, "" for none.
    """

    time: float
    parent_key: str
    parent_arn: str
    child_key: str
    child_arn: str
    role: str


class Making(NamedTuple):
    """One making: when (the hour, in seconds since the epoch), by whom, and the mark of what was made; see `marks_of`.

    The hour is near enough to tell which story a making belongs to, and a host reached all day long is kept once.
    Of a role that was lent `made` is what `lent` says instead.
    """

    time: float
    maker_key: str
    maker_arn: str
    made: str


Derived = Link | Making


def derived(event: Event, caller: Caller | None = None) -> Iterator[Derived]:
    """What one event hands out or makes; nothing for a refused call, an AWS service's own, or any other call.

    `caller` is who made the call, where that is known already.
    """
    record = event.record
    read = _READERS.get((text(record.get("eventSource")) or "", text(record.get("eventName")) or ""))
    if read is None or record.get("errorCode") or record.get("errorMessage"):
        return
    caller = caller or caller_of(record)
    if not caller.is_aws:
        yield from read(record, caller, event.time.timestamp())


def wants(event_source: str, event_name: str) -> bool:
    """Whether this call can derive an identity; any other event need not be shown to the lineage."""
    return (event_source, event_name) in _READERS


def marks_of(key: str, arn: str) -> Iterator[str]:
    """The marks under which a making may have named this caller."""
    yield arn
    parts = arn.split(":", 5)
    if len(parts) != 6:
        return
    kind, _, rest = parts[5].partition("/")
    if kind == "user":
        yield _user(parts[4], rest.rsplit("/", 1)[-1])
        if not key or key.startswith("ASIA"):  # the console's keys; a long-term key does not come of a password
            yield _login(parts[4], rest.rsplit("/", 1)[-1])
    elif kind == "assumed-role":
        role, _, session = rest.partition("/")
        yield _role(parts[4], role)
        yield _session(session)
    elif kind == "oidc-provider":
        yield ":".join(arn.split(":")[:6])  # a federated caller's name begins with its provider


def lent(arn: str) -> Iterator[str]:
    """The marks under which somebody may have passed the role of this session to a service."""
    parts = arn.split(":", 5)
    kind, _, rest = parts[-1].partition("/")
    if len(parts) == 6 and kind == "assumed-role":
        role, _, session = rest.partition("/")
        yield _lent(parts[4], role)
        if session == "AWSCloudFormation":
            yield _stacks(parts[4])


def _user(account: str | None, name: str) -> str:
    return f"user {account} {name}"


def _login(account: str | None, name: str) -> str:
    return f"login {account} {name}"


def _role(account: str | None, name: str) -> str:
    return f"role {account} {name}"


def _session(name: str) -> str:
    return f"session {name}"


def _lent(account: str | None, name: str) -> str:
    return f"lent {account} {name}"


def _stacks(account: str | None) -> str:
    return f"stacks {account}"


Reader = Callable[[Mapping[str, Any], Caller, float], Iterator[Derived]]


def _session_handed_out(record: Mapping[str, Any], caller: Caller, when: float) -> Iterator[Derived]:
    answer = table(record.get("responseElements"))
    key = text(at(answer, "credentials", "accessKeyId"))
    arn = text(at(answer, "assumedRoleUser", "arn")) or text(at(answer, "federatedUser", "arn")) or caller.arn
    if key:
        role = text(at(record, "requestParameters", "roleArn")) or ""
        yield Link(when, caller.access_key or "", caller.arn, key, arn, role)


def _console_session(record: Mapping[str, Any], caller: Caller, when: float) -> Iterator[Derived]:
    if at(record, "responseElements", "GetSigninToken") != "Failure":
        yield Link(when, caller.access_key or "", caller.arn, "", caller.arn, "")


def _switched_role(record: Mapping[str, Any], caller: Caller, when: float) -> Iterator[Derived]:
    role = text(at(record, "additionalEventData", "SwitchTo")) or ""
    parts = role.split(":", 5)
    if at(record, "responseElements", "SwitchRole") == "Failure" or len(parts) != 6 or not caller.name:
        return
    name = caller.session or caller.name
    arn = f"arn:{parts[1]}:sts::{parts[4]}:assumed-role/{parts[5].rsplit('/', 1)[-1]}/{name}"
    yield Link(when, caller.access_key or "", caller.arn, "", arn, role)


def _key_made(record: Mapping[str, Any], caller: Caller, when: float) -> Iterator[Derived]:
    made = table(at(record, "responseElements", "accessKey"))
    key, user = text(made.get("accessKeyId")), text(made.get("userName"))
    if key:
        named = user and caller.account
        arn = f"arn:{caller.partition}:iam::{caller.account}:user/{user}" if named else caller.arn
        yield Link(when, caller.access_key or "", caller.arn, key, arn, "")


def _maker(marks: Callable[[Mapping[str, Any], str | None], Iterator[str]]) -> Reader:
    """A reader of makings; `marks` finds what was made in a record of the given account."""

    def read(record: Mapping[str, Any], caller: Caller, when: float) -> Iterator[Derived]:
        for mark in marks(record, text(record.get("recipientAccountId")) or caller.account):
            yield Making(when // HOUR * HOUR, caller.access_key or "", caller.arn, mark)

    return read


def _made_user(record: Mapping[str, Any], account: str | None) -> Iterator[str]:
    if name := text(at(record, "requestParameters", "userName")):
        yield _user(account, name)


def _made_login(record: Mapping[str, Any], account: str | None) -> Iterator[str]:
    if name := text(at(record, "requestParameters", "userName")):
        yield _login(account, name)


def _opened_role(record: Mapping[str, Any], account: str | None) -> Iterator[str]:
    if name := text(at(record, "requestParameters", "roleName")):
        yield _role(account, name)


def _made_provider(record: Mapping[str, Any], account: str | None) -> Iterator[str]:
    if arn := text(at(record, "responseElements", "openIDConnectProviderArn")):
        yield arn


def _launched_instances(record: Mapping[str, Any], account: str | None) -> Iterator[str]:
    items = each(at(record, "responseElements", "instancesSet", "items"))
    for _, item in zip(range(MADE_AT_ONCE), items, strict=False):
        if id_ := text(table(item).get("instanceId")):
            yield _session(id_)


def _reached_instances(record: Mapping[str, Any], account: str | None) -> Iterator[str]:
    asked = table(record.get("requestParameters"))
    nested = at(asked, "AssociateIamInstanceProfileRequest", "InstanceId")
    named = (asked.get("instanceId"), asked.get("target"), asked.get("instanceIds"), nested)
    found = (id_ for value in named for id_ in texts(value))
    for _, id_ in zip(range(MADE_AT_ONCE), found, strict=False):
        yield _session(id_)


def _rewritten_instance(record: Mapping[str, Any], account: str | None) -> Iterator[str]:
    if (
        at(record, "requestParameters", "userData") is not None
    ):  # a script that runs as the instance's role at its start
        yield from _reached_instances(record, account)


def _deployed_function(record: Mapping[str, Any], account: str | None) -> Iterator[str]:
    answer, asked = table(record.get("responseElements")), table(record.get("requestParameters"))
    name = text(answer.get("functionName")) or text(asked.get("functionName"))
    parts = (text(answer.get("role")) or text(asked.get("role")) or "").split(":", 5)
    if name and len(parts) == 6:
        function, role = name.rsplit(":", 1)[-1], parts[5].rsplit("/", 1)[-1]
        yield f"arn:{parts[1]}:sts::{parts[4]}:assumed-role/{role}/{function}"


def _started_tasks(record: Mapping[str, Any], account: str | None) -> Iterator[str]:
    for _, task in zip(range(MADE_AT_ONCE), each(at(record, "responseElements", "tasks")), strict=False):
        if arn := text(table(task).get("taskArn")):
            yield _session(arn.rsplit("/", 1)[-1])


def _lender(names: Sequence[str]) -> Reader:
    """A reader of roles that a request names by one of these parameters, wherever it holds them."""
    return _maker(lambda record, account: _roles_lent(record, account, names))


def _roles_lent(record: Mapping[str, Any], account: str | None, names: Sequence[str]) -> Iterator[str]:
    found = roles_named(record.get("requestParameters"), account, names)
    return (_lent(*role) for role in islice(found, LENT_AT_ONCE))


def _ran_stack(record: Mapping[str, Any], account: str | None) -> Iterator[str]:
    roles = list(_roles_lent(record, account, ("roleARN",)))
    yield from roles or [_stacks(account)]


def _of(service: str, read: Reader, *names: str) -> dict[tuple[str, str], Reader]:
    return {(f"{service}.amazonaws.com", name): read for name in names}


_READERS: Mapping[tuple[str, str], Reader] = {
    **_of("sts", _session_handed_out, "AssumeRole", "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity", "AssumeRoot"),
    **_of("sts", _session_handed_out, "GetFederationToken", "GetSessionToken"),
    **_of("signin", _console_session, "GetSigninToken"),
    **_of("signin", _switched_role, "SwitchRole"),
    **_of("iam", _key_made, "CreateAccessKey"),
    **_of("iam", _maker(_made_user), "CreateUser"),
    **_of("iam", _maker(_made_login), "CreateLoginProfile", "UpdateLoginProfile"),
    **_of("iam", _maker(_opened_role), "CreateRole", "UpdateAssumeRolePolicy"),
    **_of("iam", _maker(_made_provider), "CreateOpenIDConnectProvider"),
    **_of("ec2", _maker(_launched_instances), "RunInstances"),
    **_of("ec2", _maker(_reached_instances), "AssociateIamInstanceProfile"),
    **_of("ec2", _maker(_rewritten_instance), "ModifyInstanceAttribute"),
    **_of("ec2-instance-connect", _maker(_reached_instances), "SendSSHPublicKey", "SendSerialConsoleSSHPublicKey"),
    **_of("ssm", _maker(_reached_instances), "SendCommand", "StartSession"),
    **_of("lambda", _maker(_deployed_function), "CreateFunction20150331", "CreateFunction20141111"),
    **_of("lambda", _maker(_deployed_function), "UpdateFunctionCode20150331v2", "UpdateFunctionCode20150331"),
    **_of("lambda", _maker(_deployed_function), "UpdateFunctionConfiguration20150331v2"),
    **_of("ecs", _maker(_started_tasks), "RunTask", "StartTask"),
    **_of("cloudformation", _maker(_ran_stack), "CreateStack", "UpdateStack", "DeleteStack", "ExecuteChangeSet"),
    **{call: _lender(names) for call, names in LENDING.items()},
}
"""Each call that derives an identity, by its event source and name, with what reads it."""
