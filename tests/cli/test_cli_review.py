"""What a reviewer tried at the command line: answers that contradict, broken texts, law files cut short."""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from exeat.lawbook.book import read_lawbook
from exeat.lawbook.folder import law_folder
from exeat.lawbook.instrument import LawError

Run = Callable[..., Any]
ORDER = ("NVIDIA H100 SXM", "--to", "DE", "--on", "2024-08-01")
GERMAN = ("--headquarters", "DE", "--parent", "DE")


@pytest.fixture(autouse=True)
def no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(""))


def written(folder: Path, text: str, name: str = "answers.txt") -> str:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return str(path)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("headquarters: FR\n", "but stated otherwise before (DE)"),
        ("2.headquarters: CN\n", "there is no party 2; 1 are stated"),
        ('{"on_entity_list": "yes", "on_entity_list": "no"}', "stands twice"),
    ],
)
def test_answers_that_contradict_are_refused(run: Run, tmp_path: Path, text: str, told: str) -> None:
    run("interview", *ORDER, *GERMAN, "--answers", written(tmp_path, text)).refused(told)


def test_dont_know_is_not_presumed_to_be_no(run: Run, tmp_path: Path) -> None:
    nothing = written(tmp_path, "", "nothing.txt")
    assert run("interview", *ORDER, *GERMAN, "--answers", nothing, "--json").code == 0
    ran = run("interview", *ORDER, *GERMAN, "--answers", written(tmp_path, "on_entity_list: don't know\n"), "--json")
    assert ran.code == 3 and ran.data["determination"]["outcome"] == "unknown"
    assert [question["fact"] for question in ran.data["open"]] == ["on_entity_list"]


def test_half_a_character_is_refused_before_anything_is_shown(run: Run, tmp_path: Path) -> None:
    half = '{"date": "2024-08-01", "item": "NVIDIA H100 SXM", "parties": [{"name": "\\ud800"}]}'
    run("check", written(tmp_path, half, "half.json")).refused("half of a character")
    whole = half.replace("\\ud800", "\\ud83d\\ude00")
    assert run("check", written(tmp_path, whole, "whole.json"), "--json").code == 3


def test_a_closed_output_is_told_in_one_line() -> None:
    command = f'"{sys.executable}" -m exeat tier DE >&-'
    ran = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False, timeout=280)
    assert ran.returncode == 1 and ran.stderr == "exeat: standard output is closed; no answer can be shown\n"


def test_no_nearest_draft_is_not_called_none(run: Run) -> None:
    ran = run("check", *ORDER, *GERMAN, "--draft", "zzz")
    ran.refused("no draft is called 'zzz'; known: ")


def emptied(text: str) -> str:
    return text.splitlines()[0] + "\n"


@pytest.mark.parametrize(
    ("file", "change", "told"),
    [
        ("groups/members.csv", emptied, "no member of A:1 is listed"),
        ("groups/members.csv", lambda text: "", "the columns are ;"),
        ("groups/members.csv", lambda text: "x,y\n", "the columns are x, y;"),
        ("groups/members.csv", lambda text: text.replace(",CN,", ",cn,"), "'cn' in D:1 is no place code; perhaps CN"),
        ("groups/members.csv", lambda text: text.replace(",CN,", ",China,"), "'China' in D:1 is no place code"),
        ("groups/destinations.csv", lambda text: "x\n", "the columns are x;"),
        ("facts.md", lambda text: text + "\udcff", "not UTF-8"),
        ("groups/members.csv", None, "cannot be read"),
    ],
)
def test_a_damaged_law_file_is_an_error_never_a_place_in_no_group(
    tmp_path: Path, file: str, change: Callable[[str], str] | None, told: str
) -> None:
    folder = tmp_path / "law"
    shutil.copytree(law_folder(), folder, ignore=shutil.ignore_patterns("us", "drafts"))
    path = folder / file
    if change is None:
        path.unlink()
    else:
        path.write_bytes(change(path.read_text(encoding="utf-8")).encode(errors="surrogateescape"))
    with pytest.raises(LawError) as error:
        read_lawbook(folder)
    assert told in str(error.value) and str(error.value).startswith(file)
