"""Every gate by itself, and all of them together: what one closes, no other opens."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from tests.posturing import posture
from tests.serving import IGW, SUBNET, VPC, Line, allow, ec2, host, network

from stanch.catalog.checks._network import Interface, Network, Passage, interfaces_of
from stanch.catalog.checks._network.mend import revoked

SUBNET_ID = SUBNET.rpartition("/")[2]
EVERYTHING = {"CidrBlock": "0.0.0.0/0", "Protocol": "-1", "RuleAction": "allow", "RuleNumber": 100}
NAT = {"NatGatewayId": "nat-0a1b2c3d4e5f60718"}
LISTED: dict[str, Any] = {"PrefixListIds": [{"PrefixListId": "pl-1"}]}


def passage(lines: Sequence[Line], port: int | None = 8000, *, public: bool = True, toml: str | None = None) -> Passage:
    """Into the host's port, or without one out of it."""
    (interface,) = interfaces_of(host(public=public)["data"])
    gates = Network(posture(lines, toml))
    return gates.leaves(interface) if port is None else gates.enters(interface, port)


def rule(number: int, cidr: str, action: str = "allow", *, outward: bool = False, **more: Any) -> dict[str, Any]:
    """An entry of a network ACL."""
    told = {"CidrBlock": cidr, "Protocol": "-1", "RuleAction": action, "RuleNumber": number, "Egress": outward}
    return {**told, **more}


def test_a_port_is_open_when_every_gate_is() -> None:
    found = passage(network(inside=[allow(8000)], target=IGW))
    assert found.open is True
    assert [one.at for one in found.proof] == ["IpPermissions.0", "Routes.1"]
    assert "internet gateway" in found.by[1]


def test_without_a_public_address_nobody_calls_and_the_open_group_is_remembered() -> None:
    found = passage(network(inside=[allow(8000)], target=IGW), public=False)
    assert found.open is False
    assert found.admitted


@pytest.mark.parametrize("target", [None, NAT, {"TransitGatewayId": "tgw-1"}, {"GatewayId": "vgw-1"}])
def test_only_an_internet_gateway_lets_a_call_in(target: Mapping[str, str] | None) -> None:
    assert passage(network(inside=[allow(8000)], target=target)).open is False


@pytest.mark.parametrize(
    ("inside", "is_open"),
    [
        (allow(8000), True),
        (allow(7000, to=9000), True),
        (allow(), True),
        (allow(8000, protocol="6"), True),
        (allow(8000, IpRanges=[{"CidrIp": "0.0.0.0/1"}]), True),
        (allow(8001), False),
        (allow(8000, protocol="udp"), False),
        (allow(8000, IpRanges=[{"CidrIp": "10.0.0.0/8"}]), False),
        (allow(8000, IpRanges=[{"CidrIp": "198.51.100.0/24"}]), False),
        (allow(8000, IpRanges=[{"CidrIp": "no network"}]), False),
        (allow(8000, UserIdGroupPairs=[{"GroupId": "sg-other"}]), False),
        (allow(8000, Ipv6Ranges=[{"CidrIpv6": "::/0"}]), False),
    ],
)
def test_a_group_opens_what_its_rule_names(inside: Line, is_open: bool) -> None:
    assert passage(network(inside=[inside], target=IGW)).open is is_open


def test_a_second_group_adds_to_the_first() -> None:
    lines = network(inside=[allow(22)], target=IGW)
    other = ec2("security-group", "sg-2", GroupId="sg-2", VpcId=VPC, IpPermissions=[allow(8000)])
    one = Interface("eni-1", SUBNET_ID, VPC, ("sg-0a1b2c3d4e5f60718", "sg-2"), "203.0.113.10")
    assert Network(posture([*lines, other])).enters(one, 8000).open is True
    assert Network(posture(lines)).enters(one, 8000).open is None, "a group that nobody saw may open it"


