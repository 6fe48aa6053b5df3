"""Which networks of inference hosts have their questions for names recorded."""

from typing import Any

import pytest
from tests.posturing import ACCOUNT, COLLECTORS, REGION, posture, rulings, verdicts
from tests.serving import VPC, Line, host, network

from stanch.contracts.collector import UNSEEN, Unknown
from stanch.domain.verdict import Ruling

CHECK = "flow_logs/names_unrecorded"
NETWORK = f"arn:aws:ec2:{REGION}:{ACCOUNT}:vpc/{VPC}"
LISTING = "route53resolver:ListResolverQueryLogConfigAssociations"


def log(associations: Any) -> Line:
    arn = f"arn:aws:route53resolver:{REGION}:{ACCOUNT}:resolver-query-log-config/rqlc-1"
    data = {"Id": "rqlc-1", "Status": "CREATED", "Associations": associations}
    return {"kind": "route53resolver/query-log-config", "arn": arn, "region": REGION, "data": data}


@pytest.mark.parametrize(
    ("associations", "ruling"),
    [
        ([{"ResourceId": VPC, "Status": "ACTIVE"}], Ruling.PASS),
        ([{"ResourceId": VPC, "Status": "FAILED"}, {"ResourceId": VPC, "Status": "ACTIVE"}], Ruling.PASS),
        ([{"ResourceId": VPC, "Status": "FAILED", "Error": "ACCESS_DENIED"}], Ruling.FAIL),
        ([{"ResourceId": VPC, "Status": "CREATING"}], Ruling.FAIL),
        ([{"ResourceId": "vpc-other", "Status": "ACTIVE"}], Ruling.FAIL),
        ([], Ruling.FAIL),
        ({UNSEEN: f"{LISTING}: AccessDenied"}, Ruling.UNKNOWN),
        (7, Ruling.FAIL),
    ],
)
def test_a_log_must_be_for_the_network_and_be_written(associations: Any, ruling: Ruling) -> None:
    assert rulings(CHECK, posture([host(), *network(), log(associations)])) == {NETWORK: ruling}


def test_without_any_log_it_fails_and_names_the_hosts() -> None:
    (found,) = verdicts(CHECK, posture([host(), *network()]))
    assert found.ruling is Ruling.FAIL
    assert "i-0a1b2c3d4e5f60718" in found.why


def test_where_nobody_looked_it_is_unknown() -> None:
    lost = Unknown("route53resolver:ListResolverQueryLogConfigs", "AccessDenied", "x", "route53resolver", "")
    assert rulings(CHECK, posture([host(), *network()], unknowns=[lost])) == {NETWORK: Ruling.UNKNOWN}
    others = [name for name in COLLECTORS if name != "route53resolver"]
    assert rulings(CHECK, posture([host(), *network()], looked=others)) == {NETWORK: Ruling.UNKNOWN}


def test_networks_of_other_hosts_are_not_asked_about() -> None:
    assert rulings(CHECK, posture([host(gpu=False), *network()])) == {}
