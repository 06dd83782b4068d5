"""The documents are true: every command in them runs, in its page's order, in a folder of its own."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from exeat.cli import DECIDED, UNKNOWN, main

ROOT = Path(__file__).resolve().parent.parent.parent
#: These pages need tables of their own: their tests stand beside those of the tables.
ELSEWHERE = {"tables.md", "warehouse.md"}
PAGES = sorted(page for page in (ROOT / "docs").glob("*.md") if page.name not in ELSEWHERE)


def commands(page: Path) -> list[str]:
    blocks = re.findall(r"```console\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    return [line[2:] for block in blocks for line in block.splitlines() if line.startswith("$ ")]


@pytest.mark.parametrize("page", [page for page in PAGES if commands(page)], ids=lambda page: page.stem)
def test_every_command_of_a_page_runs(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # In this process: those of the README run as processes.
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EXEAT_DATA_DIR", str(tmp_path / "lists"))
    for command in commands(page):
        words = shlex.split(command)
        if words[0] == "export":
            name, _, value = words[1].partition("=")
            monkeypatch.setenv(name, value)
            continue
        assert words[0] == "exeat", command
        code = main(words[1:])
        told = capsys.readouterr()
        assert code in (DECIDED, UNKNOWN), f"{command}\n{told.err}"
        assert told.out.strip(), command


def test_the_pages_build(tmp_path: Path) -> None:
    pytest.importorskip("mkdocs")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(tmp_path / "site")],
        cwd=ROOT, env={**os.environ, "NO_MKDOCS_2_WARNING": "1"}, capture_output=True, text=True, timeout=280,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    reference = tmp_path / "site" / "reference"
    assert "26,900,000" in (reference / "limits.html").read_text(encoding="utf-8").replace("26900000", "26,900,000")
    assert "90 FR 4544" in (reference / "instruments.html").read_text(encoding="utf-8")
    assert "exeat ledger reserve" in (reference / "commands.html").read_text(encoding="utf-8")
