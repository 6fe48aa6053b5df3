"""An agent answers a command while its host has a way out; cut off, the command waits until its time is over.

A host of the range runs an agent where its tag `range:agent` says `online`.
"""

import base64
import gzip
from typing import Any

from moto.core.responses import ActionResult
from moto.core.utils import utcnow
from moto.ec2.models import ec2_backends
from moto.ssm.models import Command
from moto.ssm.models import SimpleSystemManagerBackend as Backend
from moto.ssm.responses import SimpleSystemManagerResponse as Responses

from stanch.range.gate.sessions import Sessions
from stanch.range.patches.replacing import adds, replaces

AGENT = "range:agent"
_send = Backend.send_command


def install(sessions: Sessions) -> None:
    """Give Systems Manager the hosts of the range."""
    replaces(Backend, "send_command")(send_command)
    adds(Responses, "describe_instance_information")(describe_instance_information)
    adds(Responses, "list_command_invocations")(list_command_invocations)


def send_command(self: Any, *arguments: Any, **named: Any) -> Command:
    """The host answers at once with what it was told to run, packed as it was told to; or it does not answer."""
    command = _send(self, *arguments, **named)
    for invocation in command.invocations:
        instance = ec2_backends[self.account_id][self.region_name].get_instance(invocation["InstanceId"])
        if _reachable(instance):
            said = f"range host {instance.id}\n{chr(10).join(command.parameters.get('commands', []))}".encode()
            invocation["StandardOutputContent"] = base64.b64encode(gzip.compress(said)).decode()
        else:
            invocation |= {"Status": "Pending", "StatusDetails": "Pending", "ResponseCode": -1}
    return command


def describe_instance_information(self: Any) -> ActionResult:
    """The hosts with an agent, by the ids that were asked for."""
    named = [each for each in self._get_param("Filters", []) if each["Key"] == "InstanceIds"]
    wanted = {value for each in named for value in each["Values"]}
    found = [
        {
            "InstanceId": instance.id,
            "PingStatus": "Online" if instance.state == "running" else "ConnectionLost",
            "LastPingDateTime": utcnow(),
            "PlatformType": "Linux",
            "ResourceType": "EC2Instance",
        }
        for reservation in ec2_backends[self.current_account][self.region].all_reservations()
        for instance in reservation.instances
        if _agent(instance) and (not named or instance.id in wanted)
    ]
    return ActionResult({"InstanceInformationList": found})


def list_command_invocations(self: Any) -> ActionResult:
    """Every command to one host, or to all."""
    instance = self._get_param("InstanceId")
    found = [
        {
            **{key: invocation[key] for key in ("CommandId", "InstanceId", "DocumentName", "Status", "StatusDetails")},
            "Comment": command.comment,
            "RequestedDateTime": command.requested_date_time,
        }
        for command in self.ssm_backend.list_commands(None, instance)
        for invocation in command.invocations
        if instance in (None, invocation["InstanceId"])
    ]
    return ActionResult({"CommandInvocations": found})


def _agent(instance: Any) -> bool:
    return any(tag["key"] == AGENT and tag["value"] == "online" for tag in instance.get_tags())


def _reachable(instance: Any) -> bool:
    groups = [group for interface in instance.nics.values() for group in interface.group_set]
    return _agent(instance) and instance.state == "running" and any(group.egress_rules for group in groups)
