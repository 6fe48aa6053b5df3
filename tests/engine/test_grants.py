"""Grants: one question over every way AWS has to let somebody in."""

import json
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stanch.domain.estate import Perimeter, Side
from stanch.engine.enrich.copies import copied_to
from stanch.engine.enrich.grants import Neighbours, Reach, granted
from stanch.engine.enrich.powers import gives_admin
from stanch.engine.enrich.sealed import sealed_to

OURS, SISTER, STRANGER = "111122223333", "444455556666", "999988887777"
ORGANIZATION = "o-ourorg1234"


def side(account: str | None) -> Side:
    if not account:
        return Side.UNKNOWN
    return Side.INSIDE if account in (OURS, SISTER) else Side.OUTSIDE


NEIGHBOURS = Neighbours(side, Perimeter(organizations=(ORGANIZATION,)))


def reach(source: str, name: str, request: Any, neighbours: Neighbours = NEIGHBOURS) -> str:
    record = {"eventSource": f"{source}.amazonaws.com", "eventName": name, "requestParameters": request}
    return granted(record, OURS, neighbours).reach.word


def policy(principal: Any, **more: Any) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Principal": principal, "Action": "s3:GetObject", "Resource": "*", **more}
    return {"Version": "2012-10-17", "Statement": [statement]}


OUTSIDER = {"AWS": f"arn:aws:iam::{STRANGER}:root"}
TRUST = json.dumps({"Statement": [{"Effect": "Allow", "Principal": OUTSIDER, "Action": "sts:AssumeRole"}]})


@pytest.mark.parametrize(
    ("principal", "expected"),
    [
        ("*", "public"),
        (OUTSIDER, "outside"),
        ({"AWS": OURS}, "inside"),
        ({"Service": "cloudtrail.amazonaws.com"}, "inside"),
    ],
)
def test_a_bucket_policy_reaches_as_far_as_its_widest_principal(principal: Any, expected: str) -> None:
    assert reach("s3", "PutBucketPolicy", {"bucketName": "b", "bucketPolicy": policy(principal)}) == expected


@pytest.mark.parametrize(("owner", "expected"), [(SISTER, "inside"), (STRANGER, "outside"), (None, "none")])
def test_who_offered_what_is_accepted_is_named_by_the_answer(owner: str | None, expected: str) -> None:
    side_of_it = {"ownerId": owner} if owner else {}
    peering = {"vpcPeeringConnection": {"requesterVpcInfo": side_of_it, "accepterVpcInfo": {"ownerId": OURS}}}
    gateway = {"transitGatewayPeeringAttachment": {"requesterTgwInfo": side_of_it}}
    answers = {
        "AcceptVpcPeeringConnection": peering,
        "AcceptTransitGatewayPeeringAttachment": {"AcceptTransitGatewayPeeringAttachmentResponse": gateway},
    }
    for name, answer in answers.items():
        record = {"eventSource": "ec2.amazonaws.com", "eventName": name, "responseElements": answer}
        assert granted(record, OURS, NEIGHBOURS).reach.word == expected


def test_a_policy_is_read_as_object_as_text_and_percent_encoded() -> None:
    written = json.dumps(policy("*"))
    for form in (policy("*"), written, quote(written), "\n  " + written):
        assert reach("kms", "PutKeyPolicy", {"policy": form}) == "public"


@pytest.mark.parametrize(
    ("source", "name", "request_"),
    [
        ("iam", "UpdateAssumeRolePolicy", {"policyDocument": TRUST}),
        ("iam", "CreateRole", {"assumeRolePolicyDocument": TRUST}),
        ("secretsmanager", "PutResourcePolicy", {"resourcePolicy": json.dumps(policy(OUTSIDER))}),
        ("sqs", "SetQueueAttributes", {"attributes": {"Policy": json.dumps(policy(OUTSIDER))}}),
        ("sns", "SetTopicAttributes", {"attributeName": "Policy", "attributeValue": json.dumps(policy(OUTSIDER))}),
        ("ecr", "SetRepositoryPolicy", {"policyText": json.dumps(policy(OUTSIDER))}),
        ("sagemaker", "PutModelPackageGroupPolicy", {"resourcePolicy": json.dumps(policy(OUTSIDER))}),
    ],
)
def test_a_policy_is_found_under_whatever_name_the_service_gives_it(source: str, name: str, request_: Any) -> None:
    assert reach(source, name, request_) == "outside"


