"""The staged estate as a scenario sees it: its people, each with a door at their own place in the network."""

import json
from collections.abc import Mapping
from typing import Any

from stanch.aws import Credentials, Door
from stanch.contracts.aws import AwsAbsent
from stanch.range.stage import Staged

# Addresses of the documentation ranges stand for the internet, those of the staged VPC for the estate.
THIEF = "203.0.113.66"
STRANGER = "198.51.100.23"
SECOND_HOST = "10.20.1.77"
BATCH = "10.20.3.14"
RESPONDER = "10.20.9.9"


class StagedWorld:
    """Implements `contracts.scenario.World` over a staged range."""

    def __init__(self, staged: Staged) -> None:
        self._staged = staged
        self._stolen: Credentials | None = None
        self.weights_bucket = staged.weights_bucket
        self.weights_prefix = staged.weights_prefix
        self.training_bucket = staged.training_bucket
        self.outside_account = staged.outside_account
        self.host = staged.host.instance_id
        self.host_volumes = staged.host.volume_ids
        self.shards = staged.shards
        admin = self._door(staged.admin, RESPONDER)
        listed = admin.pages("s3", "ListObjectsV2", "Contents", Bucket=staged.training_bucket)
        self.training_keys = tuple(str(item["Key"]) for item in listed)
        self.training_policy: Mapping[str, Any] = self._policy(admin)

    def steal(self) -> Door:
        """See `World.steal`."""
        self._stolen = self._staged.instance_credentials(self.host)
        return self._door(self._stolen, THIEF)

    def steal_again(self) -> Door:
        """See `World.steal_again`; before `steal` there is nothing to use again, and it steals."""
        return self._door(self._stolen, THIEF) if self._stolen else self.steal()

    def serve(self) -> Door:
        """See `World.serve`."""
        return self._door(self._staged.instance_credentials(self._staged.second_host), SECOND_HOST)

    def load(self) -> Door:
        """See `World.load`."""
        return self._door(self._staged.instance_credentials(self.host), self._staged.host.private_ip)

    def retrain(self) -> Door:
        """See `World.retrain`."""
        return self._door(self._staged.admin, BATCH).assuming(self._staged.retrain_role_arn, "nightly-retraining")

    def stranger(self) -> Door:
        """See `World.stranger`."""
        return self._door(None, STRANGER)

    def responder(self) -> Door:
        """Stanch itself: a session of the responder role."""
        return self._door(self._staged.responder, RESPONDER)

    def _door(self, credentials: Credentials | None, address: str) -> Door:
        return Door.using(
            credentials,
            region=self._staged.region,
            endpoint=self._staged.range_.endpoint,
            headers={"X-Forwarded-For": address},
        )

    def _policy(self, admin: Door) -> Mapping[str, Any]:
        try:
            text = admin.call("s3", "GetBucketPolicy", Bucket=self.training_bucket)["Policy"]
        except AwsAbsent:
            return {}
        policy: Mapping[str, Any] = json.loads(text)
        return policy
