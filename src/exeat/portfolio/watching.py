"""Progress of queries that take long: the database is asked from beside how far it is."""

from __future__ import annotations

from contextlib import suppress
from threading import Event, Thread
from types import TracebackType

from exeat.portfolio.duck import Duck
from exeat.portfolio.run import Progress

_SECONDS = 0.25


class Watched:
    """Progress that also moves while a query runs. Used as a context; called as :data:`Progress` is.

    Where nobody watches (``progress`` None) nothing is asked.
    """

    def __init__(self, duck: Duck, progress: Progress | None) -> None:
        self.duck, self.progress = duck, progress
        self._last: tuple[str, int] = ("reading", 0)
        self._over = Event()
        self._thread = Thread(target=self._ask, daemon=True)

    def __call__(self, what: str, done: int, of: int) -> None:
        self._last = what, of
        if self.progress is not None:
            self.progress(what, done, of)

    def __enter__(self) -> Watched:
        if self.progress is not None:
            self.duck.run("SET enable_progress_bar = true")
            self.duck.run("SET enable_progress_bar_print = false")
            self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self._over.set()
        if self._thread.is_alive():
            self._thread.join()

    def _ask(self) -> None:
        while not self._over.wait(_SECONDS):
            with suppress(self.duck.error):
                percent = self.duck.connection.query_progress()
                what, of = self._last
                if percent > 0 and self.progress is not None:
                    self.progress(what, int(of * min(percent, 100) / 100), of)


__all__ = ["Watched"]
