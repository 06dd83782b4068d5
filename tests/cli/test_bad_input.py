"""Bad input: one clear line with the nearest valid word, exit code 2, never a traceback."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]
ON = ("--on", "2025-07-01")


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (("check", "NVIDIA H100 SXM", "--to", "XQ", *ON), ("XQ", "place")),
        (("check", "NVIDIA H100 SXM", "--to", "EL", *ON), ("GR",)),
        (("check", "NVIDIA H100 SXM", "--to", "Germny", *ON), ("DE (Germany)",)),
        (("check", "NVIDIA H100 SXM", "--to", "DE", "--parent", "Chnia", *ON), ("China",)),
        (("check", "--tpp", "-3", "--to", "DE", *ON), ("tpp", "-3")),
        (("check", "--tpp=-3", "--to", "DE", *ON), ("tpp", "-3")),
        (("check", "--tpp", "many", "--to", "DE", *ON), ("tpp", "many")),
        (("check", "--tpp", "900..100", "--to", "DE", *ON), ("tpp", "range")),
        (("check", "--tpp", "5", "--figure", "tpp=6", "--to", "DE", *ON), ("twice",)),
        (("check", "NVIDIA H100 SXM", "--to", "DE", "--on", "2025-02-30"), ("2025-02-30", "YYYY-MM-DD")),
        (("check", "NVIDIA H100 SXM", "--to", "DE", "--on", "1/2/2025"), ("YYYY-MM-DD",)),
        (("check", "NVIDIA H100 SXM", "--to", "DE", "--known-on", "2025-13-01", *ON), ("2025-13-01",)),
        (("check", "NVIDIA H100 SXM", "--to", "DE", "--on", "2001-01-01"), ("begins on",)),
        (("check", "NVIDIA H100 SXM", "--to", "DE", "--fact", "end_us=training", *ON), ("end_us", "end_use")),
        (("check", "NVIDIA H100 SXM", "--to", "DE", "--fact", "end_use", *ON), ("NAME=VALUE",)),
        (("check", "NVIDIA H100 SXM", "--to", "DE", "--fact", "nac_confirmed=maybe", *ON), ("yes, no or unknown",)),
        (("check", "NVIDIA H100 SXM", "--to", "DE", "--fact", "headquarters=DE", *ON), ("party",)),
        (("check", "NVIDIA H100 SXM", "--to", "DE", "--party-fact", "privat_sector=yes", *ON), ("private_sector",)),
        (("check", "NVIDIA H100 SXM", "--to", "DE", "--end-use", "trainng", *ON), ("training",)),
        (("check", "NVIDIA H100 SXM", "--to", "DE", "--role", "consignee", *ON), ("ultimate_consignee",)),
        (("check", "NVIDIA H100 SXM", "--to", "DE", "--quantity", "-1", *ON), ("quantity", "-1")),
        (("check", "NVIDIA H100 SXM", "--to", "DE", "--quantity", "1.5", *ON), ("quantity", "1.5")),
        (("check", "NVIDIA H100 SXM", "--figure", "tp=1", "--to", "DE", *ON), ("tp", "tpp")),
        (("check", "NVIDIA H1000 SXM", "--to", "DE", *ON), ("H1000", "H100")),
        (("check", "H100", "--to", "DE", *ON), ("3 items",)),
        (("check", "--to", "DE", *ON), ("item",)),
        (("check", "NVIDIA H100 SXM", "--too", "DE", *ON), ("--too", "--to")),
        (("check", "NVIDIA H100 SXM", "--to"), ("--to",)),
        (("check", "NVIDIA H100 SXM", "another", "--to", "DE", *ON), ("another",)),
        (("chek",), ("chek", "check")),
        (("law", "shw", "740.27"), ("show",)),
        (("law", "show", "740.277"), ("740.2",)),
        (("law", "diff", "2025-02-30", "2025-03-01"), ("2025-02-30",)),
        (("law", "diff", "2025-04-01", "2025-03-01"), ("earlier",)),
        (("law", "check", "--law", "/nonexistent"), ("facts.md",)),
        (("classify", "H1O0"), ("H1O0",)),
        (("items", "--on", "2025-99-01"), ("2025-99-01",)),
        (("items", "no such item"), ("no such item",)),
        (("check", "missing.json"), ("missing.json", "no such file")),
    ],
)
def test_bad_input_is_told_in_one_line(run: Run, argv: tuple[str, ...], words: tuple[str, ...]) -> None:
    run(*argv).refused(*words)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b'{"date": "2025-07-01", "item": {"name": "NVIDIA H100', (":1:", "JSON")),
        (b'{"date": "2025-07-01",\n "item": \n', (":3:", "too early")),
        (b"", ("empty",)),
        (b"\xff\xfe\x00{", ("UTF-8",)),
        (b"[]", ("empty list",)),
        (b"3", ("expected a transaction",)),
        (b"[1]", ("transaction 1",)),
        (b"{}", ("no date",)),
        (b'{"date": "2025-07-01", "date": "2025-07-02"}', ("twice",)),
        (b'{"date": "2025-07-01", "quantity": NaN}', ("NaN",)),
        (b'{"date": "2025-07-01", "dest": "DE"}', ("dest", "destination")),
        (b'{"date": "2025-07-01", "destination": 5}', ("destination",)),
        (b'{"date": "2025-07-01", "parties": {"role": "end_user"}}', ("parties",)),
        (b'{"date": "2025-07-01", "parties": [{"headquarter": "DE"}]}', ("headquarters", "party 1")),
        (b'{"date": "2025-07-01", "item": {"tpp": 1e400}}', ("tpp",)),
        (b'{"date": "2025-07-01", "item": {"tppp": 1}}', ("tppp", "tpp")),
        (b'{"date": "2025-07-01", "facts": {"tpp": []}}', ("tpp",)),
        (b'{"date": ["2025-07-01"]}', ("date",)),
        (b"[" * 100000, ("nested",)),
        (b'{"date": "2025-07-01", "quantity": ' + b"9" * 5000 + b"}", ("order.json",)),
    ],
)
def test_a_file_that_cannot_be_read_is_told_in_one_line(
    run: Run, tmp_path: Path, content: bytes, words: tuple[str, ...]
) -> None:
    path = tmp_path / "order.json"
    path.write_bytes(content)
    run("check", str(path)).refused(*words)


def test_a_folder_is_no_transaction_file(run: Run, tmp_path: Path) -> None:
    run("check", str(tmp_path), "--to", "DE").refused("folder")
    folder = tmp_path / "orders.json"
    folder.mkdir()
    run("check", str(folder)).refused("folder")


def test_the_second_of_two_transactions_is_named(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "orders.json"
    good = {"date": "2025-07-01", "item": "NVIDIA H100 SXM", "destination": "DE"}
    path.write_text(json.dumps([good, {**good, "destination": "XQ"}]))
    run("check", str(path)).refused("transaction 2", "XQ")


def test_flags_beside_a_file_are_refused(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "order.json"
    path.write_text('{"date": "2025-07-01"}')
    run("check", str(path), "--to", "DE").refused("--to", "beside")
    run("check", str(path), "--fact", "tpp=3").refused("--fact")
    run("check", str(path), "--from", "US").refused("--from")
