"""What a region does by default decides for every host that is started there in a hurry.

Reads: default encryption and its key, what blocks public snapshots, images and networks, metadata defaults, console.
Blind to: things made before a default was changed, which keep what they were made with.
"""

from collections.abc import Iterator
from typing import Any

from stanch.catalog.collectors._answers import items, paged, part
from stanch.contracts.collector import Look, Scope, Thing, unseen
from stanch.domain.arn import Arn

SCOPE = Scope.REGION
PERMISSIONS = (
    "ec2:DescribeVpcBlockPublicAccessExclusions",
    "ec2:DescribeVpcBlockPublicAccessOptions",
    "ec2:GetAllowedImagesSettings",
    "ec2:GetEbsDefaultKmsKeyId",
    "ec2:GetEbsEncryptionByDefault",
    "ec2:GetImageBlockPublicAccessState",
    "ec2:GetInstanceMetadataDefaults",
    "ec2:GetSerialConsoleAccessStatus",
    "ec2:GetSnapshotBlockPublicAccessState",
)
_ASKED = {
    "AllowedImagesSettings": ("GetAllowedImagesSettings", None),
    "EbsDefaultKmsKeyId": ("GetEbsDefaultKmsKeyId", "KmsKeyId"),
    "EbsEncryptionByDefault": ("GetEbsEncryptionByDefault", "EbsEncryptionByDefault"),
    "ImageBlockPublicAccessState": ("GetImageBlockPublicAccessState", "ImageBlockPublicAccessState"),
    "InstanceMetadataDefaults": ("GetInstanceMetadataDefaults", "AccountLevel"),
    "SerialConsoleAccessEnabled": ("GetSerialConsoleAccessStatus", "SerialConsoleAccessEnabled"),
    "SnapshotBlockPublicAccessState": ("GetSnapshotBlockPublicAccessState", "State"),
    "VpcBlockPublicAccessOptions": ("DescribeVpcBlockPublicAccessOptions", "VpcBlockPublicAccessOptions"),
}
"""Each setting with its call, and the member of the answer that it is; None where the whole answer is."""


def collect(look: Look) -> Iterator[Thing]:
    """The region's settings as one thing, and each network that is let out of the block of public access."""
    name = str(Arn(look.partition, "ec2", look.region, look.account, "settings"))

    def asked(operation: str, key: str | None) -> Any:
        answer = look.ask("ec2", operation, of=name)
        return part(answer, key) if key else answer

    answers = look.each(lambda question: asked(*question), _ASKED.values())
    settings = dict(zip(_ASKED, answers, strict=True))
    yield Thing("ec2/settings", name, settings)
    if _blocks(settings["VpcBlockPublicAccessOptions"]):
        yield from _exclusions(look)


def _blocks(options: Any) -> bool:
    """Whether anything is surely blocked: exceptions from a block that nobody saw decide nothing."""
    return bool(options) and not unseen(options) and options.get("InternetGatewayBlockMode") != "off"


def _exclusions(look: Look) -> Iterator[Thing]:
    key = "VpcBlockPublicAccessExclusions"
    for exclusion in items(paged(look, "ec2", f"Describe{key}", key, of="ec2", token=("NextToken", "NextToken"))):
        resource = f"vpc-block-public-access-exclusion/{exclusion['ExclusionId']}"
        arn = str(Arn(look.partition, "ec2", look.region, look.account, resource))
        yield Thing("ec2/vpc-block-public-access-exclusion", arn, exclusion)
