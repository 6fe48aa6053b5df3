"""What the instance metadata service hands out, and where a caller is seen to stand."""

import json

from tests.range.accounts import Account, Trail, allow, deny, refused, trust
from tests.range.plain_http import fetch

from stanch.aws import Credentials
from stanch.range.stage import Staged

ROLES = "latest/meta-data/iam/security-credentials/"


def metadata(staged: Staged, path: str, instance: str | None = None) -> tuple[int, str]:
    url = f"{staged.range_.endpoint}/range/imds/{instance or staged.host.instance_id}/{path}"
    status, body = fetch(url)
    return status, body.decode()


def test_it_names_the_role_and_issues_new_credentials_at_each_request(staged: Staged) -> None:
    assert metadata(staged, ROLES) == (200, "vllm-serving")
    first = json.loads(metadata(staged, ROLES + "vllm-serving")[1])
    second = json.loads(metadata(staged, ROLES + "vllm-serving")[1])
    assert set(first) == {"Code", "LastUpdated", "Type", "AccessKeyId", "SecretAccessKey", "Token", "Expiration"}
    assert first["AccessKeyId"] != second["AccessKeyId"]
    who = staged.client("sts", Credentials.read(first)).get_caller_identity()["Arn"]
    assert who.endswith(f":assumed-role/vllm-serving/{staged.host.instance_id}")


def test_it_answers_nothing_for_other_roles_and_hosts(staged: Staged) -> None:
    assert metadata(staged, ROLES + "retrain")[0] == 404
    assert metadata(staged, ROLES, instance="i-0123456789abcdef0")[0] == 404


def test_it_issues_nothing_once_the_role_no_longer_trusts_ec2(staged: Staged, ours: Account) -> None:
    before = ours.iam.get_role(RoleName="vllm-serving")["Role"]["AssumeRolePolicyDocument"]
    closed = trust({"Service": "ec2.amazonaws.com"}, effect="Deny")
    ours.iam.update_assume_role_policy(RoleName="vllm-serving", PolicyDocument=closed)
    try:
        assert json.loads(metadata(staged, ROLES + "vllm-serving")[1])["Code"] == "AssumeRoleUnauthorizedAccess"
    finally:
        ours.iam.update_assume_role_policy(RoleName="vllm-serving", PolicyDocument=json.dumps(before))
    assert staged.instance_credentials(staged.host.instance_id).token


def test_it_forgets_the_role_when_the_profile_is_taken_off(staged: Staged, ours: Account) -> None:
    only = [{"Name": "instance-id", "Values": [staged.host.instance_id]}]
    association = ours.ec2.describe_iam_instance_profile_associations(Filters=only)["IamInstanceProfileAssociations"][0]
    ours.ec2.disassociate_iam_instance_profile(AssociationId=association["AssociationId"])
    assert metadata(staged, ROLES)[0] == 404
    profile = {"Name": "vllm-serving"}
    ours.ec2.associate_iam_instance_profile(InstanceId=staged.host.instance_id, IamInstanceProfile=profile)
    assert metadata(staged, ROLES) == (200, "vllm-serving")


def test_it_refuses_everybody_while_it_is_switched_off(staged: Staged, ours: Account) -> None:
    host = staged.second_host
    ours.ec2.modify_instance_metadata_options(InstanceId=host, HttpEndpoint="disabled")
    assert metadata(staged, ROLES, host) == (403, "")
    ours.ec2.modify_instance_metadata_options(InstanceId=host, HttpEndpoint="enabled")
    assert metadata(staged, ROLES, host) == (200, "vllm-serving")


def test_the_delivery_leaves_an_assume_role_event_that_leads_to_the_key(staged: Staged, trail: Trail) -> None:
    session = staged.instance_credentials(staged.host.instance_id)
    staged.client("s3", session).list_buckets()
    delivered = [
        record
        for record in trail.records(eventName="AssumeRole")
        if (record["responseElements"] or {}).get("credentials", {}).get("accessKeyId") == session.access_key_id
    ]
    assert delivered[0]["userIdentity"] == {"type": "AWSService", "invokedBy": "ec2.amazonaws.com"}
    assert delivered[0]["requestParameters"]["roleSessionName"] == staged.host.instance_id
    used = [
        r
        for r in trail.records(eventName="ListBuckets")
        if r["userIdentity"].get("accessKeyId") == session.access_key_id
    ]
    assert used[0]["userIdentity"]["sessionContext"]["ec2RoleDelivery"] == "2.0"


def test_a_call_from_inside_the_network_comes_through_the_endpoint_and_has_no_source_address(
    staged: Staged, ours: Account, trail: Trail
) -> None:
    away = {"StringNotEqualsIfExists": {"aws:SourceVpce": staged.host.vpc_endpoint_id}}
    by_address = {"IpAddress": {"aws:SourceIp": "10.20.0.0/16"}}
    _, only_inside = ours.user(allow("s3:ListAllMyBuckets"), deny("*", Condition=away))
    _, only_address = ours.user(allow("s3:ListAllMyBuckets", Condition=by_address))
    inside, outside = staged.host.private_ip, "198.51.100.7"
    assert staged.client("s3", only_inside, inside).list_buckets()["Buckets"]
    assert refused(lambda: staged.client("s3", only_inside, outside).list_buckets()) == "AccessDenied"
    assert refused(lambda: staged.client("s3", only_address, inside).list_buckets()) == "AccessDenied"
    seen = [
        r
        for r in trail.records(eventName="ListBuckets")
        if r["userIdentity"].get("accessKeyId") == only_inside.access_key_id
    ]
    # Both calls are of one second, and a trail keeps no order within it.
    assert {(r["sourceIPAddress"], r.get("vpcEndpointId")) for r in seen} == {
        (inside, staged.host.vpc_endpoint_id),
        (outside, None),
    }


def test_a_service_without_an_endpoint_sees_the_hosts_public_address(staged: Staged, trail: Trail) -> None:
    session = staged.instance_credentials(staged.host.instance_id)
    staged.client("ec2", session, staged.host.private_ip).describe_volumes()
    seen = [
        r
        for r in trail.records(eventName="DescribeVolumes")
        if r["userIdentity"]["accessKeyId"] == session.access_key_id
    ]
    assert (seen[0]["sourceIPAddress"], "vpcEndpointId" in seen[0]) == (staged.host.public_ip, False)


def test_a_malformed_address_is_not_believed(staged: Staged, ours: Account, trail: Trail) -> None:
    _, key = ours.user(allow("iam:ListUsers"))
    staged.client("iam", key, "<script>").list_users()
    seen = [r for r in trail.records(eventName="ListUsers") if r["userIdentity"]["accessKeyId"] == key.access_key_id]
    assert seen[0]["sourceIPAddress"] == "127.0.0.1"


def test_a_policy_can_ask_for_tls(staged: Staged, ours: Account) -> None:
    plain = deny("*", Condition={"Bool": {"aws:SecureTransport": "false"}})
    _, key = ours.user(allow("s3:ListAllMyBuckets"), plain)
    s3 = staged.client("s3", key)
    assert s3.list_buckets()["Buckets"]
    s3.meta.events.register("before-send", lambda request, **_: request.headers.update({"X-Forwarded-Proto": "http"}))
    assert refused(s3.list_buckets) == "AccessDenied"
