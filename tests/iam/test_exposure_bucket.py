"""A bucket's ways in taken together: policy, list, access points, and Block Public Access over all of them."""

import itertools
from typing import Any

import pytest

from stanch.iam.exposure import Exposure, Perimeter, of_bucket, read_bucket
from stanch.iam.exposure.bucket import BucketError

HOME, AWAY = "111122223333", "444455556666"
BUCKET = "arn:aws:s3:::weights"
ALL = "http://acs.amazonaws.com/groups/global/AllUsers"
SIGNED = "http://acs.amazonaws.com/groups/global/AuthenticatedUsers"
LOGS = "http://acs.amazonaws.com/groups/s3/LogDelivery"
SWITCHES = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
POINT = f"arn:aws:s3:eu-central-1:{HOME}:accesspoint/ap"


def policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(principal: Any, condition: dict[str, Any] | None = None, resource: str = f"{BUCKET}/*") -> dict[str, Any]:
    statement = {"Effect": "Allow", "Principal": principal, "Action": "s3:GetObject", "Resource": resource}
    return {**statement, "Condition": condition} if condition else statement


def acl(*grantees: dict[str, str], owner: str = "owner-id") -> dict[str, Any]:
    own = {"Grantee": {"Type": "CanonicalUser", "ID": owner}, "Permission": "FULL_CONTROL"}
    return {"Owner": {"ID": owner}, "Grants": [own, *({"Grantee": one, "Permission": "READ"} for one in grantees)]}


def group(uri: str) -> dict[str, str]:
    return {"Type": "Group", "URI": uri}


def look(document: dict[str, Any], perimeter: Perimeter | None = None) -> Exposure:
    return of_bucket(read_bucket(document), perimeter or Perimeter(HOME))


WIDE = {"Principal": "*", "Resource": "*", "Action": "s3:PutObject", "Effect": "Allow"}


@pytest.mark.parametrize(
    ("condition", "public"),
    [
        (None, True),
        ({"StringLike": {"aws:SourceVpc": "vpc-*"}}, True),
        ({"StringEquals": {"aws:SourceVpc": "vpc-91237329"}}, False),
        ({"IpAddress": {"aws:SourceIp": "0.0.0.0/1"}}, True),
        ({"IpAddress": {"aws:SourceIp": "12.0.0.0/8"}}, False),
        ({"IpAddress": {"aws:SourceIp": "12.0.0.0/7"}}, True),
        ({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}, False),
        ({"IpAddress": {"aws:SourceIp": "2001:db8::/32"}}, False),
        ({"IpAddress": {"aws:SourceIp": "2001:d00::/24"}}, True),
        ({"StringEquals": {"aws:PrincipalOrgID": "o-ours"}}, False),
        ({"StringEquals": {"aws:SourceAccount": HOME}}, False),
        ({"StringEquals": {"aws:SourceOwner": HOME}}, False),
        ({"StringEquals": {"aws:SourceVpce": "vpce-1a2b3c4d"}}, False),
        ({"StringEquals": {"aws:SourceArn": "arn:aws:sns:eu-central-1:111122223333:t"}}, False),
        ({"StringLike": {"aws:SourceArn": "arn:aws:sns:eu-central-1:111122223333:*"}}, True),
        ({"StringEquals": {"aws:userid": "AROAEXAMPLEEXAMPLEEXA"}}, False),
        ({"StringLike": {"aws:userid": "AROAEXAMPLEEXAMPLEEXA:*"}}, True),
        ({"StringEquals": {"s3:DataAccessPointAccount": HOME}}, False),
        ({"StringLike": {"s3:DataAccessPointArn": f"arn:aws:s3:us-west-2:{HOME}:accesspoint/*"}}, False),
        ({"StringLike": {"s3:DataAccessPointArn": "arn:aws:s3:us-west-2:*:accesspoint/x"}}, True),
        ({"StringEquals": {"aws:PrincipalAccount": "${aws:username}"}}, True),
    ],
)
def test_s3_s_own_examples_of_public_and_not(condition: dict[str, Any] | None, public: bool) -> None:
    statement = {**WIDE, "Condition": condition} if condition else WIDE
    found = look({"policy": policy(statement)})
    assert (found.public or found.counted) is public


@pytest.mark.parametrize(
    ("condition", "public"),
    [
        ({"StringLike": {"aws:PrincipalArn": f"arn:aws:iam::{HOME}:role/*"}}, False),
        ({"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{HOME}:role/*"}}, False),
        ({"StringLike": {"aws:SourceArn": f"arn:aws:sns:eu-central-1:{HOME}:*"}}, False),
        ({"StringLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/admin"}}, True),
    ],
)
def test_a_pattern_of_our_own_roles_lets_in_nobody_though_s3_counts_it_and_restricts_it(
    condition: dict[str, Any], public: bool
) -> None:
    named = {**WIDE, "Principal": {"AWS": "arn:aws:iam::999988887777:root"}}
    both = policy({**WIDE, "Condition": condition}, named)
    found = look({"policy": both})
    assert (found.public, found.counted, found.outside) == (public, True, ("999988887777",))
    blocked = look({"policy": both, "public_access_block": {"RestrictPublicBuckets": True}})
    assert (blocked.public, blocked.outside) == (False, ())


