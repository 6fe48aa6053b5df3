"""The functions' code can be told by its hash: the same sources are the same bytes."""

import subprocess
import sys
import zipfile
from io import BytesIO
from pathlib import Path

from stanch.deploy import package


def test_two_zips_of_the_same_sources_are_the_same_bytes() -> None:
    assert package.zipped() == package.zipped()


def test_the_zip_holds_what_runs_and_no_test(tmp_path: Path) -> None:
    with zipfile.ZipFile(BytesIO(package.zipped())) as archive:
        names = archive.namelist()
        archive.extractall(tmp_path)
    assert names == sorted(names)
    assert not [name for name in names if name.endswith(("_test.py", ".pyc"))]
    assert {"stanch/__init__.py", "stanch/deploy/workflow.asl.json", "stanch/deploy/scopes.json"} <= set(names)
    code = "import stanch, stanch.app; print(stanch.__file__)"
    run = subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONPATH": str(tmp_path)}, capture_output=True, text=True, check=True
    )
    assert run.stdout.startswith(str(tmp_path))


def test_the_layer_holds_what_the_responder_needs_and_nothing_that_only_hunts() -> None:
    pinned = dict(line.split("==") for line in package.pins().splitlines())
    assert {"boto3", "msgspec", "pydantic", "pydantic-core", "typer"} <= set(pinned)
    assert not package.HUNTING & set(pinned)
    assert "stanch" not in pinned
    assert "moto" not in pinned, "an extra is not needed"


def test_the_responder_runs_without_what_only_hunts() -> None:
    code = f"""
import sys
for hidden in {sorted(package.HUNTING)!r}:
    sys.modules[hidden] = None
import stanch.responder
from stanch import app
from stanch.engine.contain import Containment
print(callable(stanch.responder.handle), callable(stanch.responder.start))
print(len(app.actions()) > 0, len(app.playbooks()) > 0, len(app.sources()) > 0)
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.stdout.split() == ["True"] * 5, run.stderr
