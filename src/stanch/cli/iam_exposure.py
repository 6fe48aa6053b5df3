"""`stanch iam exposure`: whom a resource's policy lets in from outside."""

from collections.abc import Iterable
from dataclasses import replace
from enum import StrEnum
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from stanch.app.iam_exposed import Exposed, exposed_in, read_snapshot
from stanch.app.iam_exposure import ExposureError, exposure_in, is_known
from stanch.app.iam_snapshot import gaps
from stanch.cli.face import Exit, Face, Format, WrongUse, plain
from stanch.cli.iam_facts import SnapshotDir, snapshot_folder, tell_edited, tell_gaps
from stanch.cli.layout import Copied
from stanch.cli.options import STATE, Output, StateDir
from stanch.iam.accounts import is_account
from stanch.iam.exposure import Exposure, Perimeter

EXPOSURE = """
Examples:

- `stanch iam exposure`: who gets into anything of the snapshot: buckets, keys, queues, roles

- `stanch iam exposure --service s3 --fail-on public`: only its buckets, and exit code 10 when one is public

- `stanch iam exposure policy.json --service s3 --owner 111122223333`: who gets into a bucket by its policy

- `stanch iam exposure trust.json --service iam --owner 111122223333 --trusted 444455556666 --org o-abc1234567`

- `stanch iam exposure bucket.json --service s3 --owner 111122223333 --format json --fail-on public`: for machines

The file holds a policy, AWS's own answer that has one inside, or for a bucket all its ways in: `{"policy", "acl",
"public_access_block", "account_public_access_block", "access_points": [{"name", "policy", "public_access_block",
"vpc_configuration"}], "object_ownership"}`.
"""


class Threshold(StrEnum):
    """What is bad enough to fail on."""

    PUBLIC = "public"
    OUTSIDE = "outside"


def exposure(
    path: Annotated[
        Path | None,
        typer.Argument(
            metavar="[POLICY.json]",
            help="The policy, or all ways into a bucket; - for standard input; default: all of the snapshot.",
        ),
    ] = None,
    service: Annotated[
        str | None, typer.Option("--service", help="The resource's service: s3, kms, sqs, iam, vpce ...")
    ] = None,
    owner: Annotated[
        str | None, typer.Option("--owner", metavar="ACCOUNT", help="The account that the resource is in.")
    ] = None,
    trusted: Annotated[
        list[str] | None,
        typer.Option("--trusted", metavar="A,B", help="Our other accounts and organisations; repeatable."),
    ] = None,
    org: Annotated[list[str] | None, typer.Option("--org", help="Our organisations, o-...; repeatable.")] = None,
    network: Annotated[
        list[str] | None, typer.Option("--network", metavar="CIDR", help="Our networks; repeatable.")
    ] = None,
    vpc: Annotated[list[str] | None, typer.Option("--vpc", help="Our VPCs; repeatable.")] = None,
    vpce: Annotated[list[str] | None, typer.Option("--vpce", help="Our VPC endpoints; repeatable.")] = None,
    canonical: Annotated[
        list[str] | None, typer.Option("--canonical-id", help="S3's ids of our accounts; repeatable.")
    ] = None,
    snapshot: SnapshotDir = None,
    state: StateDir = STATE,
    fail_on: Annotated[Threshold | None, typer.Option("--fail-on", help="Exit 10 when this open.")] = None,
    format_: Output = Format.TABLE,
) -> None:
    """Say whom a resource's policy lets in from outside: anybody, other accounts, services that anyone may send."""
    face = Face(format_)
    ours = _split(trusted)
    organizations = [one for one in ours if one.startswith("o-")]
    if owner is not None:
        _accounts([owner], "--owner")
    perimeter = Perimeter(
        owner or "",
        frozenset(_accounts([one for one in ours if one not in organizations], "--trusted")),
        frozenset((*organizations, *_organizations(_split(org)))),
        tuple(_networks(_split(network))),
        frozenset(_split(vpc)),
        frozenset(_split(vpce)),
        frozenset(_split(canonical)),
    )
    if service is not None and not is_known(service):
        said = f"--service {service}: not known to have policies on resources; it is read like the others"
        face.err.print(plain(said), style="yellow", soft_wrap=True)
    folder = snapshot_folder(path, snapshot, state)
    if folder is not None:
        raise typer.Exit(_of_snapshot(face, folder, service, perimeter, fail_on))
    if path is None or service is None or not owner:
        raise WrongUse("a policy alone does not say whose it is", "give --service and --owner beside the file")
    try:
        found = exposure_in(path, service, perimeter)
    except ExposureError as error:
        raise WrongUse(str(error)) from None
    face.emit(_line(found))
    if not face.machine:
        _tell(face, found)
    raise typer.Exit(Exit.FOUND if _fails(found, fail_on) else Exit.DONE)


