"""A line that is written to make its reader slow takes time in proportion to its length."""

import io
from time import process_time

import pytest

from stanch.catalog.sources import alb, s3_access
from stanch.catalog.sources.alb_test import line as alb_line
from stanch.catalog.sources.s3_access_test import line as s3_line

HOSTILE = {
    "numbers": '" 200 - 5 5 5 5 ' * 8000,
    "quotes": '" "' * 40_000,
    "words": '" x y z' * 15_000,
    "words and quotes": '" x y z"' * 12_000,
    "escapes": r"\x22" * 30_000,
    "percent signs": "%25" * 40_000,
    "credentials": "?&X-Amz-Credential=" * 6000,
    "hosts": "s3.a-b-1." * 12_000,
}


@pytest.mark.parametrize("hostile", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_line_takes_time_in_proportion_to_its_length(hostile: str) -> None:
    lines = [
        (s3_access, s3_line(agent=f'"{hostile}"')),
        (s3_access, s3_line(uri=f'"{hostile}')),
        (s3_access, s3_line(key=hostile.replace(" ", ""))),
        (s3_access, s3_line(tail=f"- id= SigV4 - AuthHeader {hostile}")),
        (alb, alb_line(agent=hostile)),
        (alb, alb_line(request=hostile)),
        (alb, alb_line(rest=f" {hostile}")),
    ]
    for source, line in lines:
        for content in (line.encode(), line.encode()[:100_000]):
            began = process_time()
            list(source.read("x", io.BytesIO(content)))
            assert process_time() - began < 2
