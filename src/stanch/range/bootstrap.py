"""What a Lambda execution environment runs: it loads the handler once, then serves one event a line until told to end.

It is started as a file, in an interpreter of its own: nothing of the range may be imported here.
"""

import importlib
import json
import os
import sys
import traceback
from types import SimpleNamespace


def serve() -> None:
    """Answer each line of standard input with one line: {"answer": ...}, or {"error": ...} as the API reports it."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what the handler prints is its log
    handler = None
    for line in sys.stdin:
        try:
            asked = json.loads(line)
            handler = handler or _handler(os.environ["_HANDLER"])
            said = {"answer": handler(asked["event"], SimpleNamespace(**asked["context"]))}
            written = json.dumps(said)
        except Exception as error:  # noqa: BLE001  # whatever the handler raises is its answer
            written = json.dumps({"error": _told(error)})
        answers.write(written + "\n")
        answers.flush()


def _handler(name: str):  # type: ignore[no-untyped-def]  # whatever the customer wrote
    module, _, function = name.rpartition(".")
    return getattr(importlib.import_module(module.replace("/", ".")), function)


def _told(error: BaseException) -> dict[str, object]:
    trace = traceback.format_tb(error.__traceback__)
    return {"errorMessage": str(error), "errorType": type(error).__name__, "stackTrace": trace}


if __name__ == "__main__":
    sys.path.insert(0, "")
    serve()
