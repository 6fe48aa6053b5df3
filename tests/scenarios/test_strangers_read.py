"""What strangers read of ours is closed to them: from the recorded calls through the hunt to the plan."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.ground import ACTIONS, THIEF

from stanch import app, estate
from stanch.aws import Door
from stanch.domain.incident import IncidentState
from stanch.domain.step import StepState
from stanch.engine.contain import state_after
from stanch.range.process import Range
from stanch.range.stage import Staged, stage
from stanch.stores.logs import found


@pytest.fixture(scope="module")
def robbed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Staged]:
    """The training bucket stood open before the log at hand begins; a passer-by and another account read it."""
    permissions = sorted({permission for action in ACTIONS.values() for permission in action.PERMISSIONS})
    with Range(tmp_path_factory.mktemp("robbed") / "trail") as running:
        staged = stage(running, responder_permissions=permissions)
        place = {"region": staged.region, "endpoint": running.endpoint}
        admin = Door.using(staged.admin, **place, headers={"X-Forwarded-For": "10.20.9.9"})
        admin.call("s3", "DeletePublicAccessBlock", Bucket=staged.training_bucket)
        everybody = f"arn:{admin.partition}:s3:::{staged.training_bucket}"
        open_to_all = (
            '{"Version":"2012-10-17","Statement":[{"Sid":"Public","Effect":"Allow","Principal":"*",'
            f'"Action":["s3:GetObject","s3:ListBucket"],"Resource":["{everybody}","{everybody}/*"]}}]}}'
        )
        admin.call("s3", "PutBucketPolicy", Bucket=staged.training_bucket, Policy=open_to_all)
        running.flush()
        for file in Path(running.trail).rglob("*.json.gz"):
            file.unlink()
        for credentials in (None, staged.outsider):
            stranger = Door.using(credentials, **place, headers={"X-Forwarded-For": THIEF})
            listed = stranger.call("s3", "ListObjectsV2", Bucket=staged.training_bucket)["Contents"]
            for one in listed:
                stranger.call("s3", "GetObject", Bucket=staged.training_bucket, Key=one["Key"])
        running.flush()
        yield staged


def test_a_bucket_that_strangers_read_is_closed_to_them_and_proven(robbed: Staged, tmp_path: Path) -> None:
    (tmp_path / "stanch.toml").write_text(robbed.estate_toml())
    ours = estate.load(tmp_path / "stanch.toml")
    result = app.hunt(list(found([Path(robbed.range_.trail)])), ours, app.rules(), watches=app.behaviours())
    with app.stores(tmp_path) as kept:
        incidents = kept.incidents.save(result.incidents)
        assert incidents
        aws = Door.using(robbed.responder, region=robbed.region, endpoint=robbed.range_.endpoint)
        closed = set()
        for incident in incidents:
            desk = app.containment(kept, ours, aws)
            done = desk.apply(desk.plan(incident, users=incident.used_by), again=False)
            closed |= {step.resource for step in done if step.action == "s3/close_bucket" and _proven(step.state)}
            assert state_after(done) is IncidentState.CONTAINED, [(s.action, s.state, s.why) for s in done]
        assert closed == {f"arn:{aws.partition}:s3:::{robbed.training_bucket}"}


def _proven(state: StepState) -> bool:
    return state is StepState.VERIFIED
