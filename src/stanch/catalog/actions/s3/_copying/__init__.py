"""The ways in which S3 by itself carries a bucket's content, or word of it, to somewhere else."""

from collections.abc import Mapping

from stanch.catalog.actions.s3._copying import access_logs, analytics, inventory, notifications, replication
from stanch.catalog.actions.s3._copying.channel import Channel, Leak
from stanch.catalog.actions.s3._copying.places import Places

CHANNELS: Mapping[str, Channel] = {
    "replication": replication,
    "inventory": inventory,
    "analytics": analytics,
    "notifications": notifications,
    "access logs": access_logs,
}

__all__ = ["CHANNELS", "Channel", "Leak", "Places"]
