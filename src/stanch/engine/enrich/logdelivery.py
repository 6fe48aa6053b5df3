"""Load balancers and CloudFront deliver their access logs as accounts of AWS's own; to let those write opens nothing.

Sources: Elastic Load Balancing User Guide, "Enable access logs" (the accounts of the older Regions); CloudFront
Developer Guide, "Configure standard logging (legacy)" (the canonical id of `awslogsdelivery`, aws and aws-cn).
Only writing is spared: a policy that lets one of these accounts read is a grant to an account that is not ours.
"""

from collections.abc import Mapping
from typing import Any

from stanch.engine.untrusted import each, table, texts

CANONICAL_IDS = frozenset(
    {
        "c4c1ede66af53448b93c283ce9448c4ba468c9432aa01d700d3878632f77d2d0",
        "a52cb28745c0c06e84ec548334e44bfa7fc2a85c54af20cd59e4969344b7af56",
    }
)
"""S3's canonical ids of the accounts through which CloudFront writes to a bucket's ACL."""

_LOAD_BALANCERS = frozenset(
    {
        "009996457667", "027434742980", "033677994240", "037604701340", "048591011584", "054676820928", "076674570225",
        "098369216593", "114774131450", "127311923021", "156460612806", "190560391635", "383597477331", "507241528517",
        "582318560864", "589379963580", "600734575887", "635631232127", "638102146993", "652711504416", "718504428378",
        "754344448648", "783225319266", "797873946194", "897822967062", "985666609251",
    }
)  # fmt: skip
_WRITING = "s3:putobject"


def without_log_delivery(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """The policy without the statements that only let load balancers write their logs."""
    statements = list(each(document.get("Statement")))
    kept = [statement for statement in statements if not _only_delivers(table(statement))]
    return document if len(kept) == len(statements) else {**document, "Statement": kept}


def _only_delivers(statement: Mapping[str, Any]) -> bool:
    actions = [action.lower() for action in texts(statement.get("Action"))]
    principal = table(statement.get("Principal"))
    named = list(texts(principal.get("AWS")))
    return (
        statement.get("Effect") == "Allow"
        and set(principal) == {"AWS"}
        and bool(named)
        and all(_account(name) in _LOAD_BALANCERS for name in named)
        and actions == [_WRITING]
    )


def _account(name: str) -> str:
    parts = name.split(":", 5)
    return parts[4] if len(parts) == 6 and parts[5] == "root" else name
