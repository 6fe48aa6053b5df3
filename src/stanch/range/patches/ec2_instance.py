"""What is set on an instance holds: one metadata option leaves the others alone, and a shutdown does what was set."""

from typing import Any

from moto.ec2.models.instances import InstanceBackend, MetadataOptions
from moto.ec2.responses.instances import InstanceResponse

from stanch.range.patches.replacing import replaces

_dotted = InstanceResponse._dot_value_instance_attribute_handler  # noqa: SLF001 - moto has no public name for it


def install() -> None:
    """Put instances right."""
    replaces(InstanceBackend, "modify_instance_metadata_options")(modify_instance_metadata_options)
    replaces(InstanceResponse, "_dot_value_instance_attribute_handler")(_attribute_with_value)


def modify_instance_metadata_options(
    self: Any,
    instance_id: str,
    http_tokens: str | None = None,
    hop_limit: int | None = None,
    http_endpoint: str | None = None,
    dry_run: bool | None = False,
    http_protocol: str | None = None,
    metadata_tags: str | None = None,
) -> MetadataOptions:
    """Change the options that were named; moto puts the default in the place of every other."""
    options: MetadataOptions = self.get_instance(instance_id).metadata_options
    options.http_tokens = http_tokens or options.http_tokens
    options.http_put_response_hop_limit = hop_limit or options.http_put_response_hop_limit
    options.http_endpoint = http_endpoint or options.http_endpoint
    options.http_protocol_ipv6 = http_protocol or options.http_protocol_ipv6
    options.instance_metadata_tags = metadata_tags or options.instance_metadata_tags
    return options


def _attribute_with_value(self: Any) -> bool:
    """InstanceInitiatedShutdownBehavior too, which moto takes for a list of no security groups."""
    behaviour = self._get_param("InstanceInitiatedShutdownBehavior.Value")
    if behaviour is None:
        return bool(_dotted(self))
    self.error_on_dryrun()
    instance_id = self._get_param("InstanceId")
    self.ec2_backend.modify_instance_attribute(instance_id, "instance_initiated_shutdown_behavior", behaviour)
    return True