def test_an_identity_policy_lets_nobody_in() -> None:
    document = json.dumps({"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
    assert reach("iam", "PutUserPolicy", {"userName": "bob", "policyDocument": document}) == "none"


def test_a_deny_lets_nobody_in() -> None:
    assert reach("s3", "PutBucketPolicy", {"bucketPolicy": policy("*", Effect="Deny")}) == "none"


def test_a_condition_that_binds_narrows_the_grant() -> None:
    bound = policy("*", Condition={"StringEquals": {"aws:PrincipalOrgID": ORGANIZATION}})
    assert reach("s3", "PutBucketPolicy", {"bucketPolicy": bound}) == "inside"


def test_a_policy_that_cannot_be_read_is_unknown_not_harmless() -> None:
    assert reach("s3", "PutBucketPolicy", {"bucketPolicy": {"Statement": "nonsense"}}) == "unknown"


@pytest.mark.parametrize(
    ("source", "name", "request_", "expected"),
    [
        (
            "ec2",
            "ModifySnapshotAttribute",
            {"createVolumePermission": {"add": {"items": [{"userId": STRANGER}]}}},
            "outside",
        ),
        (
            "ec2",
            "ModifySnapshotAttribute",
            {"createVolumePermission": {"add": {"items": [{"userId": SISTER}]}}},
            "inside",
        ),
        (
            "ec2",
            "ModifySnapshotAttribute",
            {"createVolumePermission": {"add": {"items": [{"group": "all"}]}}},
            "public",
        ),
        (
            "ec2",
            "ModifySnapshotAttribute",
            {"createVolumePermission": {"remove": {"items": [{"group": "all"}]}}},
            "none",
        ),
        ("ec2", "ModifyImageAttribute", {"launchPermission": {"add": {"items": [{"userId": STRANGER}]}}}, "outside"),
        ("ec2", "ModifyImageAttribute", {"launchPermission": {"add": {"items": [{"group": "none"}]}}}, "none"),
        (
            "ec2",
            "ModifyImageAttribute",
            {
                "launchPermission": {
                    "add": {
                        "items": [{"organizationArn": f"arn:aws:organizations::{STRANGER}:organization/o-theirs12345"}]
                    }
                }
            },
            "outside",
        ),
        ("rds", "ModifyDBSnapshotAttribute", {"attributeName": "restore", "valuesToAdd": ["all"]}, "public"),
        ("rds", "ModifyDBSnapshotAttribute", {"attributeName": "restore", "valuesToRemove": ["all"]}, "none"),
        ("rds", "ModifyDBClusterSnapshotAttribute", {"valuesToAdd": [SISTER, STRANGER]}, "outside"),
        ("redshift", "AuthorizeSnapshotAccess", {"accountWithRestoreAccess": STRANGER}, "outside"),
        ("lambda", "AddPermission20150331v2", {"principal": "*"}, "public"),
        ("lambda", "AddPermission20150331v2", {"principal": "*", "principalOrgID": ORGANIZATION}, "inside"),
        ("lambda", "AddPermission20150331v2", {"principal": STRANGER}, "outside"),
        ("lambda", "AddPermission20150331v2", {"principal": f"arn:aws:iam::{STRANGER}:root"}, "outside"),
        (
            "lambda",
            "AddPermission20150331v2",
            {"principal": "events.amazonaws.com", "sourceArn": f"arn:aws:events:eu-central-1:{OURS}:rule/r"},
            "inside",
        ),
        ("lambda", "AddPermission20150331v2", {"principal": "s3.amazonaws.com", "sourceAccount": STRANGER}, "outside"),
        ("lambda", "AddPermission20150331v2", {"principal": "s3.amazonaws.com"}, "unknown"),
        ("lambda", "AddLayerVersionPermission20181031", {"principal": "*"}, "public"),
        ("lambda", "CreateFunctionUrlConfig", {"authType": "NONE"}, "public"),
        ("lambda", "UpdateFunctionUrlConfig", {"authType": "AWS_IAM"}, "none"),
        ("kms", "CreateGrant", {"granteePrincipal": f"arn:aws:iam::{STRANGER}:user/x"}, "outside"),
        ("ram", "CreateResourceShare", {"principals": [STRANGER]}, "outside"),
        ("ssm", "ModifyDocumentPermission", {"accountIdsToAdd": ["all"]}, "public"),
        ("events", "PutPermission", {"principal": "*"}, "public"),
        ("s3", "PutBucketAcl", {"x-amz-acl": ["public-read"]}, "public"),
        ("s3", "PutBucketAcl", {"x-amz-acl": "private"}, "none"),
        (
            "s3",
            "PutObjectAcl",
            {"x-amz-grant-read": 'uri="http://acs.amazonaws.com/groups/global/AllUsers", id="abc"'},
            "public",
        ),
        ("s3", "PutBucketAcl", {"x-amz-grant-full-control": 'id="0f3c"'}, "unknown"),
        ("guardduty", "DisassociateMembers", {"accountIds": [STRANGER]}, "none"),
    ],
)
def test_each_way_of_sharing_is_read(source: str, name: str, request_: Any, expected: str) -> None:
    assert reach(source, name, request_) == expected


def test_an_acl_document_grants_to_everybody_and_its_owner_is_no_stranger() -> None:
    def acl(*grantees: dict[str, str]) -> dict[str, Any]:
        grants = [{"Grantee": grantee, "Permission": "READ"} for grantee in grantees]
        return {"AccessControlPolicy": {"Owner": {"ID": "me"}, "AccessControlList": {"Grant": grants}}}

    everybody = {"URI": "http://acs.amazonaws.com/groups/global/AllUsers"}
    logs = {"URI": "http://acs.amazonaws.com/groups/s3/LogDelivery"}
    assert reach("s3", "PutBucketAcl", acl({"ID": "me"}, everybody)) == "public"
    assert reach("s3", "PutBucketAcl", acl({"ID": "me"}, logs)) == "none"
    assert reach("s3", "PutBucketAcl", acl({"ID": "someone"})) == "unknown"


AWS_LOGS = "c4c1ede66af53448b93c283ce9448c4ba468c9432aa01d700d3878632f77d2d0"


def test_log_delivery_of_aws_is_no_stranger_in_an_acl() -> None:
    def granting(id_: str) -> dict[str, Any]:
        return {"AccessControlPolicy": {"Owner": {"ID": "a"}, "AccessControlList": {"Grant": {"Grantee": {"ID": id_}}}}}

    assert reach("s3", "PutBucketAcl", granting(AWS_LOGS)) == "none"
    assert reach("s3", "PutBucketAcl", {"x-amz-grant-write": f'id="{AWS_LOGS}"'}) == "none"
    assert reach("s3", "PutBucketAcl", granting("f" * 64)) == "unknown"


def test_load_balancers_may_write_their_logs_and_nothing_else() -> None:
    balancers = {"AWS": "arn:aws:iam::054676820928:root"}
    delivering = {**policy(balancers), "Statement": [{**policy(balancers)["Statement"][0], "Action": "s3:PutObject"}]}
    assert reach("s3", "PutBucketPolicy", {"bucketPolicy": delivering}) == "inside"
    assert reach("s3", "PutBucketPolicy", {"bucketPolicy": policy(balancers)}) == "outside"
    both = {**delivering, "Statement": [*delivering["Statement"], *policy("*")["Statement"]]}
    assert reach("s3", "PutBucketPolicy", {"bucketPolicy": both}) == "public"
    mixed = {"AWS": ["054676820928", STRANGER]}
    shared = {"Statement": [{**delivering["Statement"][0], "Principal": mixed}]}
    assert reach("s3", "PutBucketPolicy", {"bucketPolicy": shared}) == "outside"


def test_an_acl_in_headers_is_read_where_the_log_keeps_them_together() -> None:
    assert reach("s3", "PutBucketAcl", {"accessControlList": {"x-amz-acl": "public-read"}}) == "public"


@pytest.mark.parametrize(
    ("name", "request_", "expected"),
    [
        ("ModifySnapshotAttribute", {"operationType": "add", "userIds": [STRANGER]}, "outside"),
        ("ModifySnapshotAttribute", {"operationType": "remove", "userIds": [STRANGER]}, "none"),
        ("ModifyImageAttribute", {"operationType": "add", "userGroupSet": {}, "userGroups": ["all"]}, "public"),
        ("ModifyImageAttribute", {"operationType": "add", "userIdSet": {"items": [{"userId": SISTER}]}}, "inside"),
    ],
)
def test_the_older_form_of_sharing_lists_each_kind_of_grantee(name: str, request_: Any, expected: str) -> None:
    assert reach("ec2", name, request_) == expected


def test_an_event_bus_for_everybody_is_for_one_organisation_under_its_condition() -> None:
    ours = {"type": "StringEquals", "key": "aws:PrincipalOrgID", "value": ORGANIZATION}
    assert reach("events", "PutPermission", {"principal": "*", "condition": ours}) == "inside"
    assert reach("events", "PutPermission", {"principal": "*"}) == "public"
    assert reach("events", "PutPermission", {"principal": STRANGER}) == "outside"


def test_what_a_service_wraps_into_a_request_of_the_calls_name_is_read() -> None:
    grantee = {"Grantee": {"GranteeType": "IAM", "GranteeIdentifier": f"arn:aws:iam::{STRANGER}:role/x"}}
    assert reach("s3", "CreateAccessGrant", {"CreateAccessGrantRequest": grantee}) == "outside"


def test_a_request_without_parameters_grants_nothing() -> None:
    nothings: tuple[Any, ...] = (None, {}, [], "text", 7)
    for absent in nothings:
        assert reach("s3", "PutBucketPolicy", absent) == "none"


def copied(source: str, name: str, request: Any, **more: Any) -> str:
    record = {"eventSource": f"{source}.amazonaws.com", "eventName": name, "requestParameters": request, **more}
    return copied_to(record, lambda bucket: OURS if bucket == "acme-weights" else None, NEIGHBOURS).reach.word


def test_a_write_goes_as_far_as_the_account_that_owns_the_bucket() -> None:
    def written(account: str) -> str:
        resources = [{"type": "AWS::S3::Bucket", "ARN": "arn:aws:s3:::loot", "accountId": account}]
        return copied("s3", "CopyObject", {"bucketName": "loot", "key": "k"}, resources=resources)

    assert (written(STRANGER), written(SISTER)) == ("outside", "inside")
    assert copied("s3", "PutObject", {"bucketName": "loot", "key": "k"}) == "unknown"
    assert copied("s3", "PutObject", {"bucketName": "acme-weights", "key": "k"}) == "inside"


def test_replication_to_a_bucket_without_an_account_is_unknown_not_inside() -> None:
    def rule(**destination: str) -> str:
        return copied(
            "s3", "PutBucketReplication", {"ReplicationConfiguration": {"Rule": [{"Destination": destination}]}}
        )

    assert rule(Bucket="arn:aws:s3:::loot") == "unknown"
    assert rule(Bucket="arn:aws:s3:::loot", Account=STRANGER) == "outside"
    assert rule(Bucket="arn:aws:s3:::acme-weights") == "inside"


@pytest.mark.parametrize(
    ("source", "name", "request_", "expected"),
    [
        (
            "backup",
            "StartCopyJob",
            {"destinationBackupVaultArn": f"arn:aws:backup:eu-central-1:{STRANGER}:backup-vault:v"},
            "outside",
        ),
        (
            "ecr",
            "PutReplicationConfiguration",
            {"replicationConfiguration": {"rules": [{"destinations": [{"region": "r", "registryId": STRANGER}]}]}},
            "outside",
        ),
        ("cloudtrail", "UpdateTrail", {"kmsKeyId": f"arn:aws:kms:eu-central-1:{STRANGER}:key/k"}, "outside"),
        ("cloudtrail", "UpdateTrail", {"kmsKeyId": f"arn:aws:kms:eu-central-1:{OURS}:key/k"}, "inside"),
        ("ec2", "ExportImage", {"ExportImageRequest": {"S3ExportLocation": {"S3Bucket": "loot"}}}, "unknown"),
        (
            "s3",
            "CreateJob",
            {"CreateJobRequest": {"Operation": {"S3PutObjectCopy": {"TargetResource": "arn:aws:s3:::loot"}}}},
            "unknown",
        ),
        (
            "backup",
            "UpdateBackupPlan",
            {
                "backupPlan": {
                    "rules": [
                        {
                            "copyActions": [
                                {"destinationBackupVaultArn": f"arn:aws:backup:eu-central-1:{STRANGER}:backup-vault:v"}
                            ]
                        }
                    ]
                }
            },
            "outside",
        ),
        ("dynamodb", "ExportTableToPointInTime", {"s3BucketOwner": STRANGER, "s3Bucket": "loot"}, "outside"),
        ("rds", "StartExportTask", {"s3BucketName": "loot"}, "unknown"),
        ("s3", "GetObject", {"bucketName": "loot", "key": "k"}, "none"),
    ],
)
def test_exports_and_copies_name_where_data_goes(source: str, name: str, request_: Any, expected: str) -> None:
    assert copied(source, name, request_) == expected


def powerful(name: str, request: Any, source: str = "iam") -> bool:
    return gives_admin({"eventSource": f"{source}.amazonaws.com", "eventName": name, "requestParameters": request})


def test_only_aws_own_administrator_policies_are_known_by_name() -> None:
    for partition in ("aws", "aws-eusc", "aws-us-gov"):
        assert powerful("AttachUserPolicy", {"policyArn": f"arn:{partition}:iam::aws:policy/AdministratorAccess"})
    assert not powerful("AttachUserPolicy", {"policyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess"})
    assert not powerful("AttachUserPolicy", {"policyArn": f"arn:aws:iam::{OURS}:policy/AdministratorAccess"})


def test_an_inline_policy_is_judged_by_what_it_says() -> None:
    def document(**statement: Any) -> dict[str, str]:
        return {"policyDocument": json.dumps({"Statement": [{"Effect": "Allow", **statement}]})}

    assert powerful("PutUserPolicy", document(Action="*", Resource="*"))
    assert powerful("PutUserPolicy", document(Action="iam:*", Resource="*"))
    assert not powerful("PutUserPolicy", document(Action="s3:GetObject", Resource="*"))
    assert not powerful("PutUserPolicy", document(Action="sts:AssumeRole", Resource="*"))


def test_a_boundary_gives_no_power() -> None:
    boundary = {"permissionsBoundary": "arn:aws:iam::aws:policy/AdministratorAccess"}
    assert not powerful("PutUserPermissionsBoundary", boundary)


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from(["", "{", '{"Statement": 1}', "%7B", STRANGER]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["Statement", "items", "add", "principal", "Grant", "x"]), inner, max_size=3)
    ),
    max_leaves=10,
)
parameters = [
    "bucketPolicy",
    "createVolumePermission",
    "valuesToAdd",
    "principal",
    "principals",
    "x-amz-acl",
    "AccessControlPolicy",
    "ReplicationConfiguration",
    "policyDocument",
    "policyArn",
    "sourceArn",
    "granteePrincipal",
    "x-amz-grant-read",
    "PutBucketReplicationRequest",
    "accessControlList",
    "condition",
    "kmsKeyId",
    "operationType",
    "userIds",
]


