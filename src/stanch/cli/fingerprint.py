"""`stanch fingerprint`: remember what a model was trained on, without keeping a word of it."""

from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress

from stanch.cli import show
from stanch.cli.face import Face, Format, Stopped, WrongUse, stoppable
from stanch.cli.options import STATE, Output, StateDir

_EPILOG = """
Examples:

- `stanch fingerprint ./datasets --out datasets.fingerprint`: of all texts below a folder

- `stanch fingerprint s.jsonl t.parquet --out t.fingerprint`: of two files
"""


def register(cli: typer.Typer) -> None:
    """Add the verb."""
    cli.command(name="fingerprint", epilog=_EPILOG)(stoppable(fingerprint))


def fingerprint(
    paths: Annotated[
        list[Path], typer.Argument(help="Files and folders of texts: txt, md, json, jsonl, csv, parquet.")
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="The file to write; it holds no text.")],
    state: StateDir = STATE,
    format_: Output = Format.TABLE,
) -> None:
    """Remember the runs of words of datasets, so that an answer that recites them is known."""
    from stanch.app.inspect_fingerprint import FingerprintError, datasets, fingerprinted

    face = Face(format_)
    try:
        files = datasets(paths)
    except FileNotFoundError as error:
        raise WrongUse(f"{error.filename} does not exist", "give files or folders of texts") from None
    if not files:
        raise WrongUse("there is no file of texts", "give txt, md, json, jsonl, csv or parquet")
    try:
        with Progress(console=face.err, transient=True, disable=not face.err.is_terminal) as bar:
            task = bar.add_task(f"Reading {len(files):,} files", total=len(files))
            header, errs = fingerprinted(files, out, state, lambda _: bar.advance(task))
    except FingerprintError as error:
        raise WrongUse(str(error), "mend or leave out this file; nothing was written") from None
    except KeyboardInterrupt:
        raise Stopped("nothing was written") from None
    size = header.bits // 8
    face.emit(
        {
            "kind": "fingerprint",
            "path": str(out),
            "files": len(files),
            "texts": header.texts,
            "runs": header.grams,
            "bytes": size,
            "error_rate": errs,
        }
    )
    face.say(
        f"{out}: {show.counted(header.grams, 'run')} of words of {show.counted(header.texts, 'text')} in "
        f"{show.counted(len(files), 'file')}, {show.size(size)}; one run in {1 / max(errs, 1e-9):,.0f} errs, "
        "and five in a row are asked for."
    )
    face.say(f"It is of use only beside the key in {state}: keep both, and apart from each other.")
