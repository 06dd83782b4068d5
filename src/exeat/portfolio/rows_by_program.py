"""The rows of a table as small whole numbers, kept in a file for each program: what is decided of them needs no more.

The database gives each row its codes, on as many threads as it has and in any order; a row carries its number. The
distinct parts of the rows are read on the way. Nothing here grows with the number of rows but the files.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from exeat.portfolio.alike_rows import distinct
from exeat.portfolio.coded import Coded, at
from exeat.portfolio.duck import quoted
from exeat.portfolio.parts import Places

#: Columns of rows by name: which item, parts and numbers each has.
Chunk: TypeAlias = Mapping[str, NDArray[Any]]

#: Rows whose arrays are held at a time.
CHUNK = 1_000_000


@dataclass
class RowsByProgram:
    """Reads the rows of ``coded`` once and keeps those that can be read by program. Call :meth:`read` first.

    ``counts`` are the rows of each program, ``unread`` how many rows cannot be read. ``pairs`` are the distinct
    (program, item, status of the numbers) that occur; a row has its place in them.
    """

    coded: Coded
    folder: Path
    counts: dict[int, int] = field(default_factory=dict)
    pairs: dict[tuple[int, int, int], int] = field(default_factory=dict)
    unread: int = 0
    places: list[Places] = field(default_factory=list)
    _kinds: dict[str, np.dtype[Any]] = field(default_factory=dict)

    def read(self) -> Iterator[int]:
        """Read every row; yields how many have been read."""
        self.folder.mkdir()
        self.places = [Places(self.coded, part) for part in self.coded.parts.values()]
        done = 0
        for chunk in self._chunks():
            self._keep(chunk)
            done += len(chunk["n"])
            yield done

    def rows(self, program: int, *, in_order: bool = False) -> Iterator[Chunk]:
        """The rows of a program as columns, in any order, or in that of their numbers.

        ``n`` is the number of the row, ``pair`` its place in ``pairs``, ``part …`` the element of each of its parts.
        """
        kept = {name: np.memmap(self._file(program, name), kind, "r") for name, kind in self._kinds.items()}
        order = np.argsort(kept["n"]) if in_order else None
        for start in range(0, self.counts[program], CHUNK):
            some = slice(start, start + CHUNK)
            rows = some if order is None else order[some]
            yield {name: np.array(column[rows]) for name, column in kept.items()}

    def _file(self, program: int, column: str) -> Path:
        return self.folder / f"{program}.{list(self._kinds).index(column)}"

    def _keep(self, chunk: Chunk) -> None:
        fine = ~chunk["wrong"]
        names = ["n", *(name for name in chunk if name.startswith(("number ", "known ")))]
        columns = {"pair": self._pairs(chunk), **{name: chunk[name] for name in names}}
        for places in self.places:
            elements, readable = _elements(places, [chunk[f"word {name}"] for name in places.part.codes], len(fine))
            columns[f"part {places.part.origin}"] = elements
            fine &= readable
        self._kinds = self._kinds or {name: column.dtype for name, column in columns.items()}
        order = np.argsort(chunk["program"], kind="stable")
        order = order[fine[order]]
        self.unread += len(fine) - len(order)
        programs = chunk["program"][order]
        columns = {name: column[order] for name, column in columns.items()}
        for program, rows in _stretches(programs):
            self.counts[program] = self.counts.get(program, 0) + rows.stop - rows.start
            for name, column in columns.items():
                with self._file(program, name).open("ab") as file:
                    column[rows].tofile(file)

    def _pairs(self, chunk: Chunk) -> NDArray[np.int32]:
        columns = [chunk[name].astype(np.int64) for name in ("program", "item", "status")]
        codes, firsts = distinct(columns)
        listed = zip(*(column[firsts].tolist() for column in columns), strict=True)
        return np.array([self.pairs.setdefault(one, len(self.pairs)) for one in listed], np.int32)[codes]

    def _chunks(self) -> Iterator[Chunk]:
        """The codes of all rows; a null cannot be an array's, so that what has no number is -1, or else ``wrong``."""
        coded = self.coded
        columns = ['"@n" AS n', 'CAST(coalesce("@program", -1) AS SMALLINT) AS program', '"@wrong" AS wrong']
        columns += ['coalesce("@item", 0) AS item', 'coalesce("@status", 0) AS status']
        for part in coded.parts.values():
            columns += [f"coalesce({at(name)}, 0) AS {quoted('word ' + name)}" for name in part.codes]
        for meaning in coded.columns.of("number"):
            name = at("n_" + meaning.fact)
            columns.append(f"coalesce({name}, 0) AS {quoted('number ' + meaning.fact)}")
            if meaning in coded.direct:
                columns.append(f"{name} IS NOT NULL AS {quoted('known ' + meaning.fact)}")
        yield from coded.duck.arrays(f"SELECT {', '.join(columns)} FROM ({coded.query()})", CHUNK)


def _elements(places: Places, words: list[NDArray[Any]], count: int) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
    """The element of each row's part, and whether its cells can be read."""
    codes, firsts = distinct([word.astype(np.int64) for word in words] or [np.zeros(count, np.int64)])
    listed = zip(*(word[firsts].tolist() for word in words), strict=True) if words else iter([()])
    found = np.array([places.of(one) for one in listed], np.int32)
    readable = np.array([element.error is None for element in places.part.elements], np.bool_)
    rows = found[codes]
    return rows, readable[rows]


def _stretches(values: NDArray[Any]) -> Iterator[tuple[int, slice]]:
    """Each value of an ordered array, and where it stands."""
    if len(values):
        starts = np.flatnonzero(np.concatenate(([True], values[1:] != values[:-1]))).tolist()
        for start, end in zip(starts, [*starts[1:], len(values)], strict=True):
            yield int(values[start]), slice(start, end)


__all__ = ["CHUNK", "Chunk", "RowsByProgram"]