def test_one_public_statement_shuts_out_a_named_account_when_restricted() -> None:
    trail = allow({"Service": "cloudtrail.amazonaws.com"}, {"StringEquals": {"aws:SourceAccount": HOME}})
    open_, partner = allow("*"), allow({"AWS": f"arn:aws:iam::{AWAY}:root"})
    on = {"RestrictPublicBuckets": True}
    assert look({"policy": policy(trail, partner), "public_access_block": on}).outside == (AWAY,)
    shut = look({"policy": policy(trail, partner, open_), "public_access_block": on})
    assert (shut.public, shut.outside) == (False, ())
    assert "RestrictPublicBuckets" in " ".join(shut.why)
    assert look({"policy": policy(trail, partner, open_)}).outside == (AWAY,)


@pytest.mark.parametrize("account", [False, True])
@pytest.mark.parametrize("switches", list(itertools.product([False, True], repeat=4)))
def test_of_the_four_switches_two_close_what_is_open(switches: tuple[bool, ...], account: bool) -> None:
    block = dict(zip(SWITCHES, switches, strict=True))
    where = "account_public_access_block" if account else "public_access_block"
    by_list = look({"acl": acl(group(ALL)), where: block})
    by_policy = look({"policy": policy(allow("*")), where: {"PublicAccessBlockConfiguration": block}})
    assert by_list.public is not block["IgnorePublicAcls"]
    assert by_policy.public is not block["RestrictPublicBuckets"]


def test_a_list_opens_to_groups_and_to_canonical_users() -> None:
    assert look({"acl": acl(group(ALL))}).public
    assert look({"acl": acl(group(SIGNED))}).public
    assert look({"acl": acl(group(LOGS))}) == Exposure()
    assert look({"acl": acl({"Type": "CanonicalUser", "ID": "them"})}).outside == ("them",)
    assert look({"acl": acl()}) == Exposure()
    known = Perimeter(HOME, canonical=frozenset(["them"]))
    assert look({"acl": acl({"Type": "CanonicalUser", "ID": "them"})}, known) == Exposure()
    assert look({"acl": "public-read"}).public
    assert look({"acl": "private"}) == Exposure()


def test_a_list_counts_no_more_once_the_owner_is_enforced() -> None:
    assert look({"acl": acl(group(ALL)), "object_ownership": "BucketOwnerEnforced"}) == Exposure()
    controls = {"OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}}
    assert look({"acl": acl(group(ALL)), "ownership_controls": controls}) == Exposure()
    assert look({"acl": acl(group(ALL)), "object_ownership": "BucketOwnerPreferred"}).public


def point(document: dict[str, Any] | None, **more: Any) -> dict[str, Any]:
    return {"name": "ap", "arn": POINT, "policy": document, **more}


DELEGATES = policy(allow("*", {"StringEquals": {"s3:DataAccessPointAccount": HOME}}))
OPEN_POINT = policy(allow("*", resource=f"{POINT}/object/*"))


def test_an_access_point_opens_what_the_bucket_delegates_to_it() -> None:
    assert look({"policy": DELEGATES}) == Exposure()
    assert look({"policy": DELEGATES, "access_points": [point(OPEN_POINT)]}).public
    assert not look({"access_points": [point(OPEN_POINT)]}).public
    partner = policy(allow({"AWS": AWAY}, resource=f"{POINT}/object/*"))
    found = look({"policy": DELEGATES, "access_points": [point(partner)]})
    assert (found.public, found.outside) == (False, (AWAY,))
    assert found.statements == ("access point ap: Statement[0]",)


@pytest.mark.parametrize(
    "closing",
    [
        {"public_access_block": {"RestrictPublicBuckets": True}},
        {"vpc_configuration": {"VpcId": "vpc-1"}},
        {"network_origin": "VPC"},
    ],
)
def test_an_access_point_has_closings_of_its_own(closing: dict[str, Any]) -> None:
    assert not look({"policy": DELEGATES, "access_points": [point(OPEN_POINT, **closing)]}).public


def test_an_access_point_leads_to_a_place_that_nobody_knows() -> None:
    far = policy(allow("*", {"StringEquals": {"aws:SourceVpce": "vpce-far"}}, resource=f"{POINT}/object/*"))
    assert look({"policy": DELEGATES, "access_points": [point(far)]}).unplaced == ("vpce-far",)
    assert look({"access_points": [point(far)]}).unplaced == ()
    within = {"policy": DELEGATES, "access_points": [point(OPEN_POINT, vpc_configuration={"VpcId": "vpc-far"})]}
    assert look(within).unplaced == ("vpc-far",)
    assert look(within, Perimeter(HOME, vpcs=frozenset(["vpc-far"]))) == Exposure()


def test_the_widest_way_in_counts() -> None:
    found = look({"policy": policy(allow({"AWS": AWAY})), "acl": acl(group(SIGNED))})
    assert (found.public, found.outside) == (True, (AWAY,))
    assert found.statements == ("Statement[0]", "ACL grant[1] (READ)")


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({"acl": {"Owner": {}}}, "acl: has no list of Grants"),
        ({"acl": "publik"}, "is no canned list"),
        ({"acl": {"Grants": [{"Permission": "READ"}]}}, "acl.Grants[0]: has no Grantee"),
        ({"policy": 3}, "policy: is no policy"),
        ({"policy": {"Statement": [{"Effect": "Maybe"}]}}, "policy: Statement[0]"),
        ({"public_access_block": {"Restrict": True}}, "is no switch"),
        ({"access_points": {}}, ""),
        ({"access_points": ["x"]}, "access_points[0]: is no object"),
    ],
)
def test_what_is_no_bucket_is_refused_with_the_place(document: dict[str, Any], said: str) -> None:
    if not said:
        assert look(document) == Exposure()
        return
    with pytest.raises(BucketError) as refused:
        read_bucket(document)
    assert said in str(refused.value)
