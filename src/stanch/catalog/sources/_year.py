"""Some servers print the day and not the year: it stands in the runtime's stamp, in the file's path, or nowhere."""

import re
from datetime import UTC, datetime
from functools import lru_cache

_DATED = re.compile(
    r"(?<!\d)(20\d\d)([-/_.]?)(?:0[1-9]|1[0-2])\2(?:0[1-9]|[12]\d|3[01])(?!\d)|year=(20\d\d)/month=\d\d?/"
)
_NEARLY_A_YEAR = 300 * 86_400


class YearlessClock:
    """Times of one file, in UTC unless the runtime stamps its lines; `last` is the latest that was told."""

    def __init__(self, path: str, form: str) -> None:
        """`form` is how the day and time are printed, for strptime."""
        dated = [found[1] or found[3] for found in _DATED.finditer(path)]
        self._year = int(dated[-1]) if dated else None
        self._form = form
        self.last: float | None = None

    def read(self, printed: str, stamp: float | None) -> float | None:
        """Seconds since 1970: the stamp where there is one; None where no year is known."""
        if stamp is None and self._year is not None:
            stamp = _of_year(printed, self._year, self._form)
            if stamp is not None and self.last is not None and self.last - stamp > _NEARLY_A_YEAR:
                self._year += 1  # the log goes on after New Year
                stamp = _of_year(printed, self._year, self._form)
        if stamp is not None:
            self.last = stamp
        return stamp


@lru_cache(maxsize=1024)  # many lines of one second
def _of_year(printed: str, year: int, form: str) -> float | None:
    try:
        return datetime.strptime(f"{year} {printed}", f"%Y {form}").replace(tzinfo=UTC).timestamp()
    except (ValueError, OverflowError):
        return None
