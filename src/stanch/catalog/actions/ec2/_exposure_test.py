from typing import Any

from tests.ground import Ground, Listening, no_wait
from tests.hosts import arn_of, interfaces_of

from stanch.catalog.actions.ec2 import _exposure, _quarantine
from stanch.catalog.actions.ec2 import isolate_instance as action

ID = "ec2/isolate_instance"


def test_gives_back_the_same_elastic_address_and_deletes_its_groups(ground: Ground) -> None:
    instance = ground.host()
    aws = ground.responder()
    before = interfaces_of(ground, instance)[0]["Association"]["PublicIp"]
    step = ground.planned(ID, arn_of(ground, instance), aws)
    action.apply(aws, step, no_wait)
    action.undo(aws, step, no_wait)
    assert interfaces_of(ground, instance)[0]["Association"]["PublicIp"] == before
    assert _quarantine.find(ground.admin, step.settings["quarantine"], step.settings["vpcs"][0]) is None


def test_sees_that_its_elastic_address_went_to_somebody_else(ground: Ground) -> None:
    instance, other = ground.host(), ground.host(elastic=False)
    aws = ground.responder()
    step = ground.planned(ID, arn_of(ground, instance), aws)
    action.apply(aws, step, no_wait)
    left = action.read(aws, step)
    (allocation,) = left["elastic"]
    ground.admin.call("ec2", "AssociateAddress", AllocationId=allocation, InstanceId=other)
    assert action.read(aws, step) != left


class Addresses(Listening):
    """An EC2 that gives and takes automatic and IPv6 addresses, which the range does not."""

    def __init__(self, ground: Ground) -> None:
        super().__init__(ground.responder())
        self.automatic: str | None = "198.51.100.7"
        self.ipv6 = ["2001:db8:1::/80", "2001:db8::1", "2001:db8::2"]

    def eni(self) -> dict[str, Any]:
        association = {"Association": {"PublicIp": self.automatic}} if self.automatic else {}
        addresses = [{"Ipv6Address": a} for a in self.ipv6 if "/" not in a]
        return {
            "NetworkInterfaceId": "eni-1",
            "Ipv6Addresses": [*addresses, {"Ipv6Address": "2001:db8::f", "IsPrimaryIpv6": True}],
            "Ipv6Prefixes": [{"Ipv6Prefix": a} for a in self.ipv6 if "/" in a],
            **association,
        }

    def call(self, service: str, operation: str, /, *, region: str | None = None, **params: Any) -> dict[str, Any]:
        if operation == "ModifyNetworkInterfaceAttribute":
            self.automatic = "198.51.100.99" if params["AssociatePublicIpAddress"] else None
        elif operation == "UnassignIpv6Addresses":
            self.ipv6 = [address for address in self.ipv6 if address not in self.named(params)]
        elif operation == "AssignIpv6Addresses":
            self.ipv6 = sorted([*self.ipv6, *self.named(params)])
        return {"Addresses": []}

    def named(self, params: Any) -> list[str]:
        assert all("/" not in address for address in params.get("Ipv6Addresses", ()))
        return [*params.get("Ipv6Addresses", ()), *params.get("Ipv6Prefixes", ())]


def test_takes_off_automatic_and_ipv6_addresses_and_brings_back_what_can_be_had(ground: Ground) -> None:
    aws = Addresses(ground)
    before = _exposure.exposure(aws, "i-1", [aws.eni()])
    assert _exposure.automatic_addresses([aws.eni()], before) == {"eni-1": "198.51.100.7"}
    _exposure.hide(aws, before)
    hidden = _exposure.exposure(aws, "i-1", [aws.eni()])
    assert _exposure.public(hidden) == []
    _exposure.expose(aws, before, hidden)
    assert _exposure.exposure(aws, "i-1", [aws.eni()]) == before
    assert aws.automatic == "198.51.100.99"
    assert _exposure.irremovable([aws.eni()]) == ["2001:db8::f"]