@given(
    st.sampled_from(["s3", "ec2", "rds", "lambda", "iam", "kms", "ram", "ecr", "events", "cloudtrail"]),
    st.sampled_from(
        [
            "PutBucketPolicy",
            "ModifySnapshotAttribute",
            "AddPermission",
            "PutBucketReplication",
            "CreateGrant",
            "PutPermission",
            "UpdateTrail",
        ]
    ),
    json_values | st.dictionaries(st.sampled_from(parameters), json_values, max_size=4),
)
@settings(max_examples=300, deadline=None)
def test_any_request_is_read_without_an_exception(source: str, name: str, request_: Any) -> None:
    record = {"eventSource": f"{source}.amazonaws.com", "eventName": name, "requestParameters": request_}
    assert isinstance(granted(record, OURS, NEIGHBOURS).reach, Reach)
    assert isinstance(copied_to(record, lambda _: None, NEIGHBOURS).reach, Reach)
    assert gives_admin(record) in (True, False)


def test_a_request_nested_ten_thousand_deep_is_read() -> None:
    deep: Any = policy("*")
    for _ in range(10_000):
        deep = [deep]
    assert reach("s3", "PutBucketPolicy", {"bucketPolicy": deep}) == "public"
    assert reach("s3", "PutBucketPolicy", {"bucketPolicy": "{" + '"Statement":[' * 50_000}) == "none"


