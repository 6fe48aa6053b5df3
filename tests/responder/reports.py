"""Findings as Security Hub imports them; shapes after AWS's guides, ids replaced."""

from datetime import datetime
from typing import Any

from stanch.range.stage import Staged


def credentials_stolen(staged: Staged, instance: str, at: datetime, **changes: Any) -> dict[str, Any]:
    """GuardDuty's InstanceCredentialExfiltration.OutsideAWS in ASFF, of one host's serving role."""
    partition, account, region = staged.serving_role_arn.split(":")[1], staged.account, staged.region
    role = staged.serving_role_arn.rsplit("/", 1)[-1]
    when = at.strftime("%Y-%m-%dT%H:%M:%S.000Z")
    detector = f"arn:{partition}:guardduty:{region}:{account}:detector/12abc34d567e8fa901bc2d34e56789f0"
    finding: dict[str, Any] = {
        "SchemaVersion": "2018-10-08",
        "Id": f"{detector}/finding/ac1b2c3d4e5f60718293a4b5c6d7e8f9",
        "ProductArn": f"arn:{partition}:securityhub:{region}::product/aws/guardduty",
        "ProductName": "GuardDuty",
        "CompanyName": "Amazon",
        "Region": region,
        "GeneratorId": detector,
        "AwsAccountId": account,
        "Types": ["Effects/Data Exfiltration/UnauthorizedAccess:IAMUser-InstanceCredentialExfiltration.OutsideAWS"],
        "FirstObservedAt": when,
        "LastObservedAt": when,
        "CreatedAt": when,
        "UpdatedAt": when,
        "Severity": {"Product": 8.0, "Label": "HIGH", "Normalized": 70},
        "Title": "Credentials created exclusively for an EC2 instance are being used from an external IP address.",
        "Description": "Credentials created exclusively for an EC2 instance are being used from 203.0.113.66.",
        "ProductFields": {
            "aws/guardduty/service/action/actionType": "AWS_API_CALL",
            "aws/guardduty/service/action/awsApiCallAction/api": "ListBuckets",
            "aws/guardduty/service/count": "3",
            "aws/securityhub/ProductName": "GuardDuty",
        },
        "Resources": [
            {
                "Type": "AwsIamAccessKey",
                "Id": "AWS::IAM::AccessKey:ASIAEXAMPLEEXAMPLE12",
                "Partition": partition,
                "Region": region,
                "Details": {
                    "AwsIamAccessKey": {
                        "PrincipalId": f"AROAEXAMPLEEXAMPLE123:{instance}",
                        "PrincipalName": role,
                        "PrincipalType": "AssumedRole",
                    }
                },
            },
            {
                "Type": "AwsEc2Instance",
                "Id": f"arn:{partition}:ec2:{region}:{account}:instance/{instance}",
                "Partition": partition,
                "Region": region,
            },
        ],
        "WorkflowState": "NEW",
        "RecordState": "ACTIVE",
    }
    return finding | changes


def data_taken(staged: Staged, instance: str, at: datetime, **changes: Any) -> dict[str, Any]:
    """GuardDuty's Exfiltration:S3/AnomalousBehavior in ASFF, by one host's session."""
    said = credentials_stolen(staged, instance, at)
    key = said["Resources"][0]
    bucket = {"Type": "AwsS3Bucket", "Id": f"arn:{key['Partition']}:s3:::{staged.weights_bucket}"}
    types = ["TTPs/Exfiltration/Exfiltration:S3-AnomalousBehavior"]
    return said | {"Types": types, "Resources": [key, bucket]} | changes
