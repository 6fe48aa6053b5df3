"""A secret on a command line is in everybody's list of processes: a token comes from a file or a variable."""

import os
import re
from pathlib import Path

from stanch.cli.face import WrongUse
from stanch.web.otlp import Listening

TOKEN = "STANCH_OTLP_TOKEN"  # noqa: S105 - the variable's name
SHORTEST = 16
_WHERE = re.compile(r"(?:\[(?P<six>[0-9a-fA-F:.]+)\]|(?P<host>[0-9.]+|localhost)):(?P<port>\d{1,5})")


def listening_at(
    otlp: str | None, certificate: Path | None, private_key: Path | None, token_file: Path | None
) -> Listening | None:
    """Where to receive, None for nowhere. Raises WrongUse for what would let strangers in, or send in clear."""
    if otlp is None:
        if certificate or private_key or token_file:
            raise WrongUse("--tls-cert, --tls-key and --token-file are of a receiver", "give --otlp HOST:PORT too")
        return None
    match = _WHERE.fullmatch(otlp)
    if not match or int(match["port"]) > 65535:
        raise WrongUse(f"--otlp {otlp!r} is no address to listen at", "give it as 127.0.0.1:4318 or [::1]:4318")
    if private_key and not certificate:
        raise WrongUse("--tls-key without --tls-cert", "give the certificate too")
    for option, path in (("--tls-cert", certificate), ("--tls-key", private_key)):
        if path is not None and not path.is_file():
            raise WrongUse(f"{option} {path} is no file", "give one in PEM")
    try:
        listening = Listening(
            match["six"] or match["host"],
            int(match["port"]),
            _token(token_file),
            str(certificate or ""),
            str(private_key or ""),
        )
        reachable = not listening.is_loopback
    except ValueError as error:
        raise WrongUse(f"--otlp {otlp}: {error}", "give it as 127.0.0.1:4318 or [::1]:4318") from None
    if reachable and not (listening.certificate and listening.token):
        raise WrongUse(
            f"--otlp {otlp} can be reached from other machines, and prompts may come in",
            f"give --tls-cert, --tls-key, and --token-file (or {TOKEN}); or listen at 127.0.0.1",
        )
    return listening


def _token(path: Path | None) -> str:
    """The token, or none; raises WrongUse for one that can be guessed or read by others."""
    try:
        if path is not None and path.stat().st_mode & 0o077:
            raise WrongUse(f"--token-file {path} can be read by others", f"chmod 600 {path}")
        token = (path.read_text(encoding="utf-8") if path else os.environ.get(TOKEN, "")).strip()
    except (OSError, UnicodeDecodeError) as error:
        told = getattr(error, "strerror", None) or "it is no text"
        raise WrongUse(f"--token-file {path}: {told}", "give a file that holds the token and nothing else") from None
    good = len(token) >= SHORTEST and token.isascii() and token.isprintable() and " " not in token
    if (path is not None or token) and not good:
        raise WrongUse(
            f"the token has less than {SHORTEST} characters, or others than an HTTP header can hold",
            "make one, for example: openssl rand -hex 32",
        )
    return token
