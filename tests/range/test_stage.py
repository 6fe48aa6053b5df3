"""The staged estate is what its owner would say it is."""

import tomllib

import pytest
from tests.range.accounts import Account, allow, policy, refused, trust

from stanch.range import stage_data
from stanch.range.stage import Staged


def test_the_estate_file_names_what_exists(staged: Staged, ours: Account) -> None:
    estate = tomllib.loads(staged.estate_toml())
    assert estate["perimeter"]["accounts"] == [staged.account]
    assert estate["perimeter"]["vpc_endpoints"] == [staged.host.vpc_endpoint_id]
    places = {asset["kind"]: asset["where"] for asset in estate["asset"]}
    assert places["weights"] == f"s3://{staged.weights_bucket}/{staged.weights_prefix}"
    assert places["inference-host"].endswith(f":{staged.account}:instance/{staged.host.instance_id}")
    roles = [entry["match"].replace("arn:*", "arn:aws") for entry in estate["principal"]]
    assert {staged.serving_role_arn, staged.retrain_role_arn, staged.responder_role_arn} < set(roles)
    assert ours.ec2.describe_vpc_endpoints(VpcEndpointIds=estate["perimeter"]["vpc_endpoints"])["VpcEndpoints"]


def test_the_model_has_the_bytes_of_a_model(staged: Staged, ours: Account) -> None:
    assert len(staged.shards) == stage_data.SHARDS
    sizes = [ours.s3.head_object(Bucket=staged.weights_bucket, Key=key)["ContentLength"] for key in staged.shards]
    assert all(size > stage_data.SHARD_BYTES for size in sizes)
    body = ours.s3.get_object(Bucket=staged.weights_bucket, Key=staged.shards[0])["Body"].read()
    assert int.from_bytes(body[:8], "little") < 200, "a safetensors file starts with the length of its header"


def test_the_host_has_volumes_an_address_and_a_role(staged: Staged, ours: Account) -> None:
    host = ours.ec2.describe_instances(InstanceIds=[staged.host.instance_id])["Reservations"][0]["Instances"][0]
    assert len(staged.host.volume_ids) == 2
    assert host["PublicIpAddress"] == staged.host.public_ip
    assert not staged.host.public_ip.startswith("127.")
    assert host["IamInstanceProfile"]["Arn"].endswith(":instance-profile/vllm-serving")
    assert [group["GroupId"] for group in host["SecurityGroups"]] == [staged.host.security_group_id]


def test_the_responder_can_do_what_it_was_given_and_nothing_else(staged: Staged, ours: Account) -> None:
    name, _ = ours.role(trust({"AWS": ours.number}))
    iam = staged.client("iam", staged.responder)
    document = policy(allow("iam:ListUsers"))
    iam.put_role_policy(RoleName=name, PolicyName="x", PolicyDocument=document)
    assert refused(lambda: iam.delete_role_policy(RoleName=name, PolicyName="x")) == "AccessDenied"


def test_the_serving_role_has_its_hole_and_no_more(staged: Staged) -> None:
    session = staged.instance_credentials(staged.host.instance_id)
    s3 = staged.client("s3", session)
    assert {bucket["Name"] for bucket in s3.list_buckets()["Buckets"]} >= {
        staged.weights_bucket,
        staged.training_bucket,
    }
    assert s3.list_objects_v2(Bucket=staged.weights_bucket)["KeyCount"] > stage_data.SHARDS
    assert refused(lambda: s3.list_objects_v2(Bucket=staged.training_bucket)) == "AccessDenied"
    assert refused(lambda: staged.client("iam", session).list_users()) == "AccessDenied"


@pytest.mark.parametrize("word", ["moto", "localstack", "stratus", "pacu", "drill", "test"])
def test_no_name_gives_the_range_away(staged: Staged, word: str) -> None:
    assert word not in staged.estate_toml()
    assert word not in repr(staged).lower()
