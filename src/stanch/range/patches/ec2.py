"""A security group guards network interfaces; what is said of an instance's groups is said of its interfaces."""

# ruff: noqa: SLF001 - the names are moto's, and it has no public ones for this

from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.ec2.exceptions import EC2ClientError, InvalidSecurityGroupNotFoundError
from moto.ec2.models.elastic_network_interfaces import NetworkInterface, NetworkInterfaceBackend
from moto.ec2.models.instances import InstanceBackend
from moto.ec2.responses.elastic_block_store import ElasticBlockStore

from stanch.range.patches.replacing import replaces

_modify_interface = NetworkInterfaceBackend.modify_network_interface_attribute
_share_snapshot = ElasticBlockStore.modify_snapshot_attribute


def install() -> None:
    """Put EC2 right."""
    replaces(InstanceBackend, "modify_instance_security_groups")(modify_instance_security_groups)
    replaces(NetworkInterfaceBackend, "modify_network_interface_attribute")(modify_network_interface_attribute)
    replaces(NetworkInterface, "group_set")(property(lambda interface: interface._group_set))
    replaces(ElasticBlockStore, "modify_snapshot_attribute")(modify_snapshot_attribute)
    replaces(ElasticBlockStore, "reset_snapshot_attribute")(reset_snapshot_attribute)


def modify_instance_security_groups(self: Any, instance_id: str, new_group_id_list: list[str]) -> Any:
    """Swap the groups of the instance and of its interface; with several interfaces AWS wants one named."""
    instance = self.get_instance(instance_id)
    groups = [_group(self, group_id) for group_id in new_group_id_list]
    if len(instance.nics) > 1:
        message = f"There are multiple interfaces attached to instance '{instance_id}'. Please specify an interface ID."
        raise EC2ClientError("InvalidInstanceID", message)
    instance.security_groups = groups
    for interface in instance.nics.values():
        interface._group_set = list(groups)
    return instance


def modify_network_interface_attribute(self: Any, eni_id: str, group_ids: list[str], *more: Any, **named: Any) -> None:
    """Swap the groups of one interface; those of the primary one are the instance's."""
    for group_id in group_ids or []:
        _group(self, group_id)
    _modify_interface(self, eni_id, group_ids, *more, **named)
    interface = self.get_network_interface(eni_id)
    if group_ids and interface.instance and interface.device_index == 0:
        interface.instance.security_groups = list(interface._group_set)


def modify_snapshot_attribute(self: Any) -> ActionResult:
    """Both ways of asking: OperationType with UserIds, and CreateVolumePermission with Add and Remove."""
    change = self._get_param("CreateVolumePermission") or {}
    if not change:
        return _share_snapshot(self)
    self.error_on_dryrun()
    snapshot_id = self._get_param("SnapshotId")
    for verb, edit in (
        ("Add", self.ec2_backend.add_create_volume_permission),
        ("Remove", self.ec2_backend.remove_create_volume_permission),
    ):
        entries = change.get(verb) or []
        users = [entry["UserId"] for entry in entries if entry.get("UserId")]
        groups = [entry["Group"] for entry in entries if entry.get("Group")]
        if users or groups:
            edit(snapshot_id, user_ids=users, groups=groups)
    return EmptyResult()


def reset_snapshot_attribute(self: Any) -> ActionResult:
    """Take back every permission to make volumes from the snapshot."""
    self.error_on_dryrun()
    snapshot = self.ec2_backend.get_snapshot(self._get_param("SnapshotId"))
    snapshot.create_volume_permission_groups.clear()
    snapshot.create_volume_permission_userids.clear()
    return EmptyResult()


def _group(backend: Any, group_id: str) -> Any:
    group = backend.get_security_group_from_id(group_id)
    if group is None:
        raise InvalidSecurityGroupNotFoundError(group_id)
    return group
