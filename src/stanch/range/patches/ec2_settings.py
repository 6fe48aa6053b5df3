"""A region of an account that nobody touched has AWS's defaults; in the range nothing changes them."""

from collections.abc import Mapping
from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.responses.settings import Settings

from stanch.range.patches.replacing import adds

_DEFAULTS: Mapping[str, Mapping[str, Any]] = {
    "get_allowed_images_settings": {"State": "disabled", "ImageCriteria": [], "ManagedBy": "account"},
    "get_ebs_default_kms_key_id": {"KmsKeyId": "alias/aws/ebs"},
    "get_image_block_public_access_state": {"ImageBlockPublicAccessState": "unblocked", "ManagedBy": "account"},
    "get_instance_metadata_defaults": {"AccountLevel": {"ManagedBy": "account"}},
    "get_serial_console_access_status": {"SerialConsoleAccessEnabled": False, "ManagedBy": "account"},
    "get_snapshot_block_public_access_state": {"State": "unblocked", "ManagedBy": "account"},
}


def install() -> None:
    """Give EC2 the settings that moto does not know."""
    for name, answer in _DEFAULTS.items():
        adds(Settings, name)(_answering(answer))
    adds(Settings, "describe_vpc_block_public_access_options")(describe_vpc_block_public_access_options)


def describe_vpc_block_public_access_options(self: Any) -> ActionResult:
    """Nothing is blocked."""
    self.error_on_dryrun()
    options = {
        "AwsAccountId": self.current_account,
        "AwsRegion": self.region,
        "State": "default-state",
        "InternetGatewayBlockMode": "off",
        "ExclusionsAllowed": "allowed",
        "ManagedBy": "account",
    }
    return ActionResult({"VpcBlockPublicAccessOptions": options})


def _answering(answer: Mapping[str, Any]) -> Any:
    def told(self: Any) -> ActionResult:
        self.error_on_dryrun()
        return ActionResult(dict(answer))

    return told
