"""flock(2) is let go by the kernel when its holder dies, however it dies: no lock outlives a `kill -9`."""

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from stanch.contracts.store import Busy, StoreError


@contextmanager
def held(folder: Path, resource: str) -> Iterator[None]:
    """Hold `resource` alone on this machine; raises Busy with the holder's process id when somebody else does."""
    path = folder / f"{hashlib.sha256(resource.encode()).hexdigest()[:32]}.lock"
    with _opened(path) as descriptor:
        try:
            _flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB, path)
        except BlockingIOError:
            holder = os.pread(descriptor, 32, 0).decode(errors="replace").strip() or "unknown"
            raise Busy(f"{resource} is held by another stanch (process {holder}); wait for it or end it") from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        yield


@contextmanager
def waited_for(path: Path) -> Iterator[None]:
    """Hold the lock file `path`, waiting for whoever has it: for the moments in which a database is made or changed."""
    with _opened(path) as descriptor:
        _flock(descriptor, fcntl.LOCK_EX, path)
        yield


@contextmanager
def _opened(path: Path) -> Iterator[int]:
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise StoreError(f"{path}: cannot be opened ({error.strerror}); choose another --state folder") from error
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _flock(descriptor: int, how: int, path: Path) -> None:
    try:
        fcntl.flock(descriptor, how)
    except BlockingIOError:
        raise
    except OSError as error:
        raise StoreError(f"{path}: this file system has no locks ({error}); keep the state on a local disk") from error
