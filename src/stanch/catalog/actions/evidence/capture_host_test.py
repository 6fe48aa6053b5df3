import base64
import json
from typing import Any

import pytest
from tests import ground as grounds
from tests.equipped import Equipped, equipped
from tests.ground import no_wait, survives_dying

from stanch.aws.vault import Vault
from stanch.catalog.actions.evidence import _vault
from stanch.catalog.actions.evidence import capture_host as action
from stanch.contracts.action import Needless, Refused
from stanch.contracts.aws import AwsAbsent, AwsDenied, AwsError
from stanch.domain.arn import Arn
from stanch.domain.estate import EvidencePlace
from stanch.domain.step import Step

ID = "evidence/capture_host"
SECRET = "HF_TOKEN=hf_notarealtoken"


@pytest.fixture
def ground(ground: grounds.Ground) -> Equipped:
    return equipped(ground)


def host(ground: Equipped) -> str:
    name = ground.host(elastic=False)
    ground.admin.call(
        "ec2", "ModifyInstanceAttribute", InstanceId=name, UserData={"Value": base64.b64encode(SECRET.encode())}
    )
    return ground.arn("ec2", f"instance/{name}")


def pieces(ground: Equipped, step: Step) -> dict[str, bytes]:
    """What lies in the bucket, by the first word of its name."""
    vault = Vault.open(ground.admin, ground.place)
    return {key.rsplit("/", 1)[-1].split("-")[0]: vault.read(key) for key in vault.keys(f"{step.incident}/")}


def test_keeps_what_ec2_knows_of_the_host(ground: Equipped) -> None:
    aws = ground.responder()
    step = ground.planned(ID, host(ground), aws)
    action.apply(aws, step, no_wait)
    found = pieces(ground, step)
    assert set(found) == {"metadata", "console", "user"}
    told = json.loads(found["metadata"])
    name = Arn.parse(step.resource).name
    assert told["instance"][0]["InstanceId"] == name
    assert len(told["volumes"]) == 2
    assert told["security_groups"][0]["GroupName"] == "app"
    assert told["could_not_look"] == {}
    assert found["user"] == SECRET.encode()


def test_nobody_deletes_it_and_the_journal_holds_its_hash_and_no_secret(ground: Equipped) -> None:
    aws = ground.responder()
    step = ground.planned(ID, host(ground), aws)
    action.apply(aws, step, no_wait)
    proof = action.verify(aws, step, no_wait, None)
    assert proof.holds
    assert len(proof.what) == 3
    assert all("sha256 " in line and "(GOVERNANCE)" in line for line in proof.what)
    assert "hf_notarealtoken" not in repr((step, proof))
    for kept in _vault.held(aws, step, "metadata", "console", "user-data"):
        with pytest.raises(AwsDenied):
            ground.admin.call(
                "s3", "DeleteObject", Bucket=ground.place.bucket, Key=kept.key, VersionId=str(kept.version)
            )


def test_what_is_captured_twice_alike_is_kept_once(ground: Equipped) -> None:
    aws = ground.responder()
    step = ground.planned(ID, host(ground), aws)
    for _ in range(3):
        action.apply(aws, step, no_wait)
    vault = Vault.open(ground.admin, ground.place)
    assert len(vault.keys("")) == 3
    listed = ground.admin.pages("s3", "ListObjectVersions", "Versions", Bucket=ground.place.bucket)
    assert len(listed) == 3


class Partly:
    """An account in which one operation is refused."""

    def __init__(self, ground: Equipped, operation: str, code: str = "UnauthorizedOperation") -> None:
        self._aws = ground.responder()
        self._refused = operation
        self._code = code

    def __getattr__(self, name: str) -> Any:
        return getattr(self._aws, name)

    def call(self, service: str, operation: str, **params: Any) -> dict[str, Any]:
        if operation == self._refused and (self._code != "UnsupportedOperation" or "Latest" in params):
            raise AwsError(f"{service}:{operation}", self._code, "no")
        return self._aws.call(service, operation, **params)


def test_says_in_the_metadata_what_it_could_not_look_at(ground: Equipped) -> None:
    step = ground.planned(ID, host(ground))
    aws: Any = Partly(ground, "GetConsoleOutput")
    action.apply(aws, step, no_wait)
    found = pieces(ground, step)
    assert set(found) == {"metadata", "user"}
    assert "UnauthorizedOperation" in json.loads(found["metadata"])["could_not_look"]["console"]
    proof = action.verify(aws, step, no_wait, None)
    assert proof.holds
    assert "console: EC2 had none" in proof.what


def test_takes_the_console_of_the_last_boot_where_the_hardware_has_no_latest(ground: Equipped) -> None:
    step = ground.planned(ID, host(ground))
    aws: Any = Partly(ground, "GetConsoleOutput", "UnsupportedOperation")
    action.apply(aws, step, no_wait)
    assert b"Linux version" in pieces(ground, step)["console"]


def test_captures_a_terminated_host_while_ec2_still_knows_it(ground: Equipped) -> None:
    arn = host(ground)
    ground.admin.call("ec2", "TerminateInstances", InstanceIds=[Arn.parse(arn).name])
    aws = ground.responder()
    step = ground.planned(ID, arn, aws)
    action.apply(aws, step, no_wait)
    assert action.verify(aws, step, no_wait, None).holds


def test_has_nothing_to_do_without_a_bucket_and_refuses_one_without_a_lock(ground: Equipped) -> None:
    arn = host(ground)
    with pytest.raises(Needless, match="no evidence bucket"):
        Equipped(ground, EvidencePlace()).planned(ID, arn)
    with pytest.raises(Refused, match="put-object-lock-configuration"):
        ground.at(bucket=ground.bucket()).planned(ID, arn)
    with pytest.raises(Refused, match="create-bucket"):
        ground.at(bucket="acme-not-there").planned(ID, arn)
    with pytest.raises(AwsAbsent):
        ground.planned(ID, ground.arn("ec2", "instance/i-00000000000000000"))


def test_does_not_hold_when_nothing_was_captured(ground: Equipped) -> None:
    aws = ground.responder()
    assert not action.verify(aws, ground.planned(ID, host(ground), aws), no_wait, None).holds


def test_keeps_everything_when_it_is_undone(ground: Equipped) -> None:
    aws = ground.responder()
    step = ground.planned(ID, host(ground), aws)
    action.apply(aws, step, no_wait)
    action.undo(aws, step, no_wait)
    assert action.read(aws, step) == step.before
    assert action.verify(aws, step, no_wait, None).holds


def test_survives_dying_between_any_two_changes(ground: Equipped) -> None:
    assert survives_dying(ground, ID, lambda: host(ground)) == 3
