"""A function's code is what somebody must trust: the same sources give the same bytes, on every machine.

The zip holds stanch alone. What it needs goes into a layer, built for the function's machine from the pins beside it;
what only hunting needs is left out, for all together is larger than what a function may load.
"""

import hashlib
import re
import zipfile
from collections.abc import Iterator
from importlib import metadata, resources
from importlib.resources.abc import Traversable
from io import BytesIO

HUNTING = frozenset({"duckdb", "numpy", "pyarrow"})
"""Libraries that the responder does without."""
LARGEST_FUNCTION = 262_144_000
"""Bytes of a function and its layers, unpacked (Lambda quotas)."""
RUNTIME = "3.13"
"""The Python of the functions, as the template says."""
_EPOCH = (1980, 1, 1, 0, 0, 0)
_READABLE = 0o100644 << 16


def zipped() -> bytes:
    """The installed package as a zip: sorted, of one date, and stored, for zlibs differ in how they deflate."""
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, file in sorted(_files(resources.files("stanch"), "stanch"), key=lambda each: each[0]):
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.external_attr = _READABLE
            entry.create_system = 3  # Unix, whatever system this is
            archive.writestr(entry, file.read_bytes())
    return buffer.getvalue()


def pins() -> str:
    """What the responder needs, in the versions installed here, one `name==version` a line."""
    found = dict(sorted(_needed("stanch", {}).items()))
    found.pop("stanch")
    return "".join(f"{name}=={version}\n" for name, version in found.items())


def digest(code: bytes) -> str:
    """The code's SHA-256, in hex."""
    return hashlib.sha256(code).hexdigest()


def layer_command(listed: str) -> str:
    """How the layer is filled for the machine that the template `responder` names."""
    wanted = f"--platform manylinux_2_28_aarch64 --python-version {RUNTIME} --implementation cp --only-binary=:all:"
    return f"pip install --target python {wanted} --requirement {listed} && zip -r layer.zip python"


def _files(folder: Traversable, path: str) -> Iterator[tuple[str, Traversable]]:
    for entry in folder.iterdir():
        name = f"{path}/{entry.name}"
        if entry.is_dir():
            if entry.name != "__pycache__":
                yield from _files(entry, name)
        elif not entry.name.endswith(("_test.py", ".pyc")):
            yield name, entry


def _needed(name: str, found: dict[str, str]) -> dict[str, str]:
    """The distribution and all it requires, extras left out, each with its version."""
    key = re.sub(r"[-_.]+", "-", name).lower()
    if key in found or key in HUNTING:
        return found
    try:
        distribution = metadata.distribution(name)
    except metadata.PackageNotFoundError:  # a requirement of another system
        return found
    found[key] = distribution.version
    for requirement in distribution.requires or []:
        if "extra ==" not in requirement:
            _needed(re.split(r"[^A-Za-z0-9._-]", requirement, maxsplit=1)[0], found)
    return found
