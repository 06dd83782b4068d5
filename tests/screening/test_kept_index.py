"""The index kept on disk: the same answers, and whatever is wrong with the file costs time and no answer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from exeat.screening import commands, kept
from exeat.screening.evidence import Subject
from exeat.screening.index import Index
from exeat.screening.screen import Screener
from exeat.screening.sources import read_list
from exeat.screening.store import ListStore
from tests.screening.conftest import ROWS, row, write_list

ASKED = (
    Subject("Huawie Technologies", "CN"), Subject("Almaz Antey Telecom"), Subject("华为技术有限公司"),
    Subject("Nobody Known", identifiers=("7101-01234",)), Subject("Mary Jones"),
    Subject("Some Trading Ltd", "HK", "Unit 501, 5/F Global Gateway, 98 Hing Fong Rd, Kwai Chung"),
)  # fmt: skip


def told(screener: Screener) -> list[dict[str, Any]]:
    return [screener.screen(subject).to_dict() for subject in ASKED]


def test_a_kept_index_answers_as_the_one_that_was_built(tmp_path: Path, made_list: Path) -> None:
    built = Index(read_list(made_list).entries)
    kept.keep(built, tmp_path / "one.index")
    again = kept.load(tmp_path / "one.index")
    assert again is not None and told(Screener(again)) == told(Screener(built))
    assert list(again.entries) == list(built.entries) and len(again.names) == len(built.names)
    assert [entry.digest for entry in again.entries] == [entry.digest for entry in built.entries]


@pytest.mark.parametrize("harm", ["cut", "flipped", "other", "empty", "writable"])
def test_a_file_that_is_not_whole_or_not_ones_own_is_not_read(tmp_path: Path, made_list: Path, harm: str) -> None:
    path = tmp_path / "one.index"
    kept.keep(Index(read_list(made_list).entries), path)
    content = bytearray(path.read_bytes())
    if harm == "cut":
        content = content[: len(content) // 2]
    elif harm == "flipped":
        content[len(content) // 2] ^= 1
    elif harm == "other":
        content = bytearray(b"cos\nsystem\n(S'true'\ntR.")
    elif harm == "empty":
        content = bytearray()
    path.write_bytes(bytes(content))
    if harm == "writable":
        path.chmod(0o666)
    assert kept.load(path) is None


def test_the_lists_are_read_once_and_again_when_they_change(
    tmp_path: Path, made_list: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ListStore(tmp_path).add(made_list, "csl", accept=True)
    first = told(commands.Screening(ListStore(tmp_path)).screener())
    (file,) = (tmp_path / "indexes").iterdir()
    reads: list[Path] = []
    read = ListStore.snapshots
    monkeypatch.setattr("exeat.screening.store.Snapshot.read", lambda self: reads.append(self.path) or ())
    assert told(commands.Screening(ListStore(tmp_path)).screener()) == first and not reads
    monkeypatch.undo()
    file.write_bytes(file.read_bytes()[:-9])
    assert told(commands.Screening(ListStore(tmp_path)).screener()) == first
    assert kept.load(file) is not None, "built again and kept"
    more = write_list(tmp_path / "csl_2026-08-01.csv", [*ROWS, row("EL", "Quvexon Photonics Ltd", addresses="CN")])
    ListStore(tmp_path).add(more, "csl", accept=True)
    assert commands.Screening(ListStore(tmp_path)).screener().screen("Quvexon Photonics").hits
    assert len(read(ListStore(tmp_path))) == 2


def test_a_list_changed_behind_our_back_is_told_even_with_an_index(tmp_path: Path, made_list: Path) -> None:
    store = ListStore(tmp_path)
    snapshot = store.add(made_list, "csl", accept=True)
    commands.Screening(store).screener()
    snapshot.path.write_text("tampered", encoding="utf-8")
    with pytest.raises(ValueError, match="changed since it was kept"):
        commands.Screening(ListStore(tmp_path)).screener()


def test_only_a_few_indexes_are_kept(tmp_path: Path, made_list: Path) -> None:
    index = Index(read_list(made_list).entries)
    for number in range(kept.MOST_KEPT + 3):
        kept.keep(index, tmp_path / f"{number}.index")
    assert len(list(tmp_path.iterdir())) == kept.MOST_KEPT


def test_one_index_serves_all_days(tmp_path: Path, made_list: Path) -> None:
    from datetime import date

    ListStore(tmp_path).add(made_list, "csl", accept=True)
    screening = commands.Screening(ListStore(tmp_path))
    old, new = screening.screener(date(2019, 1, 1)), screening.screener(date(2026, 8, 1))
    assert old.index is new.index
    assert not old.screen("Semiconductor Manufacturing International Corporation").hits
    assert new.screen("Semiconductor Manufacturing International Corporation").hits
    assert json.dumps(new.screen("SMIC").to_dict())
