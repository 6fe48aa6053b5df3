"""How bad a finding is, in the five words that Security Hub and Sigma share."""

from enum import IntEnum


class Severity(IntEnum):
    """Ordered, so that `finding.severity >= Severity.HIGH` reads as it should."""

    INFORMATIONAL = 0
    LOW = 1
    MEDIUM = 2
    HIGH = 3
    CRITICAL = 4

    @property
    def word(self) -> str:
        """The lower-case word of every file and face."""
        return self.name.lower()

    @classmethod
    def of(cls, word: str) -> "Severity":
        """Read the word; raises ValueError naming the five words."""
        try:
            return cls[word.upper()]
        except KeyError:
            raise ValueError(f"{word!r} is not a severity: {', '.join(s.word for s in cls)}") from None

    def lowered(self) -> "Severity":
        """One step less, as for an attempt that AWS refused."""
        return Severity(max(self - 1, Severity.INFORMATIONAL))
