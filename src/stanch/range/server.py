"""The emulator's front door: every request passes the gate before moto sees it, and is written down afterwards."""

import os
import shutil
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

WATCH_EVERY = 0.5
"""Seconds between two looks at whether the parent still lives."""


def serve(trail: Path, port: int = 0, *, remove_trail: bool = False) -> None:
    """Serve until standard input closes, the parent dies, or a signal comes. Prints `ready <port>` once it listens.

    `remove_trail`: the folder is ours, and goes when we go, even when the parent was killed.
    """
    for name in [name for name in os.environ if name.startswith(("MOTO_", "INITIAL_NO_AUTH"))]:
        del os.environ[name]  # The caller's settings for moto, such as one account for all, would undo the range's.
    os.environ["MOTO_EC2_LOAD_DEFAULT_AMIS"] = "false"
    from werkzeug.serving import WSGIRequestHandler, make_server

    class Handler(WSGIRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_request(self, *_: Any) -> None:
            """Nothing: the trail is the log."""

    # The socket listens from here on. Callers queue there, and start their own work, while moto is imported.
    server = make_server("127.0.0.1", port, _not_yet, threaded=True, request_handler=Handler)
    os.environ["MOTO_PORT"] = str(server.server_port)  # functions and state machines call back
    sys.stdout.write(f"ready {server.server_port}\n")
    sys.stdout.flush()
    from stanch.range import functions
    from stanch.range.front import Front

    front = Front(trail)
    server.app = front
    stop = _once(lambda: threading.Thread(target=server.shutdown, daemon=True).start())
    signal.signal(signal.SIGTERM, lambda *_: stop())
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent decides when we end.
    for watch in (_await_end_of_input, _await_death_of_parent):
        threading.Thread(target=watch, args=(stop,), daemon=True).start()
    threading.Thread(target=_warm_up, daemon=True).start()
    server.serve_forever(poll_interval=0.05)
    front.delivery.stop()
    functions.close_all()
    if remove_trail:
        shutil.rmtree(trail, ignore_errors=True)
    # Threads of open connections would keep the process alive; nothing of theirs is worth waiting for.
    os._exit(0)


def _not_yet(_environ: dict[str, Any], _start_response: Any) -> list[bytes]:
    raise RuntimeError("the server does not serve before it has its application")


def _once(act: Callable[[], None]) -> Callable[[], None]:
    guard = threading.Lock()

    def run() -> None:
        if guard.acquire(blocking=False):
            act()

    return run


def _await_end_of_input(stop: Callable[[], None]) -> None:
    while sys.stdin.buffer.read(1024):
        pass
    stop()


def _await_death_of_parent(stop: Callable[[], None]) -> None:
    """An orphan is adopted by another process: its parent's id changes."""
    parent = os.getppid()
    while os.getppid() == parent:
        time.sleep(WATCH_EVERY)
    stop()


def _warm_up() -> None:
    """What the first calls will need is imported while the caller prepares them."""
    import moto.ec2.responses
    import moto.iam.responses
    import moto.s3.responses  # noqa: F401
