"""`stanch iam unused`: what an identity used of what it may, and the smaller policy that keeps it."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from stanch.app.iam_unused import NoSuchIdentity, Unused, counted, unused
from stanch.cli.face import Exit, Face, Format, WrongUse, plain
from stanch.cli.iam_facts import SnapshotDir, ended, facts
from stanch.cli.options import STATE, Output, StateDir
from stanch.cli.progress import Bar
from stanch.cli.show import skips
from stanch.stores.search import Search, is_s3

UNUSED = """
Examples:

- `stanch iam unused vllm-serving --logs ./AWSLogs`: what the role used, and what it may besides, by the snapshot

- `stanch iam unused arn:aws:iam::111122223333:role/etl --logs ./AWSLogs --facts account.json --policy-out etl.json`

The facts are the snapshot, or what `aws iam get-account-authorization-details` wrote. What no log could show
is listed, not left out unseen: look at it before you put the smaller policy in the place of the old ones.
"""


def unused_access(
    principal: Annotated[
        str, typer.Argument(metavar="ROLE_OR_USER", help="Its ARN, or its name where it is the only.")
    ],
    logs: Annotated[list[Path], typer.Option("--logs", help="A file or folder of CloudTrail; repeatable.")],
    given: Annotated[
        str | None,
        typer.Option(
            "--facts", metavar="FILE.json", help="The account's authorization details; default: the snapshot."
        ),
    ] = None,
    policy_out: Annotated[
        Path | None, typer.Option("--policy-out", metavar="FILE", help="Write the smaller policy there.")
    ] = None,
    snapshot: SnapshotDir = None,
    state: StateDir = STATE,
    format_: Output = Format.TABLE,
) -> None:
    """Set what a role or user used against what it may, and propose the policy that keeps only that."""
    face = Face(format_)
    for path in logs:
        if is_s3(str(path)) or not path.exists():
            raise WrongUse(f"--logs {path} is no file or folder", "give CloudTrail's files as they lie here")
    if policy_out is not None and policy_out.exists():
        raise WrongUse(f"--policy-out {policy_out} exists", "name a file that does not")
    read = facts(given, snapshot, state)
    with Bar(face, "listing") as bar:
        files = list(Search([str(path) for path in logs]))
        bar.expect(len(files), "reading")
        try:
            found = unused(principal, read, files, lambda tally: bar.move(len(tally.digests), tally.events))
        except NoSuchIdentity as error:
            raise WrongUse(str(error)) from None
    face.emit(_line(found))
    if not face.machine:
        _tell(face, found)
    if policy_out is not None:
        policy_out.write_text(json.dumps(found.proposal.policy.to_json(), indent=2) + "\n", encoding="utf-8")
    for line in skips(found.tally.skipped):
        face.say(line)
    whole = found.tally.events and not any(skip.fault for skip in found.tally.skipped)
    end = ended(face, read)
    raise end if whole else typer.Exit(Exit.PARTIAL)


def _line(found: Unused) -> dict[str, Any]:
    first, last = found.tally.first, found.tally.last
    return {
        "kind": "unused",
        "principal": found.identity.arn,
        "days": round(found.days, 2),
        "first_event": first.isoformat() if first else None,
        "last_event": last.isoformat() if last else None,
        "used": [
            {
                "action": use.action,
                "resources": list(use.resources) if not use.unplaced else [*use.resources, "*"],
                "times": use.times,
                "last": use.last.isoformat() if use.last else None,
            }
            for use in found.used
        ],
        "refused": found.used.refused,
        "unused": [
            {"policy": one.policy, "statement": one.statement, "action": one.action, "used": list(one.used)}
            for one in found.proposal.idle
        ],
        "used_by_other_grants": list(found.proposal.elsewhere),
        "never_seen": [{"action": one.action, "why": one.why} for one in found.silences],
        "proposed": found.proposal.policy.to_json(),
        "too_long": found.proposal.is_too_long,
    }


def _tell(face: Face, found: Unused) -> None:
    face.say(f"{found.identity.arn}: {found.days:.1f} days of logs, {found.tally.events:,} events of anybody.")
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for name in ("policy", "statement", "allows", "used of it"):
        table.add_column(name, overflow="fold")
    for one in found.proposal.idle:
        table.add_row(*map(plain, (one.policy, one.statement, one.action, counted(one.used) or "nothing")))
    if table.row_count:
        face.say(table)
    if found.proposal.elsewhere:
        face.say(f"Used, but by no grant of its own policies: {counted(found.proposal.elsewhere)}.", style="yellow")
    for reason in dict.fromkeys(silence.why for silence in found.silences):
        named = counted(silence.action for silence in found.silences if silence.why == reason)
        face.say(f"Never seen, which says nothing: {named} ({reason}).", style="yellow")
    if not found.used:
        face.say("It was not seen at all: look at the logs before you believe that.", style="bold yellow")
    face.say("The policy that keeps what was used:")
    policy = json.dumps(found.proposal.policy.to_json(), indent=2)
    face.say(plain(policy, limit=len(policy)))  # to be copied, so never cut
    if found.proposal.is_too_long:
        face.say("It is longer than one managed policy may be: split it.", style="yellow")
