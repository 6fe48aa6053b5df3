"""The trail: every call, in CloudTrail's own names, and nothing secret."""

import gzip
import json
import re
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.range.accounts import Account, Trail, allow, fresh, policy, refused, trust
from tests.range.plain_http import fetch

from stanch.aws import Credentials
from stanch.range.stage import Staged

LAYOUT = re.compile(
    r"AWSLogs/(?P<account>\d{12})/CloudTrail/(?P<region>[a-z0-9-]+)/\d{4}/\d\d/\d\d/"
    r"(?P=account)_CloudTrail_(?P=region)_\d{8}T\d{4}Z_[A-Za-z0-9]{16}\.json\.gz"
)


def by(trail: Trail, key: Credentials, **wanted: Any) -> list[dict[str, Any]]:
    return [r for r in trail.records(**wanted) if r["userIdentity"].get("accessKeyId") == key.access_key_id]


def test_files_lie_where_aws_puts_them_and_hold_records(staged: Staged, ours: Account, trail: Trail) -> None:
    ours.iam.list_users()
    ours.s3.list_buckets()
    files = trail.files()
    assert files
    for path in files:
        assert LAYOUT.fullmatch(path.relative_to(staged.range_.trail).as_posix())
        body = json.loads(gzip.decompress(path.read_bytes()))
        assert list(body) == ["Records"]
        assert {record["awsRegion"] for record in body["Records"]} == {path.name.split("_")[2]}
    regions = {path.name.split("_")[2] for path in files}
    assert regions == {staged.region, "us-east-1"}, "IAM is recorded in the first region of its partition"
    assert not list(staged.range_.trail.rglob("*.part"))


def test_only_accounts_with_a_trail_are_written(staged: Staged, theirs: Account, trail: Trail) -> None:
    theirs.iam.list_users()
    assert {record["recipientAccountId"] for record in trail.records()} == {staged.account}


def test_calls_before_enforcement_and_controls_leave_no_record(trail: Trail) -> None:
    assert not trail.records(eventName="CreateVpc")
    assert all(record["eventSource"].endswith(".amazonaws.com") for record in trail.records())


def test_an_object_read_is_a_data_event_with_its_bytes(staged: Staged, ours: Account, trail: Trail) -> None:
    bucket = ours.bucket()
    _, key = ours.user(allow("s3:*"))
    agent = "aws-cli/2.17.32 md/awscrt#0.21.2"
    staged.client("s3", key, "198.51.100.7", agent).get_object(Bucket=bucket, Key="secret.txt")["Body"].read()
    record = by(trail, key)[0]
    host_id = record["additionalEventData"].pop("x-amz-id-2")
    assert len(host_id) == 76
    assert record["additionalEventData"] == {
        "SignatureVersion": "SigV4",
        "AuthenticationMethod": "AuthHeader",
        "bytesTransferredIn": 0,
        "bytesTransferredOut": 7,
    }
    assert record["requestParameters"] == {
        "bucketName": bucket,
        "Host": f"{bucket}.s3.{staged.region}.amazonaws.com",
        "key": "secret.txt",
    }
    assert record["resources"] == [
        {"type": "AWS::S3::Object", "ARN": f"arn:aws:s3:::{bucket}/secret.txt"},
        {"type": "AWS::S3::Bucket", "ARN": f"arn:aws:s3:::{bucket}", "accountId": ours.number},
    ]
    assert record["userAgent"].startswith(f"[{agent}")
    assert (record["eventCategory"], record["managementEvent"], record["readOnly"]) == ("Data", False, True)
    assert (record["sourceIPAddress"], record["awsRegion"]) == ("198.51.100.7", staged.region)
    assert record["responseElements"] is None


def test_the_answer_and_the_record_carry_the_same_request_id(ours: Account, trail: Trail) -> None:
    answers = [ours.s3.list_buckets(), ours.iam.list_users(), ours.ec2.describe_vpcs()]
    recorded = {record["requestID"] for record in trail.records()}
    assert {answer["ResponseMetadata"]["RequestId"] for answer in answers} <= recorded


def test_a_head_request_keeps_its_length_and_moves_no_bytes(staged: Staged, ours: Account, trail: Trail) -> None:
    bucket = ours.bucket()
    _, key = ours.user(allow("s3:GetObject"))
    s3 = staged.client("s3", key)
    assert s3.head_object(Bucket=bucket, Key="secret.txt")["ContentLength"] == 7
    assert refused(lambda: s3.head_object(Bucket=bucket, Key="absent")) == "404"
    found, missing = by(trail, key, eventName="HeadObject")
    assert found["additionalEventData"]["bytesTransferredOut"] == 0
    assert missing["errorCode"] == "NoSuchKey"