def test_the_networks_that_the_estate_declares_are_no_internet() -> None:
    ours = '[perimeter]\nnetworks = ["16.0.0.0/4"]\n'
    lines = network(inside=[allow(8000, IpRanges=[{"CidrIp": "16.0.0.0/6"}])], target=IGW)
    assert passage(lines).open is True
    assert passage(lines, toml=ours).open is False


@pytest.mark.parametrize(
    ("entries", "is_open"),
    [([{"Cidr": "0.0.0.0/0"}], True), ([{"Cidr": "198.51.100.0/24"}], False), ({"$unseen": "ec2:X: denied"}, None)],
)
def test_a_prefix_list_is_what_it_holds(entries: Any, is_open: bool | None) -> None:
    held = ec2("prefix-list", "pl-1", PrefixListId="pl-1", OwnerId="111122223333", Entries=entries)
    assert passage([*network(inside=[allow(8000, **LISTED)], target=IGW), held]).open is is_open


def test_a_list_of_aws_holds_no_internet_and_one_that_is_absent_may() -> None:
    lines = network(inside=[allow(8000, **LISTED)], target=IGW)
    of_aws = ec2("prefix-list", "pl-1", PrefixListId="pl-1", OwnerId="AWS")
    assert passage([*lines, of_aws]).open is False
    assert passage(lines).open is None


@pytest.mark.parametrize(
    ("inward", "is_open"),
    [
        ([rule(100, "0.0.0.0/0")], True),
        ([rule(90, "0.0.0.0/0", "deny"), rule(100, "0.0.0.0/0")], False),
        ([rule(110, "0.0.0.0/0", "deny"), rule(100, "0.0.0.0/0")], True),
        ([rule(90, "198.51.100.0/24", "deny"), rule(100, "0.0.0.0/0")], True),
        ([rule(80, "0.0.0.0/1", "deny"), rule(90, "128.0.0.0/1", "deny"), rule(100, "0.0.0.0/0")], False),
        ([rule(80, "0.0.0.0/1", "deny"), rule(100, "0.0.0.0/0")], True),
        ([rule(100, "10.0.0.0/8")], False),
        ([rule(100, "0.0.0.0/0", Protocol="6", PortRange={"From": 8000, "To": 8000})], True),
        ([rule(100, "0.0.0.0/0", Protocol="6", PortRange={"From": 443, "To": 443})], False),
        ([rule(100, "0.0.0.0/0", Protocol="17", PortRange={"From": 8000, "To": 8000})], False),
        ([], False),
    ],
)
def test_an_acl_is_read_by_number_and_what_it_leaves_counts(inward: list[Line], is_open: bool) -> None:
    entries = [*inward, rule(100, "0.0.0.0/0", outward=True)]
    assert passage(network(inside=[allow(8000)], target=IGW, entries=entries)).open is is_open


@pytest.mark.parametrize(("first", "is_open"), [(1024, True), (60000, True), (443, False)])
def test_the_answers_must_get_back_through_an_acl(first: int, is_open: bool) -> None:
    last = first if first == 443 else 65535
    back = rule(100, "0.0.0.0/0", outward=True, Protocol="6", PortRange={"From": first, "To": last})
    entries = [rule(100, "0.0.0.0/0"), back]
    assert passage(network(inside=[allow(8000)], target=IGW, entries=entries)).open is is_open


def test_a_subnet_without_a_table_follows_the_main_one_and_none_at_all_is_unknown() -> None:
    *rest, table, acl = network(inside=[allow(8000)], target=IGW)
    table["data"]["Associations"] = [{"Main": True}]
    assert passage([*rest, table, acl]).open is True
    own = ec2("route-table", "rtb-2", VpcId=VPC, Routes=[], Associations=[{"SubnetId": SUBNET_ID}])
    assert passage([*rest, table, own, acl]).open is False, "its own table goes first"
    assert passage([*rest, acl]).open is None
    assert passage([*rest, table]).open is None, "no ACL was seen"


