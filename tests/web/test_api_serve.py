"""``exeat serve`` as a process: it listens, answers, logs in JSON, stops; and it refuses to be open to all."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from exeat.cli import BAD_INPUT, main


def test_it_listens_answers_and_stops(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with log.open("w") as stderr:
        process = subprocess.Popen(
            [sys.executable, "-u", "-m", "exeat", "serve", "--port", "0"], stdout=subprocess.PIPE, stderr=stderr,
            text=True, env={**os.environ, "EXEAT_LEDGER": ""},
        )  # fmt: skip
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            found = re.search(r"http://127\.0\.0\.1:(\d+)/", line)
            assert found is not None, line
            with urllib.request.urlopen(f"{found[0]}v1/law/status?on=2025-07-01", timeout=240) as answer:
                assert json.load(answer)["provisions"] > 100
                assert answer.headers["server"] is None
        finally:
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=240)
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert [line["route"] for line in lines] == ["/v1/law/status"] and "2025" not in json.dumps(lines[0]["route"])


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--host", "0.0.0.0"], "can be reached from other machines"),
        (["--host", "0.0.0.0", "--tokens", "none.json"], "none.json"),
        (["--port", "99999"], "at most 65535"),
        (["--host", "203.0.113.7", "--proxy-header", "x-user", "--port", "9"], "cannot listen"),
    ],
)
def test_what_it_refuses_is_told_in_one_line(
    words: list[str], says: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["serve", *words]) == BAD_INPUT
    told = capsys.readouterr().err
    assert says in told and told.count("\n") == 1


def test_a_token_is_printed_once(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "tokens.json"
    assert main(["serve", "token", "erp", "--scope", "decide", "--tokens", str(file)]) == 0
    token = capsys.readouterr().out.strip()
    assert re.fullmatch(r"exeat_[A-Za-z0-9_-]{43}", token) and token not in file.read_text()
    assert main(["serve", "token", "erp", "--tokens", str(file)]) == BAD_INPUT
    assert "already" in capsys.readouterr().err
