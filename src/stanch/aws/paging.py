"""A long answer comes in pages: what the next one is asked by stands in the one before, as the SDK's own data tells.

Botocore's paginator begins anew after a failure; whoever is throttled on page 90 of 100 goes on from there.
"""

import threading
from collections.abc import Mapping
from functools import cache
from typing import Any

import jmespath  # type: ignore[import-untyped]

_reading = threading.Lock()
_Tokens = tuple[tuple[str, str], ...]
"""Pairs of a parameter, and the path in an answer to its next value."""


def following(service: str, operation: str, page: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters by which the page after this one is asked for; empty after the last, and where there are none."""
    more, tokens = _paging(service, operation)
    if more and jmespath.search(more, page) is False:
        return {}
    found = {name: jmespath.search(path, page) for name, path in tokens}
    return {name: value for name, value in found.items() if value not in (None, "", [])}


@cache
def _paging(service: str, operation: str) -> tuple[str, _Tokens]:
    import botocore.session

    with _reading:
        session = botocore.session.get_session()
        try:
            told = session.get_paginator_model(service).get_paginator(operation)
        except ValueError:  # the SDK's word for an operation without pages
            return "", ()
    names, paths = (one if isinstance(one, list) else [one] for one in (told["input_token"], told["output_token"]))
    return told.get("more_results", ""), tuple(zip(names, paths, strict=True))
