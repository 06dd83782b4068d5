"""Tasks done by this process and by forks of it, which share what was read so far. Each takes the next task in turn."""

from __future__ import annotations

import gc
import mmap
import multiprocessing
import sys
from collections.abc import Callable, Sequence
from contextlib import nullcontext, suppress
from multiprocessing.connection import Connection
from typing import Any, TypeVar

from exeat.terms import InputError

T = TypeVar("T")

#: Most processes; with more, they would wait for the longest task.
MOST = 8


def can_fork() -> bool:
    """Whether this system can fork a process that has threads: only what the fork itself runs is then touched."""
    return sys.platform == "linux" and "fork" in multiprocessing.get_all_start_methods()


class Claims:
    """What only one process need do: the first that claims it. Made before the processes are."""

    def __init__(self, room: int = 1 << 16) -> None:
        self._room = room
        self._taken = mmap.mmap(-1, room * _DIGEST)
        self._lock: Any = multiprocessing.get_context("fork").Lock() if can_fork() else nullcontext()

    def first(self, digest: bytes) -> bool:
        """Whether nobody claimed this before; ``digest`` has 16 bytes. Without room, everybody is told so."""
        start = int.from_bytes(digest[:8], "little")
        with self._lock:
            for place in range(start, start + _TRIES):
                at = place % self._room * _DIGEST
                taken = self._taken[at : at + _DIGEST]
                if taken == digest:
                    return False
                if taken == _FREE:
                    self._taken[at : at + _DIGEST] = digest
                    return True
        return True


_DIGEST, _TRIES = 16, 64
_FREE = bytes(_DIGEST)


def shared_out(
    tasks: Sequence[int],
    processes: int,
    work: Callable[[int, int], None],
    told: Callable[[], T],
    progress: Callable[[int], None],
) -> list[T]:
    """What ``told`` gives in each of ``processes`` processes when all tasks are done; this process is the first.

    Args:
        tasks: in the order in which they are begun; the longest first, so that none is left for the end.
        work: does one task, told the place of its process (0 is this one), and keeps what it finds there.
        told: what was found, to be sent here (pickled).
        progress: called in this process with how many tasks have been begun.

    Raises:
        InputError: what a process raised, or that one ended without a word.
    """
    context = multiprocessing.get_context("fork")
    begun = context.Value("i", 0)

    def next_task() -> int | None:
        with begun.get_lock():
            place = begun.value
            begun.value = place + 1
        return tasks[place] if place < len(tasks) else None

    def child(place: int, sender: Connection) -> None:
        for _, receiver in others:
            receiver.close()  # so that nobody is waited for who is gone
        found: tuple[str, Any]
        try:
            while (task := next_task()) is not None:
                work(place, task)
            found = "found", told()
        except InputError as error:
            found = "refused", str(error)
        except BaseException as error:
            found = "failed", f"{type(error).__name__}: {error}"
        with suppress(OSError):  # nobody listens any more
            sender.send(found)

    others: list[tuple[Any, Connection]] = []
    gc.freeze()  # what stands so far is not looked through for garbage, which would copy its pages
    try:
        for place in range(1, min(processes, MOST, len(tasks))):
            receiver, sender = context.Pipe(duplex=False)
            process = context.Process(target=child, args=(place, sender), daemon=True)
            others.append((process, receiver))
            process.start()
            sender.close()
        while (task := next_task()) is not None:
            progress(min(begun.value, len(tasks)))
            work(0, task)
        return [told(), *(_received(receiver) for _, receiver in others)]
    finally:
        gc.unfreeze()
        for process, receiver in others:
            receiver.close()
            if process.pid is not None:
                process.terminate()
                process.join()


def _received(receiver: Connection) -> Any:
    try:
        kind, found = receiver.recv()
    except EOFError:
        raise InputError("a process that decided rows ended without a word (out of memory?); try --threads 1") from None
    if kind == "refused":
        raise InputError(found)
    if kind == "failed":
        raise RuntimeError(f"in a process that decided rows: {found}")
    return found


__all__ = ["MOST", "Claims", "can_fork", "shared_out"]