KEY = "arn:aws:kms:eu-central-1:{}:key/0a1b"


@pytest.mark.parametrize(
    ("source", "name", "request_", "expected"),
    [
        ("s3", "PutObject", {"x-amz-server-side-encryption-aws-kms-key-id": KEY.format(STRANGER)}, "outside"),
        ("s3", "PutObject", {"x-amz-server-side-encryption-aws-kms-key-id": KEY.format(OURS)}, "inside"),
        ("s3", "PutObject", {"x-amz-server-side-encryption-aws-kms-key-id": "alias/own"}, "none"),
        ("s3", "PutObject", None, "none"),
        (
            "s3",
            "PutBucketEncryption",
            {
                "ServerSideEncryptionConfiguration": {
                    "Rule": {"ApplyServerSideEncryptionByDefault": {"KMSMasterKeyID": KEY.format(STRANGER)}}
                }
            },
            "outside",
        ),
        ("ec2", "CopySnapshot", {"kmsKeyId": KEY.format(STRANGER)}, "outside"),
        ("cloudtrail", "UpdateTrail", {"kmsKeyId": KEY.format(STRANGER)}, "none"),
    ],
)
def test_what_is_encrypted_is_as_far_away_as_its_key(source: str, name: str, request_: Any, expected: str) -> None:
    record = {"eventSource": f"{source}.amazonaws.com", "eventName": name, "requestParameters": request_}
    assert sealed_to(record, NEIGHBOURS).word == expected


