"""A listing that ends at its first page looks whole: each is asked to its last, by the SDK's pages or by its token."""

import ast
from collections.abc import Iterator
from pathlib import Path

import botocore.session
import pytest

from stanch import app

SHELF = sorted(path for path in (app.CATALOG / "collectors").rglob("*.py") if not path.stem.endswith("_test"))
TOKENS = {"nexttoken", "nextmarker", "marker", "nextcontinuationtoken", "lastevaluatedtablename", "nextpagetoken"}


def listings(path: Path) -> Iterator[tuple[str, str, int]]:
    """Service, operation and line of every `look.list` whose names are written out."""
    for node in ast.walk(ast.parse(path.read_text())):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute) or node.func.attr != "list":
            continue
        names = [one.value for one in node.args[:2] if isinstance(one, ast.Constant)]
        if len(names) == 2:
            yield str(names[0]), str(names[1]), node.lineno


@pytest.mark.parametrize("path", SHELF, ids=lambda path: path.stem)
def test_what_the_sdk_cannot_page_is_not_listed_as_if_it_could(path: Path) -> None:
    session = botocore.session.get_session()
    for service, operation, line in listings(path):
        output = session.get_service_model(service).operation_model(operation).output_shape
        pageable = {name for name in (output.members if output else ()) if name.lower() in TOKENS}
        if pageable:
            try:
                session.get_paginator_model(service).get_paginator(operation)
            except ValueError:
                pytest.fail(f"{path.name}:{line}: {service}:{operation} tells {pageable}, which nobody asks for")
