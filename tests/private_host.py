"""A host without an address of its own: its packets leave by a NAT gateway, past the ACL of another subnet."""

import ipaddress
from typing import Any

from stanch.catalog.actions.ec2 import _host_path
from tests.ground import Ground


class Private:
    """A host that leaves its VPC through a NAT gateway in another subnet, which has an ACL of its own."""

    def __init__(self, ground: Ground, *, gateway: bool = True, interfaces: int = 1) -> None:
        self.ground = ground
        self.call = ground.admin.call
        self.name = ground.host(elastic=False, interfaces=interfaces)
        self.arn = ground.arn("ec2", f"instance/{self.name}")
        enis = self.interfaces()
        self.vpc, self.subnet = str(enis[0]["VpcId"]), str(enis[0]["SubnetId"])
        self.addresses = sorted(str(eni["PrivateIpAddress"]) for eni in enis)
        self.public = self.subnet_at("10.30.2.0/24")
        self.acl = self.acl_of(self.public)
        self.gateway = self.nat(self.public) if gateway else ""

    def interfaces(self) -> list[dict[str, Any]]:
        mine = [{"Name": "attachment.instance-id", "Values": [self.name]}]
        return self.ground.admin.pages("ec2", "DescribeNetworkInterfaces", "NetworkInterfaces", Filters=mine)

    def subnet_at(self, cidr: str) -> str:
        return str(self.call("ec2", "CreateSubnet", VpcId=self.vpc, CidrBlock=cidr)["Subnet"]["SubnetId"])

    def acl_of(self, subnet: str) -> str:
        """A new ACL that guards this subnet and lets everything pass."""
        made = str(self.call("ec2", "CreateNetworkAcl", VpcId=self.vpc)["NetworkAcl"]["NetworkAclId"])
        for egress in (True, False):
            self.rule(made, 100, egress, "0.0.0.0/0", "allow")
        here = [{"Name": "association.subnet-id", "Values": [subnet]}]
        held = self.ground.admin.pages("ec2", "DescribeNetworkAcls", "NetworkAcls", Filters=here)[0]["Associations"]
        (association,) = [a["NetworkAclAssociationId"] for a in held if a["SubnetId"] == subnet]
        self.call("ec2", "ReplaceNetworkAclAssociation", AssociationId=association, NetworkAclId=made)
        return made

    def rule(self, acl: str, number: int, egress: bool, cidr: str, verdict: str = "deny") -> None:
        rule: dict[str, Any] = {_host_path.family(cidr): cidr, "RuleAction": verdict, "Protocol": "-1"}
        self.call("ec2", "CreateNetworkAclEntry", NetworkAclId=acl, RuleNumber=number, Egress=egress, **rule)

    def nat(self, subnet: str) -> str:
        """The interface of a new NAT gateway."""
        made = self.call("ec2", "CreateNatGateway", SubnetId=subnet, ConnectivityType="private")["NatGateway"]
        return str(made["NatGatewayAddresses"][0]["NetworkInterfaceId"])

    def entries(self, acl: str = "") -> list[dict[str, Any]]:
        asked = [acl or self.acl]
        found = self.ground.admin.pages("ec2", "DescribeNetworkAcls", "NetworkAcls", NetworkAclIds=asked)
        return sorted(found[0]["Entries"], key=lambda e: (e["Egress"], e["RuleNumber"]))

    def passes(self, address: str, *, egress: bool) -> bool:
        """What the router does with a packet from (in) or to (out) this address: the first rule that fits decides."""
        for entry in self.entries():
            fits = ipaddress.ip_address(address) in ipaddress.ip_network(entry["CidrBlock"])
            if entry["Egress"] == egress and fits:
                return bool(entry["RuleAction"] == "allow")
        return False

    def reaches(self, address: str) -> bool:
        """Whether a connection through the gateway lives: its packets pass there and back."""
        return self.passes(address, egress=False) and self.passes(address, egress=True)
