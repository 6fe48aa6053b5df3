"""Whoever is subscribed to a topic gets every message of it, whatever its policy says today.

Blind to: messages, and subscriptions of this account to topics of others.
"""

import hashlib
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from stanch.catalog.collectors._answers import document, items, part, still
from stanch.contracts.collector import Look, Scope, Thing, unseen

SCOPE = Scope.REGION
PERMISSIONS = ("sns:GetTopicAttributes", "sns:ListSubscriptionsByTopic", "sns:ListTopics")


def collect(look: Look) -> Iterator[Thing]:
    """Every topic of the region with its subscriptions."""
    yield from look.each(partial(_topic, look), items(look.list("sns", "ListTopics", "Topics", of="sns")))


def _topic(look: Look, listed: Mapping[str, Any]) -> Thing:
    arn = str(listed["TopicArn"])
    attributes = part(look.ask("sns", "GetTopicAttributes", of=arn, TopicArn=arn), "Attributes")
    found = look.list("sns", "ListSubscriptionsByTopic", "Subscriptions", of=arn, TopicArn=arn)
    data = {
        **listed,
        "Attributes": still(attributes, ("Policy",)),
        "Policy": document(attributes),
        "Subscriptions": found if unseen(found) else [_subscription(one) for one in found],
    }
    return Thing("sns/topic", arn, data)


def _subscription(told: Mapping[str, Any]) -> dict[str, Any]:
    """A web address is a secret of its own where its path or query lets anybody in: host and hash are kept."""
    endpoint = str(told.get("Endpoint") or "")
    if told.get("Protocol") not in ("http", "https"):
        return dict(told)
    digest = hashlib.sha256(endpoint.encode()).hexdigest()
    return {**told, "Endpoint": f"{told['Protocol']}://{_host(endpoint)}", "EndpointSha256": digest}


def _host(endpoint: str) -> str:
    try:
        return urlsplit(endpoint).hostname or ""
    except ValueError:  # a stranger may write what is no address
        return ""
