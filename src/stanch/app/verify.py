"""What was written must still be there as it was: the journal by its chain, evidence by its hashes, both by ledgers."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from stanch.app.evidence import LEDGER, hashed, opened
from stanch.aws.vault import Vault, folder
from stanch.contracts.aws import Aws, AwsError
from stanch.contracts.store import StoreError
from stanch.domain.incident import Evidence, Incident
from stanch.stores.audit import Audit, audit
from stanch.stores.chain import Head
from stanch.stores.logs import S3

if TYPE_CHECKING:
    from stanch.stores.open import Stores


class Holds(StrEnum):
    """The answer to one check; "could not look" is an answer."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at: `about` chain, evidence or ledger; where it lies; whether it is as it was."""

    about: str
    where: str
    holds: Holds
    why: str


@dataclass(frozen=True, slots=True)
class Looked:
    """What the chain says of a store: the checks, the incidents to look further into, and the audit of each one.

    A database has one chain for all its incidents, a responder's table one for each: `heads` has those of a table by
    incident and is None for a database, whose only one is `head`.
    """

    checks: tuple[Check, ...]
    cases: tuple[Incident, ...]
    audits: Mapping[str, Audit]
    head: Head | None = None
    heads: Mapping[str, Head] | None = None


def journal(kept: "Stores", incident: str | None) -> Looked:
    """The whole database against its chain, and one incident or all; raises StoreError where it cannot be read."""
    found = audit(kept.engine)
    cases = kept.incidents.all() if incident is None else [kept.incidents.get(incident)]
    checks = [Check("chain", fault.where, Holds.NO, fault.why) for fault in found.faults]
    if not checks:
        told = f"{found.entries} writes, each as it was written"
        if found.upgraded:
            told += f"; {found.upgraded} of them chained at upgrade: what had happened to those before, nobody can say"
        checks = [Check("chain", str(kept.path), Holds.YES, told)]
    return Looked(tuple(checks), tuple(cases), {case.id: found for case in cases}, head=found.head)


def table(name: str, aws: Aws, incident: str | None) -> Looked:
    """The same of the table in which a deployed responder keeps its journal."""
    from stanch.stores.dynamo_audit import audit as audit_table

    found = audit_table(aws, name)
    asked = [id_ for id_ in found.chains if incident in (None, id_)]
    asked = asked or [id_ for id_ in found.chains if id_.startswith(incident or "")]
    if incident is not None and len(asked) != 1:
        raise StoreError(f"{name}: {len(asked)} of its {len(found.chains)} incidents begin with {incident!r}")
    cases = [case for case in found.incidents if case.id in asked]
    checks = [Check("chain", f"{name}: {fault.where}", Holds.NO, fault.why) for fault in found.faults]
    checks += [
        Check("chain", f"{name}: {id_}", Holds.YES, _whole(one)) for id_, one in found.chains.items() if not one.faults
    ]
    heads = {id_: one.head for id_, one in found.chains.items()}
    return Looked(tuple(checks), tuple(cases), found.chains, heads=heads)


def _whole(found: Audit) -> str:
    return f"{found.entries} writes, each as it was written; the last is {found.head.seq}, {found.head.link}"


def files(incidents: Iterable[Incident], aws: Aws | None) -> Iterator[Check]:
    """The log files that hold the incidents' events, each once; without `aws` those in S3 are not looked at."""
    pieces = {piece.path: piece for incident in incidents for piece in incident.evidence}
    for piece in pieces.values():
        yield Check("evidence", piece.path, *_same(piece, aws))


def ledgers(incident: Incident, vault: Vault, found: Audit) -> Iterator[Check]:
    """Every ledger of one incident in the bucket, however many versions: the chain's end then, and every object."""
    begins = f"{folder(incident.id)}{LEDGER}-"
    versions = [each for each in vault.versions(begins) if each[0].endswith(".json")]
    if not versions:
        yield Check("ledger", f"{vault.bucket}/{begins}*", Holds.UNKNOWN, "no ledger of this incident is there")
    for key, version in versions:
        where = f"{vault.bucket}/{key}"
        try:
            content = vault.read(key, version)
            ledger = json.loads(content)
            if hashlib.sha256(content).hexdigest()[:16] not in key:
                yield Check("ledger", where, Holds.NO, "its content is not what its name says")
            yield _head(where, ledger["head"], found)
            yield from (_object(vault, each) for each in ledger["objects"])
        except AwsError as error:
            yield Check("ledger", where, Holds.UNKNOWN, f"could not look: {error}")
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
            yield Check("ledger", where, Holds.NO, f"no ledger that stanch wrote ({type(error).__name__})")


def _same(piece: Evidence, aws: Aws | None) -> tuple[Holds, str]:
    if aws is None and piece.path.startswith(S3):
        return Holds.UNKNOWN, "it lies in S3 and was not looked at: give --s3"
    try:
        with opened(aws, piece.path) as stream:
            now = hashed(stream)
    except FileNotFoundError:
        return Holds.NO, "gone, or stanch was started in another folder"
    except (OSError, AwsError) as error:
        return Holds.UNKNOWN, f"could not look: {error}"
    if now != piece.sha256:
        return Holds.NO, f"its SHA-256 was {piece.sha256} and is {now}"
    return Holds.YES, f"SHA-256 {now}"


def _head(where: str, head: dict[str, Any], found: Audit) -> Check:
    """The chain as it is now must lead through where it ended when the ledger was written."""
    seq = int(head["seq"])
    if seq == 0 or found.links.get(seq) == head["link"]:
        return Check("ledger", where, Holds.YES, f"the chain still leads through entry {seq}")
    cut = f"the chain has no entry {seq} any more: its end was cut off"
    return Check(
        "ledger", where, Holds.NO, cut if seq not in found.links else f"entry {seq} of the chain is another one"
    )


def _object(vault: Vault, told: dict[str, Any]) -> Check:
    key, version, sha256 = str(told["key"]), told["version"], told["sha256"]
    where = f"{vault.bucket}/{key}"
    held = vault.held(key, version)
    if held is None:
        return Check("evidence", where, Holds.NO, f"version {version} is gone")
    if held.sha256 != sha256:
        return Check("evidence", where, Holds.NO, f"its SHA-256 was {sha256} and is {held.sha256}")
    lock = f"locked until {held.until:%Y-%m-%d}" if held.locked else "no longer locked"
    return Check("evidence", where, Holds.YES, f"SHA-256 {sha256}, {lock}")
