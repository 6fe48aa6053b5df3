"""Who looked decides what could be seen: the caller's own identity stands in every snapshot."""

from collections.abc import Iterator

from stanch.contracts.collector import Look, Scope, Thing, unseen

SCOPE = Scope.ACCOUNT
PERMISSIONS = ("sts:GetCallerIdentity",)


def collect(look: Look) -> Iterator[Thing]:
    """The caller, by its own ARN."""
    answer = look.ask("sts", "GetCallerIdentity", of="sts")
    if unseen(answer) is None:
        yield Thing("sts/caller", answer["Arn"], answer)
