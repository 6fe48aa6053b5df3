"""The collector of EventBridge against recorded answers and the range."""

import json
from typing import Any

from tests.collecting import collected, reader, says, survives_denials, turned
from tests.ground import Ground
from tests.recorded_aws import ACCOUNT, REGION, RecordedAws

from stanch.catalog.collectors import events
from stanch.domain.masking import mask

AT = f"arn:aws:events:{REGION}:{ACCOUNT}"
BUS, OTHER, RULE = f"{AT}:event-bus/default", f"{AT}:event-bus/other", f"{AT}:rule/leak"
OUTSIDE = f"{AT}:api-destination/siem/1"
POLICY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "events:PutEvents"}]}
PATTERN = {"source": ["aws.guardduty"]}
BUSES = [
    {"Name": "default", "Arn": BUS, "Policy": json.dumps(POLICY)},
    {"Name": "other", "Arn": OTHER},
]


def account(**changes: Any) -> RecordedAws:
    rule = {"Name": "leak", "Arn": RULE, "EventPattern": json.dumps(PATTERN), "State": "ENABLED"}
    target = {"Id": "1", "Arn": "arn:aws:events:eu-central-1:999988887777:event-bus/default",
              "Input": json.dumps({"token": "hunter2hunter2"})}  # fmt: skip
    return RecordedAws(
        {
            "events:ListEventBuses": turned("EventBuses", "NextToken", "NextToken", BUSES),
            "events:ListRules": lambda _, asked: {"Rules": [rule] if asked["EventBusName"] == "default" else []},
            "events:ListTargetsByRule": says({"Targets": [target]}),
            "events:ListApiDestinations": says(
                {"ApiDestinations": [{"ApiDestinationArn": OUTSIDE, "InvocationEndpoint": "https://siem.example"}]}
            ),
            **changes,
        }
    )


def test_buses_rules_targets_and_addresses_outside_are_told() -> None:
    things, unknowns = collected(events, account())
    assert unknowns == []
    assert things[BUS].data["Policy"] == POLICY
    assert things[BUS].data["Rules"] == ["leak"]
    assert things[OTHER].data["Policy"] is None
    assert things[OTHER].data["Rules"] == []
    assert things[RULE].data["EventPattern"] == PATTERN
    (target,) = things[RULE].data["Targets"]
    assert target["Arn"] == "arn:aws:events:eu-central-1:999988887777:event-bus/default"
    assert target["Input"] == {"token": mask("named-so", "hunter2hunter2")}
    assert things[OUTSIDE].data["InvocationEndpoint"] == "https://siem.example"


def test_each_denial_is_one_gap_with_its_permission() -> None:
    survives_denials(events, account())


def test_the_declared_permissions_are_enough_where_they_are_enforced(ground: Ground) -> None:
    owner, name = ground.outsider, ground.name("leak")
    arn = owner.call("events", "PutRule", Name=name, EventPattern=json.dumps(PATTERN))["RuleArn"]
    queue = f"arn:aws:sqs:{owner.region}:{ground.outside_account}:soc"
    owner.call("events", "PutTargets", Rule=name, Targets=[{"Id": "1", "Arn": queue}])
    aws = reader(owner, events)
    things, unknowns = collected(events, aws)
    assert unknowns == []
    assert [target["Arn"] for target in things[arn].data["Targets"]] == [queue]
    assert aws.needed == set(events.PERMISSIONS)
