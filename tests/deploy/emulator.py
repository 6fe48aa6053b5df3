"""An emulator of AWS that shares no code with the range, in an environment of its own, on loopback."""

import os
import socket
import subprocess
import tempfile
import time
import urllib.error
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3

from stanch.range.process import LOOPBACK

PROGRAM = Path(__file__).parents[2] / ".venv-emulator" / "bin" / "ministack"
ACCOUNT = "111122223333"
REGION = "eu-central-1"


@contextmanager
def running() -> Iterator[str]:
    """The emulator's endpoint, as long as the block lasts."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = {
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "AUTH": "true",
        "IOT_MTLS_ENABLED": "0",
        "CLOUDTRAIL_RECORDING": "1",
    }
    with tempfile.TemporaryDirectory() as folder:
        environment = {"PATH": os.environ.get("PATH", ""), "HOME": folder, "TMPDIR": folder, **settings}
        child = subprocess.Popen(
            [str(PROGRAM)], cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            yield _answering(f"http://127.0.0.1:{port}", child)
        finally:
            child.terminate()
            child.wait(timeout=10)


def client(endpoint: str, service: str, *, encrypted: bool = True, key: tuple[str, str] = (ACCOUNT, "x")) -> Any:
    """A client, the account's root where no key is given.

    What a load balancer says of TLS stands for TLS, which loopback has not.
    """
    made = boto3.client(
        service,
        region_name=REGION,
        endpoint_url=endpoint,
        aws_access_key_id=key[0],
        aws_secret_access_key=key[1],
    )
    if encrypted:
        made.meta.events.register("before-send.*", _over_tls)
    return made


def _over_tls(request: Any, **_: Any) -> None:
    request.headers["X-Forwarded-Proto"] = "https"


def _answering(endpoint: str, child: "subprocess.Popen[bytes]") -> str:
    end = time.monotonic() + 30
    while time.monotonic() < end and child.poll() is None:
        try:
            with LOOPBACK.open(f"{endpoint}/_ministack/health", timeout=1):
                return endpoint
        except urllib.error.HTTPError:
            return endpoint  # it answers
        except OSError:
            time.sleep(0.05)  # until it listens
    raise RuntimeError("the emulator did not start")