def test_a_denied_call_is_recorded_with_its_error(staged: Staged, ours: Account, trail: Trail) -> None:
    bucket = ours.bucket()
    _, key = ours.user()
    refused(lambda: staged.client("s3", key).get_object(Bucket=bucket, Key="secret.txt"))
    refused(lambda: staged.client("iam", key).list_roles())
    refused(lambda: staged.client("ec2", key).describe_volumes(VolumeIds=["vol-0123456789abcdef0"]))
    errors = {record["eventName"]: record["errorCode"] for record in by(trail, key)}
    assert errors == {
        "GetObject": "AccessDenied",
        "ListRoles": "AccessDenied",
        "DescribeVolumes": "Client.UnauthorizedOperation",
    }
    shown = {record["eventName"]: record["requestParameters"] for record in by(trail, key)}
    assert shown["ListRoles"] is None, "IAM does not record what it refused"
    assert shown["DescribeVolumes"]["volumeSet"] == {"items": [{"volumeId": "vol-0123456789abcdef0"}]}


def test_an_anonymous_call_is_recorded_as_nobody(staged: Staged, ours: Account, trail: Trail) -> None:
    bucket = ours.bucket()
    assert fetch(f"{staged.range_.endpoint}/{bucket}/secret.txt")[0] == 403
    record = next(r for r in trail.records(eventName="GetObject") if r["requestParameters"]["bucketName"] == bucket)
    assert record["userIdentity"] == {"type": "AWSAccount", "principalId": "", "accountId": "anonymous"}
    assert record["errorCode"] == "AccessDenied"
    assert "AuthenticationMethod" not in record["additionalEventData"]


def test_a_stranger_is_recorded_by_account_and_principal_only(
    staged: Staged, ours: Account, theirs: Account, trail: Trail
) -> None:
    bucket = ours.bucket()
    refused(lambda: staged.client("s3", theirs.admin).get_object(Bucket=bucket, Key="secret.txt"))
    record = next(r for r in trail.records(eventName="GetObject") if r["requestParameters"]["bucketName"] == bucket)
    principal = theirs.iam.get_user(UserName="ops")["User"]["UserId"]
    assert record["userIdentity"] == {"type": "AWSAccount", "principalId": principal, "accountId": theirs.number}
    assert record["recipientAccountId"] == ours.number
    assert record["sharedEventID"]


def test_a_presigned_read_says_so_and_keeps_its_signature_to_itself(
    staged: Staged, ours: Account, trail: Trail
) -> None:
    bucket = ours.bucket()
    _, key = ours.user(allow("s3:GetObject"))
    parameters = {"Bucket": bucket, "Key": "secret.txt"}
    url = staged.client("s3", key).generate_presigned_url("get_object", Params=parameters)
    assert fetch(url) == (200, b"weights")
    record = by(trail, key)[0]
    assert record["additionalEventData"]["AuthenticationMethod"] == "QueryString"
    assert "X-Amz-Expires" in record["requestParameters"]
    assert "X-Amz-Signature" not in record["requestParameters"]


def test_a_role_session_shows_where_it_came_from(staged: Staged, ours: Account, trail: Trail) -> None:
    name, arn = ours.role(trust({"AWS": ours.number}), allow("iam:ListUsers"))
    _, opener = ours.user(allow("sts:AssumeRole"))
    session = ours.assume(arn, by=opener)
    staged.client("iam", session).list_users()
    opened = by(trail, opener, eventName="AssumeRole")[0]
    assert opened["responseElements"]["credentials"]["accessKeyId"] == session.access_key_id
    assert set(opened["responseElements"]["credentials"]) == {"accessKeyId", "sessionToken", "expiration"}
    assert opened["resources"] == [{"accountId": ours.number, "type": "AWS::IAM::Role", "ARN": arn}]
    identity = by(trail, session)[0]["userIdentity"]
    role_id = ours.iam.get_role(RoleName=name)["Role"]["RoleId"]
    assert identity["type"] == "AssumedRole"
    assert identity["principalId"] == f"{role_id}:tests"
    assert identity["arn"] == f"arn:aws:sts::{ours.number}:assumed-role/{name}/tests"
    assert identity["sessionContext"]["sessionIssuer"] == {
        "type": "Role",
        "principalId": role_id,
        "arn": arn,
        "accountId": ours.number,
        "userName": name,
    }
    assert set(identity["sessionContext"]["attributes"]) == {"creationDate", "mfaAuthenticated"}


