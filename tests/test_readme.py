"""The README is true: every command in it runs, and its Python does what it says."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from exeat.cli import DECIDED, UNKNOWN, main

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = [
    line[2:]
    for block in re.findall(r"```console\n(.*?)```", README, re.DOTALL)
    for line in block.splitlines()
    if line.startswith("$ ")
]


def test_the_readme_is_short() -> None:
    assert len(README.splitlines()) <= 150


@pytest.mark.parametrize("command", [c for c in COMMANDS if "bin/exeat" in c])
def test_every_command_runs(command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    words = shlex.split(command)
    if words[1] == "check":  # as a person runs it; the others in this process, which has read the law already
        done = subprocess.run(
            [sys.executable, "-m", "exeat", *words[1:]], cwd=ROOT, capture_output=True, text=True, timeout=280,
            check=False,
        )  # fmt: skip
        code, out, err = done.returncode, done.stdout, done.stderr
    else:
        monkeypatch.chdir(ROOT)
        code = main(words[1:])
        out, err = capsys.readouterr()
    assert code in (DECIDED, UNKNOWN), err
    assert out.strip()
    assert not err.strip()


def test_every_make_target_exists() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    named = {command.split()[1] for command in COMMANDS if command.startswith("make ")}
    assert named <= targets
    assert {"demo", "test", "check", "bench"} <= named


def test_the_python_example_holds() -> None:
    (example,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    exec(compile(example, "README.md", "exec"), {})


def test_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert target.startswith("http") or (ROOT / target).exists(), target
