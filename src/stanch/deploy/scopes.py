"""What `scopes.json` tells, facts of AWS's Service Authorization Reference: the permissions that stanch knows."""

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def scopes() -> Mapping[str, Mapping[str, Any]]:
    """Each known permission: `reads`, and `on`, the resources it can be bound to ([] where AWS has none)."""
    known: dict[str, dict[str, Any]] = json.loads((files("stanch.deploy") / "scopes.json").read_text(encoding="utf-8"))
    return known