@pytest.mark.parametrize(
    ("source", "name", "request_", "expected"),
    [
        ("logs", "PutSubscriptionFilter", {"destinationArn": f"arn:aws:logs:r:{STRANGER}:destination:d"}, "outside"),
        ("logs", "PutSubscriptionFilter", {"destinationArn": f"arn:aws:lambda:r:{OURS}:function:f"}, "inside"),
        ("events", "PutTargets", {"targets": [{"arn": f"arn:aws:events:r:{STRANGER}:event-bus/b"}]}, "outside"),
        ("sns", "Subscribe", {"protocol": "sqs", "endpoint": f"arn:aws:sqs:r:{STRANGER}:q"}, "outside"),
        ("sns", "Subscribe", {"protocol": "email", "endpoint": "a@example.com"}, "none"),
        ("sns", "Subscribe", {"protocol": "https", "endpoint": "https://example.com/x"}, "none"),
        ("datasync", "CreateLocationS3", {"s3BucketArn": "arn:aws:s3:::loot"}, "unknown"),
        (
            "s3",
            "PutBucketNotification",
            {"NotificationConfiguration": {"QueueConfiguration": {"Queue": f"arn:aws:sqs:r:{STRANGER}:q"}}},
            "outside",
        ),
    ],
)
def test_a_stream_goes_as_far_as_whoever_receives_it(source: str, name: str, request_: Any, expected: str) -> None:
    record = {"eventSource": f"{source}.amazonaws.com", "eventName": name, "requestParameters": request_}
    assert copied_to(record, lambda _: None, NEIGHBOURS).reach.word == expected


def test_a_peering_and_a_lake_are_shared_with_whom_they_name() -> None:
    assert reach("ec2", "CreateVpcPeeringConnection", {"vpcId": "vpc-1", "peerOwnerId": STRANGER}) == "outside"
    assert reach("ec2", "CreateVpcPeeringConnection", {"vpcId": "vpc-1"}) == "none"
    grantee = {"principal": {"dataLakePrincipalIdentifier": STRANGER}}
    assert reach("lakeformation", "GrantPermissions", grantee) == "outside"
