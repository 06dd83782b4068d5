"""The engines of a law book: one for each state of the law, however many eras have it."""

from __future__ import annotations

from datetime import date

from exeat.determination.determine import Engine
from exeat.determination.program import build_program
from exeat.determination.reads import Reads
from exeat.lawbook.consolidate import InForce, Lawbook


class Engines:
    """The engines of a law book, built when first asked for and kept by era."""

    def __init__(self, lawbook: Lawbook) -> None:
        self.lawbook = lawbook
        self._built: dict[tuple[int, int], Engine] = {}
        self._same: dict[object, Engine] = {}
        self._reads = Reads()

    def on(self, on: date, known_on: date | None = None) -> Engine:
        """The engine for a day, as the law was public on ``known_on``. Eras with the same in force have one engine."""
        era = self.lawbook.era(on, known_on)
        engine = self._built.get(era)
        if engine is None:
            content = _content(self.lawbook.in_force(on, known_on))
            engine = self._same.get(content)
            if engine is None:
                engine = self._same[content] = Engine(build_program(self.lawbook, on, known_on, self._reads))
            self._built[era] = engine
        return engine


def _content(law: InForce) -> object:
    """All that an engine is built of; the law book keeps the sections, which are known by identity."""
    sections = (tuple(map(id, part)) for part in (law.governing, law.pending, law.postures))
    stayed = tuple((s.provision, id(s.by), s.start, s.until) for s in law.stayed)
    return (*sections, stayed, frozenset(law.groups.items()))
