import json
from typing import Any

import pytest
from tests.ground import Ground, Listening, RangeError, no_wait, survives_dying

from stanch.catalog.actions.ec2 import disable_metadata as action
from stanch.contracts.action import Needless, Refused
from stanch.domain.arn import Arn

ID = "ec2/disable_metadata"
ROLES = "latest/meta-data/iam/security-credentials/"


def host(ground: Ground, **options: Any) -> str:
    """The ARN of a host whose metadata service has these options."""
    name = ground.host(elastic=False)
    if options:
        ground.admin.call("ec2", "ModifyInstanceMetadataOptions", InstanceId=name, **options)
    return ground.arn("ec2", f"instance/{name}")


def options_of(ground: Ground, arn: str) -> dict[str, Any]:
    found = ground.admin.pages("ec2", "DescribeInstances", "Reservations", InstanceIds=[Arn.parse(arn).name])
    options: dict[str, Any] = found[0]["Instances"][0]["MetadataOptions"]
    return options


def test_a_host_that_got_credentials_gets_none_afterwards_and_some_again_after_undo(ground: Ground) -> None:
    serving = ground.staged.second_host
    arn = ground.arn("ec2", f"instance/{serving}")
    role = ground.staged.range_.metadata(serving, ROLES)
    aws = ground.responder()
    step = ground.planned(ID, arn, aws)
    action.apply(aws, step, no_wait)
    with pytest.raises(RangeError, match="403"):
        ground.staged.range_.metadata(serving, ROLES + role)
    proof = action.verify(aws, step, no_wait, None)
    assert proof.holds
    action.undo(aws, step, no_wait)
    assert json.loads(ground.staged.range_.metadata(serving, ROLES + role))["Code"] == "Success"


def test_undo_brings_every_option_back_as_it_was(ground: Ground) -> None:
    arn = host(ground, HttpTokens="required", HttpPutResponseHopLimit=2, InstanceMetadataTags="enabled")
    before = options_of(ground, arn)
    aws = ground.responder()
    step = ground.planned(ID, arn, aws)
    action.apply(aws, step, no_wait)
    assert options_of(ground, arn) == {**before, "HttpEndpoint": "disabled"}
    action.undo(aws, step, no_wait)
    assert options_of(ground, arn) == before


def test_tells_that_undo_brings_back_a_service_without_tokens(ground: Ground) -> None:
    loose = ground.planned(ID, host(ground, HttpTokens="optional"))
    strict = ground.planned(ID, host(ground, HttpTokens="required"))
    assert any("IMDSv1" in line for line in loose.breaks)
    assert not any("IMDSv1" in line for line in strict.breaks)


def test_does_not_hold_while_ec2_calls_the_change_pending(ground: Ground) -> None:
    class Pending(Listening):
        def pages(
            self, service: str, operation: str, key: str, /, *, region: str | None = None, **params: Any
        ) -> list[dict[str, Any]]:
            found = super().pages(service, operation, key, region=region, **params)
            found[0]["Instances"][0]["MetadataOptions"]["State"] = "pending"
            return found

    aws = Pending(ground.responder().door)
    step = ground.planned(ID, host(ground), aws)
    action.apply(aws, step, no_wait)
    proof = action.verify(aws, step, no_wait, None)
    assert not proof.holds
    assert "not in force yet" in proof.what[0]


def test_does_not_hold_once_somebody_switched_it_on_again(ground: Ground) -> None:
    arn = host(ground)
    aws = ground.responder()
    step = ground.planned(ID, arn, aws)
    action.apply(aws, step, no_wait)
    name = Arn.parse(arn).name
    ground.admin.call("ec2", "ModifyInstanceMetadataOptions", InstanceId=name, HttpEndpoint="enabled")
    assert not action.verify(aws, step, no_wait, None).holds


def test_has_nothing_to_do_where_it_is_off_and_spares_the_host_it_acts_from(ground: Ground) -> None:
    with pytest.raises(Needless, match="off already"):
        ground.planned(ID, host(ground, HttpEndpoint="disabled"))
    own = host(ground)
    case = ground.case(responder=f"{ground.arn('sts', 'assumed-role/stanch-responder')}/{Arn.parse(own).name}")
    with pytest.raises(Refused, match="from another one"):
        ground.planned(ID, own, case=case)


def test_survives_dying_between_any_two_changes(ground: Ground) -> None:
    assert survives_dying(ground, ID, lambda: host(ground)) == 1
