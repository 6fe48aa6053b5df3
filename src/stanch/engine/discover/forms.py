"""Model files are known by their names: each training and serving framework writes its own, and reads no others.

The forms are data, in `forms.toml`; what its words mean is told at its head.
"""

import re
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

from stanch.domain.estate import AssetKind


@dataclass(frozen=True, slots=True)
class Form:
    """Files of one form: what they are, and how sure they make us; see `forms.toml`."""

    kind: AssetKind
    pattern: re.Pattern[str]
    strength: float
    what: str
    source: str = ""
    least: int = 1
    heavy: int = 0

    def names(self, file: str) -> bool:
        """Whether a file, without its folders, is called so."""
        return self.pattern.fullmatch(file) is not None


@dataclass(frozen=True, slots=True)
class Forms:
    """All forms, and what means something only beside them."""

    forms: tuple[Form, ...]
    beside: tuple[Form, ...]


@lru_cache(maxsize=1)
def forms() -> Forms:
    """The table, read once."""
    table = tomllib.loads(files(__package__).joinpath("forms.toml").read_text("utf-8"))
    return Forms(tuple(map(_form, table["form"])), tuple(map(_form, table["beside"])))


def _form(told: dict[str, Any]) -> Form:
    pattern = re.compile(told["pattern"], re.IGNORECASE)
    return Form(**{**told, "kind": AssetKind(told["kind"]), "pattern": pattern})


_OTHER_LEARNING = re.compile(
    r".*(xgboost|xgb|lightgbm|lgbm|catboost|sklearn|scikit|prophet|arima).*|.*\.(pkl|joblib|xgb|ubj|cbm|pmml|mleap)",
    re.IGNORECASE,
)
_LOG_LIKE = re.compile(
    r".*\.log(\.\d+)?(\.(gz|zst|xz|bz2))?|.*\d{4}-\d{2}-\d{2}-\d{2}-\d{2}.*|.*(access|audit|error|event)[-_.]?logs?.*",
    re.IGNORECASE,
)


def is_other_learning(file: str) -> bool:
    """Whether a file is a model of another kind of machine learning: what lies beside it is seldom for language."""
    return _OTHER_LEARNING.fullmatch(file) is not None


def is_log_like(file: str) -> bool:
    """Whether a file is called as agents and delivery streams call logs."""
    return _LOG_LIKE.fullmatch(file) is not None
