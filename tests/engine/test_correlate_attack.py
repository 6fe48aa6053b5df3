"""One attack with eight names, hunted whole: whatever the thief calls himself, a person reads one story."""

from typing import Any

from tests.engine.test_hunt import ACCOUNT, OUTSIDE, Bytes, event, session

from stanch import app
from stanch.domain.estate import Estate
from stanch.domain.incident import Incident
from stanch.engine.correlate import worth_telling

LAIR, ELSEWHERE, OFFICE = "203.0.113.66", "198.51.100.99", "217.110.34.18"
ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"
HOST = "i-0123456789abcdef0"


def user(name: str) -> dict[str, Any]:
    arn = f"arn:aws:iam::{ACCOUNT}:user/{name}"
    return {"type": "IAMUser", "arn": arn, "accountId": ACCOUNT, "accessKeyId": f"AKIA{name}", "userName": name}


def call(
    minute: int, who: dict[str, Any], service: str, name: str, asked: object, answer: object = None, address: str = LAIR
) -> dict[str, Any]:
    return event(
        minute * 60,
        name,
        who,
        eventSource=f"{service}.amazonaws.com",
        sourceIPAddress=address,
        requestParameters=asked,
        responseElements=answer,
    )


def handed(minute: int, who: dict[str, Any], role: str, key: str) -> dict[str, Any]:
    answer = {
        "credentials": {"accessKeyId": key},
        "assumedRoleUser": {"arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/{role}/x"},
    }
    return call(minute, who, "sts", "AssumeRole", {"roleArn": f"arn:aws:iam::{ACCOUNT}:role/{role}"}, answer)


def shared(minute: int, who: dict[str, Any], address: str) -> dict[str, Any]:
    add = {"add": {"items": [{"userId": OUTSIDE}]}}
    return call(
        minute,
        who,
        "ec2",
        "ModifySnapshotAttribute",
        {"snapshotId": f"snap-{minute}", "createVolumePermission": add},
        {"_return": True},
        address,
    )


def stopped(minute: int, who: dict[str, Any], address: str = LAIR) -> dict[str, Any]:
    return call(minute, who, "cloudtrail", "StopLogging", {"name": f"trail-{minute}"}, None, address)


def attack() -> list[dict[str, Any]]:
    """Stolen keys, a made user, roles, a backdoor, a function, an instance, a console: each grave on its own."""
    alice, bob, eve = user("alice"), user("bob"), user("eve")
    far = {"type": "AWSAccount", "accountId": OUTSIDE, "principalId": "AIDAFAR"}
    trust = f'{{"Statement":[{{"Effect":"Allow","Principal":{{"AWS":"{OUTSIDE}"}},"Action":"sts:AssumeRole"}}]}}'
    federated = {"type": "FederatedUser", "arn": f"arn:aws:sts::{ACCOUNT}:federated-user/f", "accountId": ACCOUNT}
    function = {"functionName": "f", "role": f"arn:aws:iam::{ACCOUNT}:role/power"}
    launched = {"instancesSet": {"items": [{"instanceId": HOST}]}}
    token = {"credentials": {"accessKeyId": "ASIAF"}, "federatedUser": {"arn": federated["arn"]}}
    return [
        call(0, alice, "iam", "CreateUser", {"userName": "eve"}, {"user": {"userName": "eve"}}),
        call(1, alice, "iam", "AttachUserPolicy", {"userName": "eve", "policyArn": ADMIN}),
        call(2, alice, "sts", "GetFederationToken", {"name": "f"}, token),
        stopped(3, bob),
        stopped(4, eve, ELSEWHERE),
        handed(5, eve, "deep", "ASIADEEP"),
        shared(6, session("deep", "x", "ASIADEEP"), ELSEWHERE),
        call(7, eve, "iam", "UpdateAssumeRolePolicy", {"roleName": "old", "policyDocument": trust}),
        handed(8, far, "old", "ASIAOLD"),
        shared(9, session("old", "x", "ASIAOLD"), "192.0.2.200"),
        call(10, eve, "lambda", "CreateFunction20150331", {}, function),
        shared(11, session("power", "f", "ASIALAMBDA"), "3.121.0.9"),
        call(12, eve, "ec2", "RunInstances", {"iamInstanceProfile": {"name": "web"}}, launched),
        shared(13, session("web", HOST, "ASIAHOST"), "10.0.0.9"),
        stopped(14, federated | {"accessKeyId": "ASIACONSOLE"}, "192.0.2.55"),
    ]


def told(*records: dict[str, Any]) -> list[Incident]:
    import json

    result = app.hunt([Bytes(json.dumps({"Records": records}).encode())], Estate(), app.rules())
    return [incident for incident in result.incidents if worth_telling(incident)]


def test_an_attack_under_eight_names_is_one_story() -> None:
    (incident,) = told(*attack())
    assert {finding.actor.root.rsplit("/", 1)[-1] for finding in incident.findings} >= {
        "alice",
        "bob",
        "eve",
        "f",
        HOST,
    }


def test_what_another_does_in_the_same_night_is_a_story_of_its_own() -> None:
    other = session("Admin", "carl", "ASIACARL")
    assert len(told(*attack(), shared(20, other, OFFICE))) == 2