@pytest.mark.parametrize(
    ("routes", "is_open"),
    [
        ([{"DestinationCidrBlock": "0.0.0.0/0", **IGW, "State": "blackhole"}], False),
        ([{"DestinationCidrBlock": "0.0.0.0/1", **IGW}], True),
        (
            [
                {"DestinationCidrBlock": "0.0.0.0/0", **IGW},
                {"DestinationCidrBlock": "0.0.0.0/1", "TransitGatewayId": "tgw-1"},
                {"DestinationCidrBlock": "128.0.0.0/1", "TransitGatewayId": "tgw-1"},
            ],
            False,
        ),
        (
            [
                {"DestinationCidrBlock": "0.0.0.0/0", "TransitGatewayId": "tgw-1"},
                {"DestinationCidrBlock": "198.51.100.0/24", **IGW},
            ],
            False,
        ),
    ],
)
def test_the_most_specific_route_wins(routes: list[Line], is_open: bool) -> None:
    lines = network(inside=[allow(8000)])
    next(line for line in lines if line["kind"] == "ec2/route-table")["data"]["Routes"] = routes
    assert passage(lines).open is is_open


def test_ipv6_has_gates_of_its_own() -> None:
    six = Interface("eni-1", SUBNET_ID, VPC, ("sg-0a1b2c3d4e5f60718",), None, ("2001:db8::10",))
    lines = network(inside=[allow(8000, Ipv6Ranges=[{"CidrIpv6": "::/0"}])], entries=[
        {"Ipv6CidrBlock": "::/0", "Protocol": "-1", "RuleAction": "allow", "RuleNumber": 100, "Egress": way}
        for way in (True, False)
    ])  # fmt: skip
    assert Network(posture(lines)).enters(six, 8000).open is False
    table = next(line for line in lines if line["kind"] == "ec2/route-table")["data"]
    table["Routes"].append({"DestinationIpv6CidrBlock": "::/0", **IGW})
    assert Network(posture(lines)).enters(six, 8000).open is True
    table["Routes"][-1] = {"DestinationIpv6CidrBlock": "::/0", "EgressOnlyInternetGatewayId": "eigw-1"}
    assert Network(posture(lines)).enters(six, 8000).open is False
    group = next(line for line in lines if line["kind"] == "ec2/security-group")["data"]
    group["IpPermissionsEgress"] = [allow(Ipv6Ranges=[{"CidrIpv6": "::/0"}])]
    assert Network(posture(lines)).leaves(six).open is True


@pytest.mark.parametrize(
    ("mode", "excluded", "comes_in", "gets_out"),
    [
        ("off", None, True, True),
        ("block-bidirectional", None, False, False),
        ("block-ingress", None, False, True),
        ("block-bidirectional", "allow-egress", False, True),
        ("block-bidirectional", "allow-bidirectional", True, True),
    ],
)
def test_blocked_public_access_stops_gateways(mode: str, excluded: str | None, comes_in: bool, gets_out: bool) -> None:
    lines = network(inside=[allow(8000)], target=IGW)
    lines.append(ec2("settings", "settings", VpcBlockPublicAccessOptions={"InternetGatewayBlockMode": mode}))
    if excluded:
        own = {"ExclusionId": "x-1", "ResourceArn": f"arn:aws:ec2:eu-central-1:111122223333:vpc/{VPC}"}
        lines.append(ec2("vpc-block-public-access-exclusion", "x-1", **own, InternetGatewayExclusionMode=excluded))
    assert passage(lines).open is comes_in
    assert passage(lines, None).open is gets_out


