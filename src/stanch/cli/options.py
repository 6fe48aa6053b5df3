"""Options that several verbs share, described once."""

from pathlib import Path
from typing import Annotated

import typer

from stanch.cli.face import Format

StateDir = Annotated[
    Path, typer.Option("--state", envvar="STANCH_STATE", help="Folder for incidents, journal and evidence.")
]
EstateFile = Annotated[
    Path | None,
    typer.Option("--estate", envvar="STANCH_ESTATE", help="The estate file; default: stanch.toml here or above."),
]
Output = Annotated[Format, typer.Option("--format", help="A table for people or JSON Lines for machines.")]
Profile = Annotated[str | None, typer.Option("--profile", help="AWS profile; default: boto3's usual chain.")]
Region = Annotated[str | None, typer.Option("--region", help="AWS region; default: boto3's usual chain.")]
Endpoint = Annotated[
    str | None, typer.Option("--endpoint-url", envvar="AWS_ENDPOINT_URL", help="Another AWS endpoint, as the range's.")
]
STATE = Path(".stanch")
