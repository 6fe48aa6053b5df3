"""An action finds its evidence bucket again by its step alone: whatever it needs is in the settings."""

import hashlib
from datetime import datetime, timedelta
from typing import Any

from stanch.aws.vault import Kept, Vault, VaultError, folder, named
from stanch.contracts.action import Case, Needless, Refused
from stanch.contracts.aws import Aws
from stanch.domain.arn import Arn
from stanch.domain.estate import EvidencePlace
from stanch.domain.step import Step


def settings(aws: Aws, case: Case) -> dict[str, Any]:
    """Where evidence of this case goes and until when it is locked.

    Raises Needless without a bucket, Refused for one that cannot keep anything, with the command that mends it.
    """
    place = case.response.evidence
    if place.bucket is None:
        raise Needless("there is no place for it: no evidence bucket is named ([response.evidence] in stanch.toml)")
    try:
        vault = Vault.open(aws, place)
    except VaultError as error:
        raise Refused(str(error)) from error
    until = (case.now + timedelta(days=place.lock_days)).isoformat()
    found = {"owner": vault.owner, "region": vault.region, "mode": vault.mode}
    return {"bucket": place.bucket, "key": place.key, "until": until, **found}


def keep(aws: Aws, step: Step, what: str, content: bytes, suffix: str) -> Kept:
    """Put one piece of evidence of the step's resource into the bucket."""
    sha256 = hashlib.sha256(content).hexdigest()
    until = datetime.fromisoformat(step.settings["until"])
    return opened(aws, step).keep(named(_folder(step), what, sha256, suffix), content, sha256, until)


def held(aws: Aws, step: Step, *what: str) -> list[Kept]:
    """The pieces of the step's resource whose names begin with one of these, as the bucket holds them now."""
    vault = opened(aws, step)
    begins = tuple(f"{_folder(step)}{each}-" for each in what)
    found = (vault.held(key) for key in vault.keys(_folder(step)) if key.startswith(begins))
    return [kept for kept in found if kept is not None]


def opened(aws: Aws, step: Step) -> Vault:
    """The bucket as it was found when the step was planned: isolation waits for each call that is made before it."""
    found = step.settings
    place = EvidencePlace(found["bucket"], None, found["key"])
    return Vault(aws, place, found["owner"], found["region"], found["mode"])


def told(kept: Kept) -> str:
    """One piece of evidence in words: for the journal, which holds where it is and its hash, and never its content."""
    lock = f"locked until {kept.until:%Y-%m-%d} ({kept.mode})" if kept.locked else "NOT LOCKED"
    return f"{kept.key}: sha256 {kept.sha256 or 'unknown'}, {kept.bytes} bytes, {lock}"


def _folder(step: Step) -> str:
    return folder(step.incident, Arn.parse(step.resource))
