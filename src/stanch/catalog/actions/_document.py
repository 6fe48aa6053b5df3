"""AWS may print a policy in another order or spacing than it was sent; it is the same policy."""

import json


def same(found: str | None, wanted: str | None) -> bool:
    """Whether two policy texts, or the lack of them, say the same."""
    if found is None or wanted is None:
        return found is wanted
    return bool(found == wanted or json.loads(found) == json.loads(wanted))
