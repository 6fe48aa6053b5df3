"""Which inference hosts stand in the internet."""

from typing import Any

from tests.posturing import posture, rulings, verdicts
from tests.serving import HOST, host

from stanch.domain.verdict import Ruling

CHECK = "inference_hosts/address_public"


def test_a_public_address_fails_a_private_one_passes_and_other_hosts_are_not_asked_about() -> None:
    assert rulings(CHECK, posture([host()])) == {HOST: Ruling.FAIL}
    assert rulings(CHECK, posture([host(public=False)])) == {HOST: Ruling.PASS}
    assert rulings(CHECK, posture([host(gpu=False)])) == {}


def test_an_elastic_address_on_a_second_private_one_counts() -> None:
    line = host(public=False)
    second: list[dict[str, Any]] = [
        {"PrivateIpAddress": "10.0.1.11", "Primary": False, "Association": {"PublicIp": "203.0.113.11"}}
    ]
    line["data"]["NetworkInterfaces"][0]["PrivateIpAddresses"] = second
    (found,) = verdicts(CHECK, posture([line]))
    assert found.ruling is Ruling.FAIL
    assert "203.0.113.11" in found.why
