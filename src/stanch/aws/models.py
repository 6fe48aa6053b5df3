"""The SDK describes each service in a file of JSON, some of them of megabytes: it need hold each only once, and small.

By itself it reads them anew for each session, which is each account that is entered, into its heaviest kind of mapping.
"""

import os
import threading
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import boto3
    from botocore.loaders import Loader

BUILDING = threading.Lock()
"""Held while a client is made: that changes what was read of S3's model, and is done once for all."""


def share_models(session: "boto3.Session") -> None:
    """Let a session use the one reader of this process."""
    with BUILDING:
        session._session.register_component("data_loader", _reader())  # noqa: SLF001 - boto3 has no public way


@cache
def _reader() -> "Loader":
    import msgspec
    from botocore.loaders import JSONFileLoader, create_loader

    class Files(JSONFileLoader):  # type: ignore[misc]  # botocore has no types
        """The same files; a mapping of Python keeps its order by itself."""

        def _load_file(self, full_path: str, open_method: Any) -> Any:
            try:
                with open_method(full_path, "rb") as file:
                    return msgspec.json.decode(file.read())
            except FileNotFoundError:
                return None

    reader = create_loader(os.environ.get("AWS_DATA_PATH"))
    reader.file_loader = Files()
    return reader
