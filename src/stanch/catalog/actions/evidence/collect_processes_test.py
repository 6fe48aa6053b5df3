import base64
import gzip
from datetime import timedelta

import pytest
from tests import ground as grounds
from tests.equipped import Equipped, equipped
from tests.ground import no_wait, survives_dying

from stanch.aws.vault import Vault
from stanch.catalog.actions.ec2 import isolate_instance
from stanch.catalog.actions.evidence import _agent, capture_memory
from stanch.catalog.actions.evidence import collect_processes as action
from stanch.contracts.action import Needless
from stanch.contracts.aws import AwsDenied
from stanch.domain.arn import Arn
from stanch.domain.estate import EvidencePlace

ID = "evidence/collect_processes"


@pytest.fixture
def ground(ground: grounds.Ground) -> Equipped:
    return equipped(ground)


def host(ground: Equipped) -> str:
    name = ground.host(elastic=False)
    ground.admin.call("ec2", "CreateTags", Resources=[name], Tags=[{"Key": "range:agent", "Value": "online"}])
    return ground.arn("ec2", f"instance/{name}")


def asked(ground: Equipped) -> str:
    """A host that was asked."""
    arn = host(ground)
    capture_memory.apply(ground.responder(), ground.planned("evidence/capture_memory", arn), no_wait)
    return arn


def isolated(ground: Equipped, arn: str) -> None:
    isolate_instance.apply(ground.responder(), ground.planned("ec2/isolate_instance", arn), no_wait)


def test_keeps_the_answer_that_came_before_the_host_went_dark(ground: Equipped) -> None:
    aws = ground.responder()
    arn = asked(ground)
    isolated(ground, arn)
    step = ground.planned(ID, arn, aws)
    action.apply(aws, step, no_wait)
    proof = action.verify(aws, step, no_wait, None)
    assert proof.holds, proof.what
    vault = Vault.open(ground.admin, ground.place)
    (key,) = vault.keys(f"{step.incident}/")
    assert key.endswith(".txt.gz")
    assert f"range host {Arn.parse(arn).name}".encode() in gzip.decompress(vault.read(key))
    kept = vault.held(key)
    assert kept is not None
    with pytest.raises(AwsDenied):
        ground.admin.call("s3", "DeleteObject", Bucket=ground.place.bucket, Key=key, VersionId=str(kept.version))


def test_an_isolated_host_does_not_answer_and_that_keeps_no_incident_open(ground: Equipped) -> None:
    aws = ground.responder()
    arn = host(ground)
    before = ground.planned("evidence/capture_memory", arn)
    isolated(ground, arn)
    capture_memory.apply(aws, before, no_wait)
    step = ground.planned(ID, arn, aws)
    waited: list[float] = []
    action.apply(aws, step, waited.append)
    assert sum(waited) == 120
    proof = action.verify(aws, step, no_wait, None)
    assert not proof.holds
    assert "has not answered (Pending)" in proof.what[0]
    later = ground.case(now=ground.case().now + timedelta(minutes=5))
    with pytest.raises(Needless, match="did not answer before it was isolated"):
        ground.planned(ID, arn, aws, later)


def test_is_planned_before_the_host_was_asked(ground: Equipped) -> None:
    aws = ground.responder()
    arn = host(ground)
    step = ground.planned(ID, arn, aws)
    assert "it was never asked" in action.verify(aws, step, no_wait, None).what[0]
    capture_memory.apply(aws, ground.planned("evidence/capture_memory", arn), no_wait)
    action.apply(aws, step, no_wait)
    assert action.verify(aws, step, no_wait, None).holds


def test_has_nothing_to_do_without_an_agent_or_a_bucket(ground: Equipped) -> None:
    with pytest.raises(Needless, match="does not manage"):
        ground.planned(ID, ground.arn("ec2", f"instance/{ground.host(elastic=False)}"))
    with pytest.raises(Needless, match="no evidence bucket"):
        Equipped(ground, EvidencePlace()).planned(ID, host(ground))


@pytest.mark.parametrize(
    ("output", "suffix"),
    [
        (base64.b64encode(gzip.compress(b"ps", mtime=0)).decode(), ".txt.gz"),
        (base64.b64encode(b"no archive").decode(), ".txt"),
        ("sh: gzip: not found", ".txt"),
        ("\x1b]0;owned\x07", ".txt"),
    ],
)
def test_keeps_whatever_the_host_says_as_it_came(output: str, suffix: str) -> None:
    content, ending = _agent.unpacked(output)
    assert ending == suffix
    assert content in {output.encode(), base64.b64decode(output) if suffix == ".txt.gz" else b""}


def test_the_commands_fit_and_are_told_apart_by_incident() -> None:
    assert len(_agent.comment("inc-" + "x" * 200, "20261122T120000Z")) <= 100
    assert _agent.comment("inc-1", "t") != _agent.comment("inc-11", "t")


def test_survives_dying_between_any_two_changes(ground: Equipped) -> None:
    assert survives_dying(ground, ID, lambda: asked(ground)) == 1
