"""A queue's policy says who may put messages into it and who may take them out.

Blind to: messages.
"""

from collections.abc import Iterator
from functools import partial

from stanch.catalog.collectors._answers import document, items, part, still
from stanch.contracts.collector import Look, Scope, Thing

SCOPE = Scope.REGION
PERMISSIONS = ("sqs:GetQueueAttributes", "sqs:ListQueues")

_MOVING = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesDelayed",
    "ApproximateNumberOfMessagesNotVisible",
)
_PAGE = 1000
"""Without a size SQS tells a thousand queues and not that there are more."""


def collect(look: Look) -> Iterator[Thing]:
    """Every queue of the region."""
    urls = look.list("sqs", "ListQueues", "QueueUrls", of="sqs", MaxResults=_PAGE)
    yield from look.each(partial(_queue, look), items(urls))


def _queue(look: Look, url: str) -> Thing:
    arn = f"arn:{look.partition}:sqs:{look.region}:{look.account}:{url.rsplit('/', 1)[-1]}"
    answer = look.ask("sqs", "GetQueueAttributes", of=arn, QueueUrl=url, AttributeNames=["All"])
    attributes = part(answer, "Attributes")
    data = {"QueueUrl": url, "Attributes": still(attributes, (*_MOVING, "Policy")), "Policy": document(attributes)}
    return Thing("sqs/queue", arn, data)
