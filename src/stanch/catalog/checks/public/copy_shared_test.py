"""Edges of the check `public/copy_shared`."""

from typing import Any

import pytest
from tests.posturing import posture, rulings, verdicts
from tests.trusting import STRANGER, odd, thing

from stanch.domain.severity import Severity
from stanch.domain.verdict import Ruling

ID = "public/copy_shared"
SNAPSHOT = "arn:aws:ec2:eu-central-1::snapshot/snap-1"
HOST = '[[asset]]\nname = "gpu"\nkind = "inference-host"\nwhere = "arn:aws:ec2:*:*:instance/i-1"\n'
ORGANIZATION = f"arn:aws:organizations::{STRANGER}:organization/o-abcdefghij"


def snapshot(*shares: dict[str, Any], **data: Any) -> dict[str, Any]:
    """A snapshot with its shares."""
    told = {"SnapshotId": "snap-1", "VolumeId": "vol-1", "CreateVolumePermissions": list(shares), **data}
    return thing("ec2/snapshot", SNAPSHOT, told)


def test_a_stranger_who_is_named_is_milder_than_everybody() -> None:
    (everybody,) = verdicts(ID, posture([snapshot({"Group": "all"})], HOST))
    (one,) = verdicts(ID, posture([snapshot({"UserId": STRANGER})], HOST))
    assert everybody.ruling is one.ruling is Ruling.FAIL
    assert everybody.severity > one.severity
    assert f"Remove=[{{UserId={STRANGER}}}]" in one.remedy.commands[0] if one.remedy else False


def test_an_account_that_was_looked_at_is_no_stranger() -> None:
    found = posture([snapshot({"UserId": "444455556666"})], accounts=["444455556666"])
    assert rulings(ID, found) == {SNAPSHOT: Ruling.PASS}


def test_a_public_share_behind_a_block_of_all_sharing_is_shut_and_a_named_one_is_not() -> None:
    arn = "arn:aws:ec2:eu-central-1:111122223333:settings"
    block = thing("ec2/settings", arn, {"SnapshotBlockPublicAccessState": "block-all-sharing"})
    assert rulings(ID, posture([block, snapshot({"Group": "all"})])) == {SNAPSHOT: Ruling.PASS}
    assert rulings(ID, posture([block, snapshot({"UserId": STRANGER})])) == {SNAPSHOT: Ruling.FAIL}


def test_the_disk_of_an_inference_host_is_the_hosts() -> None:
    volume = thing("ec2/volume", "arn:aws:ec2:eu-central-1:111122223333:volume/vol-1",
                   {"VolumeId": "vol-1", "Attachments": [{"InstanceId": "i-1"}]})  # fmt: skip
    host = thing("ec2/instance", "arn:aws:ec2:eu-central-1:111122223333:instance/i-1", {"InstanceId": "i-1"})
    image = thing("ec2/image", "arn:aws:ec2:eu-central-1::image/ami-1", {
        "ImageId": "ami-1",
        "LaunchPermissions": [{"OrganizationArn": ORGANIZATION}],
        "BlockDeviceMappings": [{"Ebs": {"SnapshotId": "snap-1"}}, {"DeviceName": "/dev/sdb", "Ebs": None}],
    })  # fmt: skip
    found = {
        one.resource: one for one in verdicts(ID, posture([volume, host, image, snapshot({"Group": "all"})], HOST))
    }
    assert found[SNAPSHOT].severity is Severity.CRITICAL
    assert [asset.name for asset in found[image["arn"]].assets] == ["gpu"]
    assert found[image["arn"]].ruling is Ruling.FAIL


def test_a_declared_organisation_is_no_stranger() -> None:
    ours = '[perimeter]\norganizations = ["o-abcdefghij"]\n'
    assert rulings(ID, posture([snapshot({"OrganizationArn": ORGANIZATION})], ours)) == {SNAPSHOT: Ruling.PASS}


@pytest.mark.parametrize("kind", ["rds/db-snapshot", "rds/db-cluster-snapshot"])
def test_a_database_is_shared_by_its_restore_attribute_alone(kind: str) -> None:
    def shared(*values: str, name: str = "restore") -> dict[str, Any]:
        arn = "arn:aws:rds:eu-central-1:111122223333:snapshot:vectors"
        return thing(kind, arn, {"Attributes": [{"AttributeName": name, "AttributeValues": list(values)}]})

    (failed,) = verdicts(ID, posture([shared("all")]))
    assert failed.ruling is Ruling.FAIL
    assert failed.remedy is not None
    assert ("cluster" in failed.remedy.commands[0][2]) == ("cluster" in kind)
    for line in (shared(), shared("all", name="copy"), thing(kind, shared()["arn"], {"Attributes": None})):
        assert set(rulings(ID, posture([line])).values()) == {Ruling.PASS}


def test_nothing_that_a_hand_wrote_breaks_it() -> None:
    for line in odd(snapshot(), ["CreateVolumePermissions", "VolumeId", "BlockDeviceMappings"]):
        verdicts(ID, posture([line]))


def test_shares_that_were_not_seen_are_unknown() -> None:
    hidden = snapshot(CreateVolumePermissions={"$unseen": "ec2:DescribeSnapshotAttribute: UnauthorizedOperation"})
    (verdict,) = verdicts(ID, posture([hidden]))
    assert verdict.ruling is Ruling.UNKNOWN
    assert "DescribeSnapshotAttribute" in verdict.why
