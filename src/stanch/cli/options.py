"""Options that several verbs share, described once."""

from pathlib import Path
from typing import Annotated

import typer

from stanch.cli.face import Format, WrongUse
from stanch.domain.severity import Severity
from stanch.estate.values import size

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
Role = Annotated[str | None, typer.Option("--role", help="A role to assume in the perimeter's other accounts.")]
LookIn = Annotated[
    list[str] | None,
    typer.Option("--in", metavar="REGION", help="Look here; default: the perimeter's. Repeatable."),
]
Permissions = Annotated[bool, typer.Option("--permissions", help="Print the policy that looking needs, and end.")]
SigmaRules = Annotated[Path | None, typer.Option("--rules", help="A folder of Sigma rules to run as well.")]
TellAll = Annotated[bool, typer.Option("--all", help="Tell also what was folded as routine, and what is below medium.")]
OwnCode = Annotated[
    list[Path] | None,
    typer.Option("--code", help="A file or folder of source code that no answer may repeat. Repeatable."),
]
RequesterPays = Annotated[
    bool, typer.Option("--requester-pays", help="Pay for the requests to a bucket that asks for it.")
]
MaxInflated = Annotated[str, typer.Option("--max-inflated", metavar="SIZE", help="Bound on one file once inflated.")]
MAX_INFLATED = "64GiB"
STATE = Path(".stanch")


def severity_of(word: str | None) -> Severity | None:
    """What `--fail-on` means; raises WrongUse."""
    try:
        return None if word is None else Severity.of(word)
    except ValueError as error:
        raise WrongUse(f"--fail-on: {error}") from None


def bound_of(text: str) -> int:
    """The bytes that `--max-inflated` means; raises WrongUse."""
    try:
        return size(text)
    except ValueError as error:
        raise WrongUse(f"--max-inflated: {error}") from None


def rules_in(folder: Path | None) -> Path | None:
    """What `--rules` names; raises WrongUse where it is no folder."""
    if folder is not None and not folder.is_dir():
        raise WrongUse(f"--rules {folder} is not a folder", "give the one that the rules lie in")
    return folder
