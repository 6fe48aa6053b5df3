"""The collector of Route 53 Resolver against the range, and against recorded answers for pages."""

from typing import Any

from tests.collecting import collected, reader, says, survives_denials, turned
from tests.ground import Ground
from tests.recorded_aws import ACCOUNT, RecordedAws

from stanch.aws import Door
from stanch.catalog.collectors import route53resolver

GROUP = f"arn:aws:route53resolver:eu-central-1:{ACCOUNT}:firewall-rule-group/"
LOG = f"arn:aws:route53resolver:eu-central-1:{ACCOUNT}:resolver-query-log-config/"


def furnished(ground: Ground, aws: Door) -> tuple[str, str, str]:
    """A group with one rule and a log, both for one VPC: the ARNs of the first two, and the VPC."""
    name = ground.name("names")
    vpc = str(aws.call("ec2", "CreateVpc", CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"])
    group = aws.call("route53resolver", "CreateFirewallRuleGroup", Name=name, CreatorRequestId=name)[
        "FirewallRuleGroup"
    ]
    rule: dict[str, Any] = {"FirewallRuleGroupId": group["Id"], "CreatorRequestId": name, "Name": "all"}
    how: dict[str, Any] = {
        "FirewallDomainListId": "rslvr-fdl-1",
        "Priority": 1,
        "Action": "BLOCK",
        "BlockResponse": "NODATA",
    }
    aws.call("route53resolver", "CreateFirewallRule", **rule, **how)
    put: dict[str, Any] = {
        "CreatorRequestId": name,
        "FirewallRuleGroupId": group["Id"],
        "VpcId": vpc,
        "Priority": 101,
        "Name": "a",
    }
    aws.call("route53resolver", "AssociateFirewallRuleGroup", **put)
    aws.call("s3", "CreateBucket", Bucket=name, CreateBucketConfiguration={"LocationConstraint": aws.region})
    told = {"Name": name, "DestinationArn": f"arn:aws:s3:::{name}", "CreatorRequestId": name}
    log = aws.call("route53resolver", "CreateResolverQueryLogConfig", **told)["ResolverQueryLogConfig"]
    where = {"ResolverQueryLogConfigId": log["Id"], "ResourceId": vpc}
    aws.call("route53resolver", "AssociateResolverQueryLogConfig", **where)
    return str(group["Arn"]), str(log["Arn"]), vpc


def test_firewalls_and_logs_are_found_with_the_declared_permissions_alone(ground: Ground) -> None:
    group, log, vpc = furnished(ground, ground.admin)
    aws = reader(ground.admin, route53resolver)
    things, unknowns = collected(route53resolver, aws)
    assert unknowns == []
    assert aws.needed == set(route53resolver.PERMISSIONS)
    assert things[group].kind == "route53resolver/firewall-rule-group"
    assert [(rule["Action"], rule["Priority"]) for rule in things[group].data["FirewallRules"]] == [("BLOCK", 1)]
    assert [one["VpcId"] for one in things[group].data["Associations"]] == [vpc]
    assert things[log].kind == "route53resolver/query-log-config"
    assert [one["ResourceId"] for one in things[log].data["Associations"]] == [vpc]


def test_each_denied_permission_is_told_and_nothing_is_invented(ground: Ground) -> None:
    furnished(ground, ground.admin)
    survives_denials(route53resolver, reader(ground.admin, route53resolver))


def test_every_page_is_read_and_each_association_stands_by_its_own() -> None:
    groups = [{"Id": f"g{number}", "Arn": f"{GROUP}g{number}", "Name": "n"} for number in range(3)]
    logs = [{"Id": f"l{number}", "Arn": f"{LOG}l{number}", "Name": "n"} for number in range(2)]
    of_groups = [{"Id": f"a{number}", "FirewallRuleGroupId": f"g{number}", "VpcId": "vpc-1"} for number in (0, 2)]
    of_logs = [
        {"Id": f"b{number}", "ResolverQueryLogConfigId": "l1", "ResourceId": f"vpc-{number}"} for number in (1, 2)
    ]
    turning = ("NextToken", "NextToken")
    aws = RecordedAws(
        {
            "route53resolver:ListFirewallRuleGroups": turned("FirewallRuleGroups", *turning, groups),
            "route53resolver:ListFirewallRuleGroupAssociations": turned(
                "FirewallRuleGroupAssociations", *turning, of_groups
            ),
            "route53resolver:ListFirewallRules": says({"FirewallRules": []}),
            "route53resolver:ListResolverQueryLogConfigs": turned("ResolverQueryLogConfigs", *turning, logs),
            "route53resolver:ListResolverQueryLogConfigAssociations": turned(
                "ResolverQueryLogConfigAssociations", *turning, of_logs
            ),
        }
    )
    things, unknowns = collected(route53resolver, aws)
    assert unknowns == []
    counts = {arn.rpartition("/")[2]: len(thing.data["Associations"]) for arn, thing in things.items()}
    assert counts == {"g0": 1, "g1": 0, "g2": 1, "l0": 0, "l1": 2}


def test_a_region_without_either_takes_two_calls() -> None:
    none = {"route53resolver:ListFirewallRuleGroups": says({"FirewallRuleGroups": []}),
            "route53resolver:ListResolverQueryLogConfigs": says({"ResolverQueryLogConfigs": []})}  # fmt: skip
    aws = RecordedAws(none)
    assert collected(route53resolver, aws) == ({}, [])
    assert len(aws.calls) == 2
