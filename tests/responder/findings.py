"""One finding of each product as it comes in; shapes after AWS's guides and API models, ids replaced."""

from typing import Any

ACCOUNT, OTHER, REGION = "111122223333", "444455556666", "eu-central-1"
NOON = "2026-11-22T12:00:00.000Z"
HOST = "i-0abc123def4567890"
_KEY = {
    "accessKeyId": "ASIAEXAMPLEEXAMPLE12",
    "principalId": f"AROAEXAMPLEEXAMPLE123:{HOST}",
    "userName": "vllm-serving",
    "userType": "AssumedRole",
}


def envelope(detail_type: str, detail: Any, source: str = "aws.securityhub") -> dict[str, Any]:
    return {
        "version": "0",
        "id": "12345678-1234-1234-1234-111122223333",
        "detail-type": detail_type,
        "source": source,
        "account": ACCOUNT,
        "time": "2026-11-22T12:01:00Z",
        "region": REGION,
        "resources": [],
        "detail": detail,
    }


def imported(*findings: dict[str, Any]) -> dict[str, Any]:
    return envelope("Security Hub Findings - Imported", {"findings": list(findings)})


def chosen(*findings: dict[str, Any]) -> dict[str, Any]:
    detail = {"actionName": "Contain", "actionDescription": "Contain with stanch", "findings": list(findings)}
    return envelope("Security Hub Findings - Custom Action", detail)


def guardduty(type_: str = "UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.OutsideAWS") -> dict[str, Any]:
    """GuardDuty's own event, names in camel case."""
    detector = "12abc34d567e8fa901bc2d34e56789f0"
    return {
        "schemaVersion": "2.0",
        "accountId": ACCOUNT,
        "region": REGION,
        "partition": "aws",
        "id": "ac1b2c3d4e5f60718293a4b5c6d7e8f9",
        "arn": f"arn:aws:guardduty:{REGION}:{ACCOUNT}:detector/{detector}/finding/ac1b2c3d4e5f60718293a4b5c6d7e8f9",
        "type": type_,
        "resource": {
            "resourceType": "AccessKey",
            "accessKeyDetails": dict(_KEY),
            "instanceDetails": {"instanceId": HOST, "instanceType": "g6e.12xlarge"},
        },
        "service": {
            "serviceName": "guardduty",
            "detectorId": detector,
            "action": {
                "actionType": "AWS_API_CALL",
                "awsApiCallAction": {
                    "api": "ListBuckets",
                    "serviceName": "s3.amazonaws.com",
                    "callerType": "Remote IP",
                    "remoteIpDetails": {"ipAddressV4": "203.0.113.66"},
                },
            },
            "resourceRole": "TARGET",
            "eventFirstSeen": NOON,
            "eventLastSeen": NOON,
            "archived": False,
            "count": 3,
        },
        "severity": 8,
        "createdAt": NOON,
        "updatedAt": NOON,
        "title": "Credentials created exclusively for an EC2 instance are being used from an external IP address.",
        "description": "Credentials created exclusively for an EC2 instance are being used from 203.0.113.66.",
    }


def asff(product: str, types: list[str], resources: list[dict[str, Any]], **changes: Any) -> dict[str, Any]:
    """A finding of one of AWS's own products."""
    return {
        "SchemaVersion": "2018-10-08",
        "Id": f"arn:aws:{product.rsplit('/', maxsplit=1)[-1]}:{REGION}:{ACCOUNT}:finding/1",
        "ProductArn": f"arn:aws:securityhub:{REGION}::product/{product}",
        "GeneratorId": product,
        "AwsAccountId": ACCOUNT,
        "Types": types,
        "CreatedAt": NOON,
        "UpdatedAt": NOON,
        "Severity": {"Label": "HIGH"},
        "Title": "A finding",
        "Description": "What was seen.",
        "Resources": resources,
        "RecordState": "ACTIVE",
        "Workflow": {"Status": "NEW"},
    } | changes


def bucket(name: str = "acme-weights") -> dict[str, Any]:
    return {"Type": "AwsS3Bucket", "Id": f"arn:aws:s3:::{name}", "Partition": "aws", "Region": REGION}


def macie_policy(**changes: Any) -> dict[str, Any]:
    types = ["Software and Configuration Checks/AWS Security Best Practices/Policy:IAMUser-S3BucketSharedExternally"]
    return asff("aws/macie", types, [bucket()], **changes)


def macie_data(**changes: Any) -> dict[str, Any]:
    types = ["Sensitive Data Identifications/PII/SensitiveData:S3Object-Personal"]
    thing = {"Type": "AwsS3Object", "Id": "arn:aws:s3:::acme-training/tickets/1.json"}
    return asff("aws/macie", types, [bucket("acme-training"), thing], **changes)


def access_analyzer(kind: str = "AwsIamRole", arn: str = f"arn:aws:iam::{ACCOUNT}:role/partner") -> dict[str, Any]:
    types = ["Software and Configuration Checks/AWS Security Best Practices/External Access Granted"]
    principal = {"External Principal Type": "AWS", "External Principal": OTHER}
    thing = {"Type": kind, "Id": arn, "Details": {"Other": principal}}
    return asff("aws/access-analyzer", types, [thing], Severity={"Label": "LOW"})


def ours(incident: str = "inc-20261122-3f9a1c", account: str = ACCOUNT, **changes: Any) -> dict[str, Any]:
    return asff(
        "aws/none",
        ["TTPs/Exfiltration/WeightsReadByStranger"],
        [bucket()],
        ProductArn=f"arn:aws:securityhub:{REGION}:{account}:product/{account}/default",
        ProductFields={"stanch/incident": incident},
        **changes,
    )


def ocsf() -> dict[str, Any]:
    """A detection finding as the new Security Hub writes it."""
    return {
        "class_uid": 2004,
        "category_uid": 2,
        "activity_id": 1,
        "type_uid": 200401,
        "time": 1795348800000,
        "severity_id": 4,
        "status": "New",
        "cloud": {"account": {"uid": ACCOUNT}, "region": REGION, "provider": "AWS"},
        "metadata": {
            "version": "1.6.0",
            "uid": "m-1",
            "product": {"uid": f"arn:aws:securityhub:{REGION}::productv2/aws/guardduty", "name": "GuardDuty"},
        },
        "finding_info": {
            "uid": "f-1",
            "title": "S3 data is read as never before",
            "types": ["Exfiltration:S3/AnomalousBehavior"],
            "modified_time": 1795348800000,
        },
        "resources": [
            {"uid": f"arn:aws:iam::{ACCOUNT}:user/eve", "type": "AwsIamUser"},
            {"uid": "arn:aws:s3:::acme-weights", "type": "AwsS3Bucket"},
        ],
    }