@pytest.mark.parametrize(
    ("outside", "target", "public", "is_open"),
    [
        ([allow()], IGW, True, True),
        ([allow()], IGW, False, False),
        ([allow()], None, True, False),
        ([allow()], {"TransitGatewayId": "tgw-1"}, True, None),
        ([allow()], {"VpcPeeringConnectionId": "pcx-1"}, True, None),
        ([allow()], {"GatewayId": "vpce-1"}, True, None),
        ([allow()], NAT, False, None),
        ([allow(53, protocol="udp")], IGW, True, True),
        ([allow(443, PrefixListIds=[{"PrefixListId": "pl-s3"}])], IGW, True, False),
        ([allow(443, IpRanges=[{"CidrIp": "10.0.0.0/16"}])], IGW, True, False),
        ([], IGW, True, False),
    ],
)
def test_a_host_gets_out_by_a_gateway_that_its_groups_let_it_use(
    outside: list[Line], target: Mapping[str, str] | None, public: bool, is_open: bool | None
) -> None:
    of_s3 = ec2("prefix-list", "pl-s3", PrefixListId="pl-s3", OwnerId="AWS")
    assert passage([*network(outside=outside, target=target), of_s3], None, public=public).open is is_open


@pytest.mark.parametrize(
    ("kind", "beyond", "is_open"), [("public", IGW, True), ("public", None, False), ("private", IGW, None)]
)
def test_a_nat_gateway_leads_out_when_its_own_subnet_does(kind: str, beyond: Line | None, is_open: bool | None) -> None:
    lines = network(target=NAT)
    gateway = {"NatGatewayId": NAT["NatGatewayId"], "SubnetId": "subnet-nat", "VpcId": VPC, "ConnectivityType": kind}
    routes = [{"DestinationCidrBlock": "0.0.0.0/0", **beyond}] if beyond else []
    lines += [
        ec2("natgateway", NAT["NatGatewayId"], **gateway),
        ec2("route-table", "rtb-nat", VpcId=VPC, Routes=routes, Associations=[{"SubnetId": "subnet-nat"}]),
    ]
    assert passage(lines, None, public=False).open is is_open


def test_a_host_without_an_interface_gets_nowhere() -> None:
    assert interfaces_of({"NetworkInterfaces": []}) == []
    (one,) = interfaces_of(
        {"SubnetId": "s", "VpcId": "v", "SecurityGroups": [{"GroupId": "g"}], "PublicIpAddress": "a"}
    )
    assert (one.subnet, one.groups, one.families) == ("s", ("g",), (4,))


EIGHTS = [{"CidrIp": f"{first}.0.0.0/8"} for first in range(11, 200, 3)]


def test_many_narrow_networks_open_as_much_as_a_wide_one() -> None:
    found = passage(network(inside=[allow(8000, IpRanges=EIGHTS)], target=IGW))
    assert found.open is True
    assert "together are much of the internet" in found.by[0]
    assert [one.at for one in found.proof] == ["IpPermissions.0", "Routes.1"]
    told = " ".join(revoked(found.proof[0], None))
    assert '"CidrIp":"11.0.0.0/8"' in told
    assert '"CidrIp":"197.0.0.0/8"' in told
    few = [{"CidrIp": f"198.51.{third}.0/24"} for third in range(0, 256, 2)]
    assert passage(network(inside=[allow(8000, IpRanges=few)], target=IGW)).open is False
    assert passage(network(inside=[allow(8000, IpRanges=[{"CidrIp": "10.0.0.0/8"}])], target=IGW)).open is False


def test_a_nat_gateway_of_the_whole_network_leads_by_a_table_of_its_own() -> None:
    out = {"DestinationCidrBlock": "0.0.0.0/0", "GatewayId": "igw-1", "State": "active"}

    def opened(routes: Sequence[Mapping[str, str]] | None, **told: str) -> bool | None:
        nat = {**NAT, "VpcId": VPC, "ConnectivityType": "public", "AvailabilityMode": "regional", **told}
        lines = [*network(target=NAT), ec2("natgateway", "nat-1", **nat)]
        if routes is not None:
            lines.append(ec2("route-table", "rtb-9", RouteTableId="rtb-9", VpcId=VPC, Routes=[*routes]))
        return passage(lines, None, public=False).open

    assert opened(None) is True
    assert opened([out], RouteTableId="rtb-9") is True
    assert opened([], RouteTableId="rtb-9") is False
    assert opened(None, RouteTableId="rtb-9") is None
