"""What a model was given to read it may give away: keys from code, numbers from customers' files.

Reads: answers in which a secret, personal data or our own code was found, by UTC day and key.
Blind to: logs without answers; what no pattern and no check digit knows; what was encoded or told in pieces.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from stanch.catalog.detections.inference._calls import BY_HAND, PLAYBOOK, every_day, marked, sighting
from stanch.contracts.behaviour import About, Sighting
from stanch.contracts.inference import KeyHistory
from stanch.domain.baseline import baseline
from stanch.domain.finding import Technique
from stanch.domain.severity import Severity

ABOUT = About(
    title="Secrets or personal data in a model's answers",
    severity=Severity.MEDIUM,
    confidence=0.7,
    techniques=(Technique("atlas", "AML.T0057", "5.6"),),
    playbook=PLAYBOOK,
    by_hand=f"Rotate the secrets that were given away; find where the model has them from. {BY_HAND}",
)


@dataclass(frozen=True, slots=True)
class Limits:
    """Thresholds for one UTC day and key."""

    secrets: int = 3
    """Answers with a secret: one or two are examples that a model made up to the right form."""
    many: int = 20
    """Answers with a secret from which on it is grave."""
    personal: int = 50
    """Answers with personal data: an assistant that writes letters has some each day."""
    times: float = 5.0
    """Times what earlier days had of personal data."""
    code: int = 5
    """Answers with code of ours."""


LIMITS = Limits()


def examine(history: KeyHistory, limits: Limits) -> Iterator[Sighting]:
    """Yield one sighting for each day with too much of any."""
    leaks = marked(history, "leak")
    personal = {day: _of("personal", leaks.get(day, {})) for day in every_day(history)}
    for day, cells in every_day(history).items():
        found = leaks.get(day, Counter[str]())
        secrets, code = _of("secret", found), _of("code", found)
        usual = baseline([count for other, count in personal.items() if other < day]).median
        told = {
            f"{secrets:,.0f} answers with secrets": secrets >= limits.secrets,
            f"{personal[day]:,.0f} answers with personal data": personal[day]
            >= max(limits.personal, limits.times * usual),
            f"{code:,.0f} answers with our own code": code >= limits.code,
        }
        proof = [cell for cell in cells if cell.leaking]
        if proof and any(told.values()):
            kinds = ", ".join(sorted(found, key=lambda kind: (-found[kind], kind))[:5])
            why = ", ".join(words for words, much in told.items() if much)
            yield sighting(proof, f"{why} in a day: {kinds}", Severity.HIGH if secrets >= limits.many else None)


def _of(category: str, found: Mapping[str, int]) -> float:
    return float(sum(count for kind, count in found.items() if kind.startswith(f"{category}/")))
