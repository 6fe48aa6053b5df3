"""The collector of EKS against recorded answers, and against the range for what it knows."""

from typing import Any

from tests.collecting import collected, says, survives_denials, turned
from tests.ground import Ground
from tests.recorded_aws import ACCOUNT, REGION, RecordedAws

from stanch.catalog.collectors import eks

AT = f"arn:aws:eks:{REGION}:{ACCOUNT}"
CLUSTER = f"{AT}:cluster/llm"
ADMIN = f"arn:aws:iam::{ACCOUNT}:role/admin"
ASSOCIATION = f"{AT}:podidentityassociation/llm/a-1"
TOLD = {
    "name": "llm",
    "arn": CLUSTER,
    "resourcesVpcConfig": {"endpointPublicAccess": True, "publicAccessCidrs": ["0.0.0.0/0"]},
    "logging": {"clusterLogging": [{"types": ["audit"], "enabled": False}]},
    "accessConfig": {"authenticationMode": "API"},
}
POLICY = {"policyArn": "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"}


def account(**changes: Any) -> RecordedAws:
    listed = {"clusterName": "llm", "associationArn": ASSOCIATION, "associationId": "a-1", "serviceAccount": "vllm"}
    return RecordedAws(
        {
            "eks:ListClusters": turned("clusters", "nextToken", "nextToken", ["llm"]),
            "eks:DescribeCluster": says({"cluster": TOLD}),
            "eks:ListNodegroups": turned("nodegroups", "nextToken", "nextToken", ["gpu", "cpu"]),
            "eks:DescribeNodegroup": lambda _, asked: {
                "nodegroup": {"nodegroupArn": f"{AT}:nodegroup/llm/{asked['nodegroupName']}/1", "nodeRole": ADMIN}
            },
            "eks:ListFargateProfiles": says({"fargateProfileNames": ["small"]}),
            "eks:DescribeFargateProfile": says(
                {"fargateProfile": {"fargateProfileArn": f"{AT}:fargateprofile/llm/s/1"}}
            ),
            "eks:ListAccessEntries": says({"accessEntries": [ADMIN]}),
            "eks:DescribeAccessEntry": says({"accessEntry": {"accessEntryArn": f"{AT}:access-entry/llm/role/admin/1"}}),
            "eks:ListAssociatedAccessPolicies": says({"associatedAccessPolicies": [POLICY]}),
            "eks:ListPodIdentityAssociations": says({"associations": [listed]}),
            "eks:DescribePodIdentityAssociation": says({"association": {**listed, "roleArn": ADMIN}}),
            **changes,
        }
    )


def test_a_cluster_is_told_with_all_its_ways_in() -> None:
    things, unknowns = collected(eks, account())
    assert unknowns == []
    data = things[CLUSTER].data
    assert data["resourcesVpcConfig"]["endpointPublicAccess"] is True
    assert data["NodeGroups"] == ["gpu", "cpu"]
    assert data["AccessEntries"] == [ADMIN]
    assert things[f"{AT}:nodegroup/llm/cpu/1"].data["nodeRole"] == ADMIN
    assert things[f"{AT}:access-entry/llm/role/admin/1"].data["AssociatedAccessPolicies"] == [POLICY]
    assert things[ASSOCIATION].data["roleArn"] == ADMIN
    assert things[f"{AT}:fargateprofile/llm/s/1"].kind == "eks/fargate-profile"


def test_a_cluster_whose_map_lets_people_in_has_no_access_entries_to_ask_for() -> None:
    by_map = {**TOLD, "accessConfig": {"authenticationMode": "CONFIG_MAP"}}
    aws = account(**{"eks:DescribeCluster": says({"cluster": by_map})})
    things, unknowns = collected(eks, aws)
    assert unknowns == []
    assert things[CLUSTER].data["AccessEntries"] is None
    assert "eks:ListAccessEntries" not in {name for name, _ in aws.calls}


def test_no_cluster_costs_one_call() -> None:
    aws = account(**{"eks:ListClusters": says({"clusters": []})})
    assert collected(eks, aws) == ({}, [])
    assert len(aws.calls) == 1


def test_each_denial_is_one_gap_with_its_permission() -> None:
    survives_denials(eks, account())


def test_a_cluster_of_the_range_is_found(ground: Ground) -> None:
    owner, name = ground.admin, ground.name("llm")
    arn = owner.call("eks", "CreateCluster", name=name, roleArn=ADMIN, resourcesVpcConfig={})["cluster"]["arn"]
    things, _ = collected(eks, owner)
    assert things[arn].data["name"] == name
