"""Builds the wheel, unpacks it alone, and runs it: what a responder installs in an emergency must be whole.

Run by `make wheel-check`. The dependencies are those of the environment; moto and flask are hidden, as they are for
someone who did not ask for the extra `range`.
"""

import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
_RUN = """
import sys
for hidden in ("moto", "flask", "flask_cors"):
    sys.modules[hidden] = None
sys.argv = ["stanch", *{arguments!r}]
import stanch
assert {place!r} in stanch.__file__, stanch.__file__
from stanch.cli import main
main()
"""


def main() -> int:
    """Exit 0 when the wheel is whole."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", name, str(ROOT)]
        subprocess.run(build, check=True, capture_output=True)
        (wheel,) = folder.glob("*.whl")
        site = folder / "site"
        with zipfile.ZipFile(wheel) as archive:
            names = archive.namelist()
            archive.extractall(site)
        _complete(names)
        example = folder / "empty.json"
        example.write_text('{"Records": []}')
        for arguments, code in (
            (["--version"], 0),
            (["hunt", str(example), "--state", str(folder / "s")], 0),
            (["drill"], 2),
        ):
            _run(site, folder, arguments, code)
        print(f"wheel: {wheel.name}, {wheel.stat().st_size / 1000:.0f} kB, {len(names)} files, whole and running alone")
    return 0


def _complete(names: list[str]) -> None:
    catalog = ROOT / "src" / "stanch" / "catalog"
    wanted = {
        f"stanch/catalog/{path.relative_to(catalog).as_posix()}"
        for path in catalog.rglob("*")
        if path.suffix in {".md", ".yml", ".toml"}
    }
    missing = wanted - set(names)
    assert not missing, f"the wheel lacks {sorted(missing)}"
    assert not [name for name in names if name.endswith("_test.py")], "the wheel carries tests"


def _run(site: Path, folder: Path, arguments: list[str], code: int) -> None:
    program = _RUN.format(arguments=arguments, place=str(site))
    environment = {**os.environ, "PYTHONPATH": str(site)}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == code, f"stanch {' '.join(arguments)}: exit {done.returncode}, not {code}\n{done.stderr}"


if __name__ == "__main__":
    sys.exit(main())
