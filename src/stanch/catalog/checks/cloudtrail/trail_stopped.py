"""A trail that is there and does not log is worse than none: people believe in it. Intruders stop it first.

Reads: status, last delivery and key of every trail. Blind to: what became of its files in the bucket.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from stanch.catalog.checks._things import blind, evidence, in_region, mapped
from stanch.catalog.checks.cloudtrail._recorders import home, recorded, recorders, trails
from stanch.contracts.check import GDPR, ISO, NIS2, NIST, About, Judged, Posture
from stanch.contracts.collector import Place, unseen
from stanch.domain.severity import Severity
from stanch.domain.verdict import Remedy, Row, Ruling

ABOUT = About(
    title="A trail is stopped, or delivers nothing",
    row=Row.CLOUDTRAIL,
    severity=Severity.CRITICAL,
    controls={
        NIST: ("AU-5", "AU-12", "SI-4"),
        ISO: ("A.8.15",),
        GDPR: ("Art. 32(1)(d)",),
        NIS2: ("Art. 21(2)(b)",),
    },
)
_STALE = timedelta(hours=24)
"""CloudTrail delivers about every five minutes while anything at all is called, as a snapshot itself does."""
_DEAD_KEYS = ("Disabled", "PendingDeletion", "PendingImport", "Unavailable")
_TEMPLATE = """\
IsLogging: true
"""


def judge(posture: Posture) -> Iterator[Judged]:
    """See `contracts.check.Check`."""
    yield from blind(posture, "cloudtrail", "cloudtrail", "cloudtrail:DescribeTrails")
    for place in trails(posture):
        ruling, why, at = _ruling(posture, place)
        failed = ruling is Ruling.FAIL
        yield Judged(
            place.thing.arn,
            *home(place),
            ruling,
            why,
            recorded(posture, place),
            (evidence(place, at),),
            (
                "whoever works in the account from now on",
                f"his calls are not written: {why}",
                "detections that read the trail stay silent, and look as if nothing happened",
            )
            if failed
            else (),
            _remedy(place, at) if failed else None,
            Severity.MEDIUM if _is_replaced(posture, place) else None,
        )


def _is_replaced(posture: Posture, place: Place) -> bool:
    """Whether something else that works is everywhere in this account's stead; what it records, others ask."""
    others = (one for one in recorders(posture, home(place)[0]) if one.place.thing.arn != place.thing.arn)
    return any(one.on and one.everywhere for one in others)


def _ruling(posture: Posture, place: Place) -> tuple[Ruling, str, str]:
    """The ruling, why, and where it stands."""
    told = place.thing.data.get("Status")
    hidden, status = unseen(told), mapped(told)
    if hidden or not isinstance(status.get("IsLogging"), bool):
        return Ruling.UNKNOWN, f"not seen: {hidden or 'whether it logs'}", "Status"
    if not status["IsLogging"]:
        return Ruling.FAIL, f"it was stopped{_since(status.get('StopLoggingTime'))}", "Status.IsLogging"
    if status.get("LatestDeliveryError"):
        return Ruling.FAIL, f"it cannot deliver: {status['LatestDeliveryError']}", "Status.LatestDeliveryError"
    state = _key_state(posture, place.thing.data.get("KmsKeyId"))
    if state in _DEAD_KEYS:
        return Ruling.FAIL, f"its key is {state}: what it writes can be neither written nor read", "KmsKeyId"
    last = _moment(status.get("LatestDeliveryTime"))
    if last is not None and posture.made_at - last > _STALE:
        return Ruling.FAIL, f"it says that it logs, and delivered last on {last:%Y-%m-%d}", "Status.LatestDeliveryTime"
    if last is None:
        begun = _moment(status.get("StartLoggingTime"))
        if begun is not None and posture.made_at - begun > _STALE:
            return Ruling.FAIL, f"it logs since {begun:%Y-%m-%d} and never delivered", "Status.LatestDeliveryTime"
        return Ruling.PASS, "it logs; nothing has been delivered yet", "Status"
    return Ruling.PASS, f"it logs, and delivered last on {last:%Y-%m-%d %H:%M} UTC", "Status.LatestDeliveryTime"


def _key_state(posture: Posture, key: object) -> str | None:
    place = posture.named(key) if isinstance(key, str) else None
    state = mapped(place.thing.data.get("KeyMetadata")).get("KeyState") if place else None
    return state if isinstance(state, str) else None


def _moment(told: object) -> datetime | None:
    if isinstance(told, datetime):
        return told if told.tzinfo else told.replace(tzinfo=UTC)
    try:
        read = datetime.fromisoformat(told) if isinstance(told, str) else None
    except ValueError:
        return None
    return read.replace(tzinfo=UTC) if read and not read.tzinfo else read


def _since(told: object) -> str:
    moment = _moment(told)
    return f" on {moment:%Y-%m-%d}" if moment else ""


def _remedy(place: Place, at: str) -> Remedy:
    arn, region = place.thing.arn, in_region(home(place)[1])
    if at == "KmsKeyId":
        key = str(place.thing.data.get("KmsKeyId"))
        cancel = ("aws", "kms", "cancel-key-deletion", "--key-id", key, *region)
        enable = ("aws", "kms", "enable-key", "--key-id", key, *region)
        return Remedy("Bring the key back, and find out who switched it off.", (cancel, enable))
    start = ("aws", "cloudtrail", "start-logging", "--name", arn, *region)
    show = ("aws", "cloudtrail", "get-trail-status", "--name", arn, *region)
    if at == "Status.IsLogging":
        return Remedy("Start it, and find out who stopped it (StopLogging, UpdateTrail).", (start, show), _TEMPLATE)
    return Remedy(
        "Look at its error, then at the bucket's policy and the key's: CloudTrail must be let write to both.", (show,)
    )
