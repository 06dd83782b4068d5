"""List snapshots in the data folder: kept, never overwritten, so that "who was listed that day" has an answer."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from exeat.logic.vocabulary import nearest
from exeat.screening import gate
from exeat.screening.entry import Entry
from exeat.screening.errors import RefusedSnapshot, ScreeningError, UnreadableList
from exeat.screening.screen import ListInUse

if TYPE_CHECKING:
    from exeat.screening.sources import ListFile

#: Files that must lie beside a primary file, by form.
COMPANIONS: Mapping[str, tuple[str, ...]] = {
    "ofac-sdn": ("add.csv", "alt.csv"),
    "ofac-cons": ("cons_add.csv", "cons_alt.csv"),
}


def data_folder() -> Path:
    """``EXEAT_DATA_DIR``, or the folder where this system keeps a user's data."""
    named = os.environ.get("EXEAT_DATA_DIR")
    if named:
        return Path(named)
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "exeat"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "exeat"
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "exeat"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One kept copy of a source: where it lies, the day it stands for, when it came, rows by list, SHA-256."""

    source: str
    form: str
    path: Path
    as_of: date
    retrieved: datetime
    rows: Mapping[str, int]
    digest: str
    accepted_despite: tuple[str, ...] = ()
    code: str = "OWN"
    mapping: Mapping[str, str] | None = None

    def read(self) -> tuple[Entry, ...]:
        """The entries.

        Raises:
            UnreadableList: the kept file was damaged since (its SHA-256 differs) or cannot be read.
        """
        from exeat.screening.sources import read_list

        held = read_list(self.path, self.mapping, self.code)
        if held.digest != self.digest:
            raise UnreadableList(f"{self.path.name}: changed since it was kept (SHA-256 differs); add the list again")
        return held.entries

    def whole(self) -> None:
        """See that the kept file is the one that was kept.

        Raises:
            UnreadableList: it is gone, or was changed since.
        """
        try:
            with self.path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise UnreadableList(f"{self.path.name}: {error.strerror or error}; add the list again") from None
        if digest != self.digest:
            raise UnreadableList(f"{self.path.name}: changed since it was kept (SHA-256 differs); add the list again")

    def to_dict(self) -> dict[str, Any]:
        """As plain data."""
        return {
            "source": self.source, "form": self.form, "file": self.path.name, "as_of": self.as_of.isoformat(),
            "retrieved": self.retrieved.isoformat(), "rows": dict(self.rows), "sha256": self.digest,
            "accepted_despite": list(self.accepted_despite), "code": self.code,
            "mapping": dict(self.mapping) if self.mapping is not None else None,
        }  # fmt: skip


@dataclass
class ListStore:
    """The snapshots under one folder: ``lists/SOURCE/DATE-DIGEST/`` with the file and ``snapshot.json``."""

    folder: Path = field(default_factory=data_folder)
    _known: dict[Path, Snapshot] = field(default_factory=dict, repr=False, compare=False)
    _found: list[Snapshot] = field(default_factory=list, repr=False, compare=False)
    _stamped: tuple[tuple[str, int], ...] = field(default=(), repr=False, compare=False)

    @property
    def lists(self) -> Path:
        """The folder of all sources."""
        return self.folder / "lists"

    def snapshots(self, source: str | None = None) -> list[Snapshot]:
        """All kept snapshots, oldest first.

        Raises:
            UnreadableList: a record of one cannot be read.
        """
        stamp = self._stamp()
        if stamp != self._stamped:
            found = [self._recorded(record) for record in self.lists.glob("*/*/snapshot.json")]
            found.sort(key=lambda s: (s.as_of, s.retrieved))
            self._found, self._stamped = found, stamp
        return [snapshot for snapshot in self._found if source in (None, snapshot.source)]

    def _stamp(self) -> tuple[tuple[str, int], ...]:
        """When each source's folder last changed: asked for with every name, so it reads no files."""
        try:
            with os.scandir(self.lists) as places:
                return tuple(sorted((place.name, place.stat().st_mtime_ns) for place in places if place.is_dir()))
        except OSError:
            return ()

    def _recorded(self, record: Path) -> Snapshot:
        # A snapshot is never overwritten: its record is read once.
        known = self._known.get(record)
        if known is None:
            try:
                held = json.loads(record.read_text(encoding="utf-8"))
                known = self._known[record] = Snapshot(
                    held["source"], held["form"], record.parent / held["file"], date.fromisoformat(held["as_of"]),
                    datetime.fromisoformat(held["retrieved"]), held["rows"], held["sha256"],
                    tuple(held["accepted_despite"]), held["code"], held["mapping"],
                )  # fmt: skip
            except (OSError, ValueError, KeyError, TypeError) as error:
                raise UnreadableList(f"{record}: not a record of a snapshot ({error})") from None
        return known

    def latest(self, source: str, on: date | None = None) -> Snapshot | None:
        """The newest snapshot of a source, or the newest of a day or before."""
        held = [s for s in self.snapshots(source) if on is None or s.as_of <= on]
        return held[-1] if held else None

    def add(
        self, path: Path, source: str | None = None, as_of: date | None = None, *, accept: bool = False,
        mapping: Mapping[str, str] | None = None, code: str = "OWN", today: date | None = None,
        fetched: date | None = None,
    ) -> Snapshot:  # fmt: skip
        """Check a file and keep it. ``accept`` keeps it in spite of the gate; every answer then says so.

        It stands for the day ``as_of``, else for the one it states, else for the day it was ``fetched`` or added.

        Raises:
            UnreadableList: the file cannot be read.
            RefusedSnapshot: it shrank, lost a list, or is older than the copy held.
        """
        from exeat.screening.sources import read_list

        held = read_list(path, mapping, code)
        name = source or held.form if mapping is None else source or code.lower()
        day = as_of or held.as_of or fetched or today or datetime.now(UTC).date()
        before = self.latest(name)
        if before is not None and before.digest == held.digest:
            return before
        wrong = gate.faults(held.form, held.rows, before.rows if before else None)
        if before is not None and day < before.as_of:
            wrong.append(f"it stands for {day}, the copy held for {before.as_of}")
            if as_of is not None:  # an older copy added on purpose, for the history
                wrong = gate.faults(held.form, held.rows, None)
        if wrong and not accept:
            raise RefusedSnapshot(
                f"{path.name} is not taken: {'; '.join(wrong)}. Check it at its source; --accept keeps it"
            )
        return self._keep(path, held, name, day, tuple(wrong), mapping, code)

    def _keep(
        self, path: Path, held: ListFile, source: str, day: date, wrong: tuple[str, ...],
        mapping: Mapping[str, str] | None, code: str,
    ) -> Snapshot:  # fmt: skip
        home = self.lists / source / f"{day}-{held.digest[:12]}"
        now = datetime.now(UTC)
        snapshot = Snapshot(
            source, held.form, home / path.name, day, now, held.rows, held.digest, wrong, code, mapping
        )  # fmt: skip
        home.parent.mkdir(parents=True, exist_ok=True)
        # Written beside and moved into place: a reader sees a whole snapshot or none.
        with tempfile.TemporaryDirectory(dir=home.parent, prefix=".part-") as part:
            shutil.copyfile(path, Path(part) / path.name)
            for companion in COMPANIONS.get(held.form, ()):
                shutil.copyfile(path.with_name(companion), Path(part) / companion)
            record = json.dumps(snapshot.to_dict(), indent=1, ensure_ascii=False)
            (Path(part) / "snapshot.json").write_text(record, encoding="utf-8")
            if home.exists():
                return snapshot
            shutil.copytree(part, f"{part}.whole")
            Path(f"{part}.whole").rename(home)
        return snapshot

    def chosen(self, on: date | None = None, today: date | None = None) -> list[tuple[Snapshot, ListInUse]]:
        """The copy of each source to screen by, and what is wrong with it.

        ``on`` picks the copies of that day; a source whose first copy is later is used with a flag.
        """
        day = today or datetime.now(UTC).date()
        held = self.snapshots()
        picked = []
        for source in sorted({snapshot.source for snapshot in held}):
            copies = [snapshot for snapshot in held if snapshot.source == source]
            fitting = [snapshot for snapshot in copies if on is None or snapshot.as_of <= on]
            snapshot = fitting[-1] if fitting else copies[0]
            flags = []
            if not fitting:
                flags.append(
                    f"no copy of {on} or before; the copy of {snapshot.as_of} lacks parties removed until then"
                )
            elif stale := gate.staleness(snapshot.form, snapshot.as_of, on or day):
                flags.append(stale)
            flags.extend(f"accepted although {wrong}" for wrong in snapshot.accepted_despite)
            picked.append((snapshot, ListInUse(source, snapshot.as_of, snapshot.rows, tuple(flags))))
        return picked

    def in_use(self, on: date | None = None, today: date | None = None) -> tuple[list[Entry], tuple[ListInUse, ...]]:
        """The entries to screen by, and what they rest on (see :meth:`chosen`).

        Without any snapshot, the starter list, flagged as such.
        """
        picked = self.chosen(on, today)
        if not picked:
            return starter()
        return [entry for snapshot, _ in picked for entry in snapshot.read()], tuple(used for _, used in picked)

    def require_source(self, source: str) -> None:
        """Raise for a source that is not held, naming the nearest that is."""
        held = {snapshot.source for snapshot in self.snapshots()}
        if source not in held:
            near = nearest(source, held)
            raise ScreeningError(f"no list {source!r} is held" + (f"; perhaps {near!r}" if near else ""))


#: The day the starter list stands for: that of the lists it was drawn from.
STARTER_DAY = date(2026, 7, 31)


def starter() -> tuple[list[Entry], tuple[ListInUse, ...]]:
    """The list that ships with the package, flagged: it holds AI-relevant parties only."""
    from exeat.screening.sources import read_list

    held = read_list(Path(str(files("exeat.screening") / "starter.csv")))
    flag = (
        f"only {len(held.entries)} AI-relevant parties of two lists, of {STARTER_DAY}; "
        "'exeat lists update' or 'exeat lists add FILE' brings the whole lists"
    )
    return list(held.entries), (ListInUse("starter", STARTER_DAY, held.rows, (flag,)),)


__all__ = ["ListStore", "Snapshot", "data_folder", "starter"]
