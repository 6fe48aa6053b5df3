"""One evil has many calls and one call many forms: each is found, and the honest call beside it is not."""

import io
import json
from dataclasses import dataclass
from typing import Any, BinaryIO

import pytest

from stanch import app, estate
from stanch.domain.estate import Estate

OURS, STRANGER = "111122223333", "999988887777"
EVERYTHING = json.dumps({"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
OUTSIDER = {"AWS": f"arn:aws:iam::{STRANGER}:root"}
DECLARED = f"""
[perimeter]
accounts = ["{OURS}"]
networks = ["203.0.113.0/24"]
[[asset]]
name = "llama"
kind = "weights"
where = "s3://acme-weights/llama/"
[[principal]]
match = "arn:*:iam::{OURS}:role/rotation"
purpose = "service"
"""

OPENED, ACL = "exfiltration/bucket_opened_by_policy", "exfiltration/bucket_opened_by_acl_or_block_public_access"
COPIED, UNCLAIMED = "exfiltration/copied_to_outside_account", "exfiltration/replication_to_unclaimed_bucket"
SNAPSHOT, IMAGE = "exfiltration/snapshot_shared", "exfiltration/image_or_database_shared"
ELSEWHERE = "exfiltration/resource_opened_to_outside"
TRUST, ADMIN = "persistence/role_trust_opened_to_outside", "privilege_escalation/made_admin"
OWN, LOGIN = "privilege_escalation/own_permissions_widened", "persistence/login_or_key_made_for_another"
TRAIL, GUARD = "defense_impairment/cloudtrail_stopped_narrowed_or_deleted", "defense_impairment/guardduty_disabled"
INVITED, OVERWRITTEN = "persistence/function_opened_to_outside", "persistence/function_overwritten"

MALLORY = {"type": "IAMUser", "arn": f"arn:aws:iam::{OURS}:user/mallory", "accountId": OURS, "userName": "mallory"}


def role(name: str, path: str = "", **more: Any) -> dict[str, Any]:
    issuer = {"type": "Role", "arn": f"arn:aws:iam::{OURS}:role/{path}{name}", "accountId": OURS, "userName": name}
    arn = f"arn:aws:sts::{OURS}:assumed-role/{name}/x"
    return {
        "type": "AssumedRole",
        "arn": arn,
        "accountId": OURS,
        "accessKeyId": "ASIAEXAMPLE",
        "sessionContext": {"sessionIssuer": issuer},
        **more,
    }


def policy(principal: Any, action: str = "s3:GetObject") -> dict[str, Any]:
    statement = {"Effect": "Allow", "Principal": principal, "Action": action, "Resource": "*"}
    return {"Version": "2012-10-17", "Statement": [statement]}


@dataclass
class Log:
    """One record as a log file."""

    record: dict[str, Any]
    path: str = f"AWSLogs/{OURS}/CloudTrail/x.json"
    size: int | None = None

    def open(self) -> BinaryIO:
        return io.BytesIO(json.dumps({"Records": [self.record]}).encode())


def hunted(source: str, name: str, request: Any, ours: Estate, identity: Any = MALLORY, **more: Any) -> set[str]:
    record = {
        "eventID": "00000000-0000-4000-8000-000000000001",
        "eventTime": "2026-05-04T09:12:00Z",
        "eventSource": f"{source}.amazonaws.com",
        "eventName": name,
        "awsRegion": "eu-central-1",
        "sourceIPAddress": "203.0.113.9",
        "userIdentity": identity,
        "requestParameters": request,
        "recipientAccountId": OURS,
        **more,
    }
    result = app.hunt([Log(record)], ours, app.rules())
    return {finding.detection for incident in result.incidents for finding in incident.findings}


EVIL: list[tuple[str, str, str, Any]] = [
    (OPENED, "s3express", "PutBucketPolicy", {"bucketName": "b--x-s3", "bucketPolicy": policy(OUTSIDER)}),
    (OPENED, "s3", "PutAccessPointPolicy", {"PutAccessPointPolicyRequest": {"Policy": json.dumps(policy(OUTSIDER))}}),
    (OPENED, "s3tables", "PutTableBucketPolicy", {"resourcePolicy": json.dumps(policy("*"))}),
    (OPENED, "s3vectors", "PutVectorBucketPolicy", {"policy": json.dumps(policy(OUTSIDER))}),
    (ACL, "s3", "PutBucketAcl", {"bucketName": "b", "x-amz-acl": ["public-read-write"]}),
    (ACL, "s3", "PutObjectAcl", {"bucketName": "b", "key": "k", "x-amz-grant-read": f'id="{"f" * 64}"'}),
    (ACL, "s3", "DeleteAccountPublicAccessBlock", {"accountId": OURS}),
    (ACL, "s3", "PutBucketPublicAccessBlock", {"PublicAccessBlockConfiguration": {"BlockPublicAcls": True}}),
    (COPIED, "backup", "StartCopyJob", {"destinationBackupVaultArn": f"arn:aws:backup:r:{STRANGER}:backup-vault:v"}),
    (UNCLAIMED, "ec2", "ExportImage", {"ExportImageRequest": {"S3ExportLocation": {"S3Bucket": "loot"}}}),
    (UNCLAIMED, "ec2", "CreateInstanceExportTask", {"exportToS3": {"s3Bucket": "loot"}}),
    (UNCLAIMED, "s3", "CreateJob", {"CreateJobRequest": {"Operation": {"S3PutObjectCopy": {"TargetResource": "x"}}}}),
    (SNAPSHOT, "ec2", "ModifySnapshotAttribute", {"operationType": "add", "userIds": [STRANGER]}),
    (IMAGE, "ec2", "ModifyImageAttribute", {"launchPermission": {"add": {"items": [{"group": "all"}]}}}),
    (IMAGE, "rds", "ModifyDBClusterSnapshotAttribute", {"attributeName": "restore", "valuesToAdd": [STRANGER]}),
    (ELSEWHERE, "backup", "PutBackupVaultAccessPolicy", {"policy": json.dumps(policy(OUTSIDER, "backup:*"))}),
    (TRUST, "iam", "CreateRole", {"assumeRolePolicyDocument": json.dumps(policy(OUTSIDER, "sts:AssumeRole"))}),
    (ADMIN, "iam", "CreatePolicyVersion", {"policyDocument": EVERYTHING, "setAsDefault": True}),
    (ADMIN, "iam", "PutGroupPolicy", {"groupName": "g", "policyDocument": EVERYTHING}),
    (ADMIN, "iam", "AddUserToGroup", {"groupName": "Org-FullAccess", "userName": "u"}),
    (OWN, "iam", "PutUserPermissionsBoundary", {"userName": "mallory", "permissionsBoundary": "x"}),
    (LOGIN, "iam", "CreateLoginProfile", {"userName": "mallory"}),
    (LOGIN, "iam", "CreateLoginProfile", None),
    (LOGIN, "iam", "UpdateSSHPublicKey", {"userName": "git", "status": "Active"}),
    (TRAIL, "cloudtrail", "UpdateTrail", {"kmsKeyId": f"arn:aws:kms:eu-central-1:{STRANGER}:key/k"}),
    (TRAIL, "cloudtrail", "PutEventSelectors", {"eventSelectors": []}),
    (TRAIL, "cloudtrail", "PutInsightSelectors", {"trailName": "t", "insightSelectors": []}),
    (TRAIL, "cloudtrail", "UpdateEventDataStore", {"eventDataStore": "x", "retentionPeriod": 7}),
    (TRAIL, "organizations", "DisableAWSServiceAccess", {"servicePrincipal": "cloudtrail.amazonaws.com"}),
    (GUARD, "guardduty", "UpdateDetector", {"features": [{"name": "S3_DATA_EVENTS", "status": "DISABLED"}]}),
    (GUARD, "guardduty", "UpdateThreatIntelSet", {"activate": False}),
    (GUARD, "guardduty", "UpdatePublishingDestination", {"destinationId": "x"}),
    (GUARD, "guardduty", "UpdateMalwareScanSettings", {"scanResourceCriteria": {"exclude": {"x": 1}}}),
    (GUARD, "organizations", "DeregisterDelegatedAdministrator", {"servicePrincipal": "guardduty.amazonaws.com"}),
    (INVITED, "lambda", "AddPermission20150331v2", {"principal": "s3.amazonaws.com", "sourceAccount": STRANGER}),
    (INVITED, "lambda", "PutResourcePolicy", {"policy": json.dumps(policy("*", "lambda:InvokeFunction"))}),
    (OVERWRITTEN, "lambda", "UpdateFunctionConfiguration20150331v2", {"layers": ["arn:aws:lambda:r:1:layer:x:1"]}),
]


@pytest.mark.parametrize("ours", [Estate(), estate.read(DECLARED, "test")], ids=["undeclared", "declared"])
@pytest.mark.parametrize(("detection", "source", "name", "request_"), EVIL)
def test_each_call_of_an_evil_is_found(detection: str, source: str, name: str, request_: Any, ours: Estate) -> None:
    assert detection in hunted(source, name, request_, ours)


PROVISIONER = role("AWSServiceRoleForSSO", "aws-service-role/sso.amazonaws.com/")
MOUNTED = {
    **policy({"AWS": "*"})["Statement"][0],
    "Condition": {"Bool": {"elasticfilesystem:AccessedViaMountTarget": "true"}},
}
HONEST: list[tuple[str, str, Any, Any]] = [
    ("iam", "AttachRolePolicy", {"policyArn": "arn:aws:iam::aws:policy/AdministratorAccess"}, PROVISIONER),
    ("iam", "UpdateSAMLProvider", {"sAMLProviderArn": "x"}, PROVISIONER),
    ("iam", "CreateAccessKey", {"userName": "mallory"}, MALLORY),
    ("iam", "UpdateAccessKey", {"userName": "bob", "status": "Inactive"}, MALLORY),
    ("iam", "CreateAccessKey", {"userName": "smtp"}, role("rotation")),
    ("cloudtrail", "UpdateTrail", {"kmsKeyId": f"arn:aws:kms:eu-central-1:{OURS}:key/k"}, MALLORY),
    ("guardduty", "CreateIPSet", {"activate": False}, MALLORY),
    ("lambda", "UpdateFunctionCode20150331v2", {"functionName": "f", "dryRun": True}, MALLORY),
    ("access-analyzer", "CheckNoPublicAccess", {"policyDocument": json.dumps(policy("*"))}, MALLORY),
    ("organizations", "CreatePolicy", {"content": json.dumps(policy("*", "*"))}, MALLORY),
    ("elasticfilesystem", "PutFileSystemPolicy", {"policy": json.dumps({"Statement": [MOUNTED]})}, MALLORY),
    ("ec2", "ModifySnapshotAttribute", {"operationType": "remove", "userIds": [STRANGER]}, MALLORY),
]


@pytest.mark.parametrize(("source", "name", "request_", "identity"), HONEST)
def test_the_honest_call_beside_it_is_quiet(source: str, name: str, request_: Any, identity: Any) -> None:
    assert hunted(source, name, request_, estate.read(DECLARED, "test"), identity) == set()


def test_weights_in_a_directory_bucket_are_weights() -> None:
    request = {"bucketName": "acme-weights", "key": "llama/model-00001-of-00006.safetensors"}
    found = hunted("s3express", "GetObject", request, estate.read(DECLARED, "test"))
    assert found == {"exfiltration/weights_read_by_stranger"}


def test_a_host_behind_an_endpoint_is_at_home_where_only_public_networks_are_declared() -> None:
    host = role("serving")
    host["arn"] = host["arn"].replace("/x", "/i-0123456789abcdef0")
    ours = estate.read(DECLARED, "test")
    through = {"sourceIPAddress": "10.0.3.4", "vpcEndpointId": "vpce-0abc"}
    assert hunted("ssm", "UpdateInstanceInformation", {}, ours, host, **through) == set()
    theirs = hunted("ssm", "UpdateInstanceInformation", {}, ours, host, **through, vpcEndpointAccountId=STRANGER)
    assert theirs == {"credential_access/instance_credentials_used_away"}