def _of_snapshot(face: Face, folder: Path, service: str | None, ours: Perimeter, fail_on: Threshold | None) -> Exit:
    """Tell whom everything of a snapshot lets in; the accounts that it looked at are ours."""
    try:
        seen = read_snapshot(folder)
    except ValueError as error:
        raise WrongUse(str(error)) from None
    accounts = ours.accounts | frozenset(seen.accounts)
    found = list(
        exposed_in(seen, service, ours.owner or None, lambda owner: replace(ours, owner=owner, accounts=accounts))
    )
    for one in found:
        # Where a way in could not be seen, nobody knows that it is not public.
        public = None if one.unseen and not one.exposure.public else one.exposure.public
        told = {**_line(one.exposure), "public": public}
        face.emit({**told, "resource": one.arn, "account": one.account, "unseen": list(one.unseen)})
    if not face.machine:
        _table(face, found)
    tell_edited(face, seen.edited)
    missed = list(gaps(seen))
    tell_gaps(face, missed, str(folder))
    if any(_fails(one.exposure, fail_on) for one in found):
        return Exit.FOUND
    return Exit.PARTIAL if missed or any(one.unseen for one in found) else Exit.DONE


def _table(face: Face, found: list[Exposed]) -> None:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for name in ("resource", "open to", "because"):
        table.add_column(name, overflow="fold")
    closed = 0
    for one in found:
        outside = [*(["anybody"] if one.exposure.public else []), *one.exposure.outside]
        why = [*one.exposure.why, *(f"not seen: {gap}" for gap in one.unseen)]
        if outside or one.unseen:
            table.add_row(*map(plain, (one.arn, "\n".join(outside) or "unknown", "\n".join(why))))
        else:
            closed += 1
    if table.row_count:
        face.say(Copied(table, frozenset({"resource"})))
    face.say(f"{closed} more let in nobody from outside." if table.row_count else "Nobody from outside gets in.")


def _line(found: Exposure) -> dict[str, object]:
    return {
        "kind": "exposure",
        "public": found.public,
        "outside": list(found.outside),
        "statements": list(found.statements),
        "why": "; ".join(found.why) or "no statement lets in anyone from outside",
        "unplaced": list(found.unplaced),
    }


def _tell(face: Face, found: Exposure) -> None:
    if found.public:
        face.say("Public.", style="bold red")
    elif found.outside:
        face.say("Open to some outside.", style="bold yellow")
    else:
        face.say("Nobody from outside gets in.", style="green")
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=False)
    table.add_column(style="dim")
    table.add_column(overflow="fold")
    for title, listed in (("outside", found.outside), ("not placed", found.unplaced), ("because", found.why)):
        for at, one in enumerate(listed):
            table.add_row("" if at else title, plain(one))
    if table.row_count:
        face.say(table)


def _fails(found: Exposure, threshold: Threshold | None) -> bool:
    if threshold is None:
        return False
    return found.public or (threshold is Threshold.OUTSIDE and bool(found.outside))


def _split(given: Iterable[str] | None) -> list[str]:
    return [part.strip() for one in given or () for part in one.split(",") if part.strip()]


def _accounts(given: list[str], option: str) -> list[str]:
    for one in given:
        if not is_account(one):
            raise WrongUse(f"{option}: {one[:40]!a} is no account", "give its twelve digits")
    return given


def _organizations(given: list[str]) -> list[str]:
    for one in given:
        if not one.startswith("o-"):
            raise WrongUse(f"--org: {one[:40]!a} is no organisation", "give its id, which begins with o-")
    return given


def _networks(given: list[str]) -> list[str]:
    for one in given:
        try:
            ip_network(one, strict=False)
        except ValueError:
            raise WrongUse(f"--network: {one[:60]!a} is no network", "give a CIDR range, as 203.0.113.0/24") from None
    return given