def test_opening_a_bucket_is_recorded_with_policy_and_switches(staged: Staged, ours: Account, trail: Trail) -> None:
    bucket = ours.bucket()
    _, key = ours.user(allow("s3:*"))
    s3 = staged.client("s3", key)
    switches = {"BlockPublicPolicy": False, "RestrictPublicBuckets": False}
    s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=switches)
    document = policy(allow("s3:GetObject", f"arn:aws:s3:::{bucket}/*", Principal="*"))
    s3.put_bucket_policy(Bucket=bucket, Policy=document)
    unblocked = by(trail, key, eventName="PutBucketPublicAccessBlock")[0]["requestParameters"]
    assert unblocked["publicAccessBlock"] == ""
    block = unblocked["PublicAccessBlockConfiguration"]
    assert (block["BlockPublicPolicy"], block["RestrictPublicBuckets"]) == (False, False)
    opened = by(trail, key, eventName="PutBucketPolicy")[0]
    assert opened["requestParameters"]["bucketPolicy"] == json.loads(document)
    assert opened["requestParameters"]["policy"] == ""
    assert (opened["eventCategory"], opened["readOnly"]) == ("Management", False)


def test_a_deletion_names_what_is_gone(staged: Staged, ours: Account, trail: Trail) -> None:
    bucket = ours.bucket()
    _, key = ours.user(allow("s3:*"))
    s3 = staged.client("s3", key)
    s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "secret.txt"}]})
    s3.delete_bucket(Bucket=bucket)
    deleted, gone = by(trail, key)
    arns = [resource["ARN"] for resource in deleted["resources"]]
    assert arns == [f"arn:aws:s3:::{bucket}/secret.txt", f"arn:aws:s3:::{bucket}"]
    assert gone["resources"] == [{"accountId": ours.number, "type": "AWS::S3::Bucket", "ARN": f"arn:aws:s3:::{bucket}"}]


def test_nothing_secret_reaches_the_trail(staged: Staged, ours: Account, trail: Trail) -> None:
    name, key = ours.user(allow("iam:*"))
    password = "Correct-Horse-9!"
    ours.iam.create_login_profile(UserName=name, Password=password)
    ours.iam.update_login_profile(UserName=name, Password=password + "again")
    material = ours.ec2.create_key_pair(KeyName=fresh("pair"))["KeyMaterial"]
    ours.ec2.describe_instance_attribute(InstanceId=staged.host.instance_id, Attribute="userData")
    session = staged.instance_credentials(staged.host.instance_id)
    text = json.dumps(trail.records())
    for secret in (password, key.secret, session.secret, staged.admin.secret, staged.responder.secret):
        assert secret not in text
    assert json.dumps(material)[1:40] not in text
    assert not re.search(r'"(secretAccessKey|password|newPassword|keyMaterial)"', text)


def test_an_error_of_the_service_itself_is_recorded_with_its_code(ours: Account, trail: Trail) -> None:
    with pytest.raises(ClientError):
        ours.iam.get_role(RoleName="absent-role")
    found = [
        r for r in trail.records(eventName="GetRole") if (r["requestParameters"] or {}).get("roleName") == "absent-role"
    ]
    assert found[0]["errorCode"] == "NoSuchEntityException"
    with pytest.raises(ClientError):
        ours.ec2.stop_instances(InstanceIds=["i-0123456789abcdef0"])
    stopped = by(trail, ours.admin, eventName="StopInstances", errorCode="Client.InvalidInstanceID.NotFound")
    assert stopped[0]["requestParameters"] == {
        "force": False,
        "instancesSet": {"items": [{"instanceId": "i-0123456789abcdef0"}]},
    }


def test_making_someone_powerful_is_recorded_as_sent(staged: Staged, ours: Account, trail: Trail) -> None:
    name, _ = ours.user()
    document = policy(allow("*"))
    ours.iam.put_user_policy(UserName=name, PolicyName="all", PolicyDocument=document)
    made = Credentials.read(ours.iam.create_access_key(UserName=name)["AccessKey"])
    puts = [r for r in trail.records(eventName="PutUserPolicy") if r["requestParameters"]["userName"] == name]
    assert puts[0]["requestParameters"] == {"userName": name, "policyName": "all", "policyDocument": document}
    answered = [r["responseElements"]["accessKey"] for r in trail.records(eventName="CreateAccessKey")]
    mine = next(key for key in answered if key["accessKeyId"] == made.access_key_id)
    assert set(mine) == {"accessKeyId", "status", "userName", "createDate"}
