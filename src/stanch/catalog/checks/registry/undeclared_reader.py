"""Who can download a model is a list that nobody has written down, until somebody asks the policies.

Reads the policies of every identity against the weights of each model: S3 objects, images, the store of MLflow.
"""

from collections.abc import Iterator, Mapping

from stanch.catalog.checks._reach import administrators
from stanch.catalog.checks._things import blind, evidence
from stanch.catalog.checks.registry._models import Model, models
from stanch.contracts.check import GDPR, ISO, NIS2, NIST, About, Judged, Posture
from stanch.domain.estate import Purpose
from stanch.domain.severity import Severity
from stanch.domain.verdict import Remedy, Row, Ruling
from stanch.iam.ask import Access
from stanch.iam.escalation import Reached

ABOUT = About(
    title="Somebody whom nobody declared can download a model",
    row=Row.REGISTRY,
    severity=Severity.HIGH,
    controls={
        NIST: ("AC-2", "AC-3", "AC-6"),
        ISO: ("A.5.15", "A.5.18", "A.8.3"),
        GDPR: ("Art. 32(1)(b)",),
        NIS2: ("Art. 21(2)(i)",),
    },
)
_SHOWN = 5


def judge(posture: Posture) -> Iterator[Judged]:
    """See `contracts.check.Check`."""
    found = list(models(posture))
    admins = administrators(posture) if found else {}
    for model in found:
        yield _judged(posture, model, admins)
    yield from blind(posture, "sagemaker", "sagemaker", "sagemaker:ListModelPackage", "sagemaker:ListMlflow")


def _judged(posture: Posture, model: Model, admins: Mapping[str, Reached]) -> Judged:
    place = model.place
    readers = model.readers(posture)
    strange = [access for access in readers.values() if _is_undeclared(posture, access.principal, admins)]
    ruling, why = Ruling.PASS, f"those who can download it: {_shown(list(readers))}"
    if strange and posture.estate.principals:
        ruling, why = (
            Ruling.FAIL,
            f"can download it, and are declared nowhere: {_shown([one.principal for one in strange])}",
        )
    elif model.unseen:
        ruling, why = Ruling.UNKNOWN, f"not seen: {'; '.join(model.unseen)}"
    elif not model.reads:
        why = "no version of it names weights"
    failed = ruling is Ruling.FAIL
    return Judged(
        place.thing.arn,
        place.account,
        place.region,
        ruling,
        why,
        assets=model.assets(posture),
        evidence=(evidence(place),),
        way=_way(strange[0]) if failed else (),
        remedy=_remedy(strange[0]) if failed else None,
    )


def _is_undeclared(posture: Posture, principal: str, admins: Mapping[str, Reached]) -> bool:
    """Whether nobody said what a principal is for; administrators hold everything, which other checks say."""
    reached = admins.get(principal)
    if reached is not None and not reached.path:
        return False
    return posture.estate.purpose_of([principal]) is Purpose.UNKNOWN


def _shown(names: list[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return (", ".join(sorted(names)[:_SHOWN]) or "nobody") + more


def _way(access: Access) -> tuple[str, ...]:
    conditions = f", if {' and '.join(access.conditions)}" if access.conditions else ""
    return (access.principal, f"{access.action} on {access.resource}{conditions}", "the whole model")


def _remedy(access: Access) -> Remedy:
    return Remedy(
        f"Narrow the statement that allows it ({'; '.join(access.because)}), or declare what the principal is for.",
        (("stanch", "iam", "who-can", access.action, access.resource),),
    )
