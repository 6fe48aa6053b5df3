"""Documentation that cannot fail is decoration: links resolve, commands exist, shapes are those that are printed."""

import re
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from stanch.cli.main import app as command_line

ROOT = Path(__file__).parents[2]
PAGES = [
    path
    for path in (*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("src/**/*.md"))
    if ".venv" not in path.parts
]
VERBS = get_command(command_line).commands  # type: ignore[attr-defined]  # the root of the line is a group
_LINK = re.compile(r"\]\(([^)#\s]+)[^)]*\)")
_CALL = re.compile(r"(?:^|`|\$ )stanch ([a-z]+)((?: [^`\n]*)?)", re.MULTILINE)


def ids(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_every_link_leads_somewhere(page: Path) -> None:
    links = [link for link in _LINK.findall(page.read_text()) if "://" not in link]
    broken = [link for link in links if not (page.parent / link).exists()]
    assert broken == []


def meant(verb: str, rest: str) -> list[Any]:
    """The command, and the one below it that its first word names."""
    command: Any = VERBS[verb]
    if not hasattr(command, "get_command"):
        return [command]
    word = next(iter(rest.split()), "")
    below = command.get_command(None, word)
    assert below or not re.fullmatch("[a-z]+[a-z-]*", word), f"`stanch {verb} {word}` is not a command"
    return [command, *([below] if below else [])]


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_every_command_named_exists_with_its_options(page: Path) -> None:
    for verb, rest in _CALL.findall(page.read_text()):
        assert verb in VERBS, f"`stanch {verb}` is not a command"
        known = {
            option for each in meant(verb, rest) for one in each.params for option in (*one.opts, *one.secondary_opts)
        }
        used = set(re.findall(r"(?<![\w-])--[a-z0-9-]+", rest))
        assert used <= known | {"--help"}, f"stanch {verb} has no {used - known}"


def test_the_readme_shows_the_two_commands() -> None:
    readme = (ROOT / "README.md").read_text()
    assert "make demo" in readme
    assert "make test" in readme


def test_the_printed_shapes_are_the_documented_ones() -> None:
    from stanch.contracts import lines
    from stanch.domain.coverage import Coverage

    shapes = (ROOT / "docs/reference/output.md").read_text()
    row = next(line for line in shapes.splitlines() if line.startswith("| `coverage`"))
    printed = lines.coverage(Coverage(0, (), 0, None, None, 0, (), 0.0))
    assert next(iter(printed)) == "kind"
    assert [f"`{field}`" for field in printed if field != "kind" and f"`{field}`" not in row] == []
