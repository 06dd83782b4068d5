"""``exeat check`` on real questions: each answer the first version must give, by name."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from exeat.cli.quick import plain_check

H100 = ("check", "NVIDIA H100 SXM", "--quantity", "512")
GERMAN = (*H100, "--to", "DE", "--headquarters", "DE", "--parent", "DE")
Run = Callable[..., Any]


def usable(track: dict[str, Any]) -> list[str]:
    return [e["symbol"] for e in track["exceptions"] if e["usable"]]


def test_to_germany_in_july_2025_aia_with_its_certification_by_text_and_nothing_enforced(run: Run) -> None:
    ran = run(*GERMAN, "--on", "2025-07-01", "--json")
    data = ran.data
    assert ran.code == 0
    assert data["text"]["outcome"] == "license_exception" and data["enforced"]["outcome"] == "no_license_required"
    aia = next(e for e in data["text"]["exceptions"] if e["symbol"] == "AIA")
    assert aia["usable"] and any("certification" in duty["text"] for duty in aia["duties"])
    assert any(d["provision"] == "§ 742.6(a)(6)(iii)(A)" and d["source"] for d in data["differences"])


def test_with_a_parent_in_the_uae_aia_fails_on_the_parent_and_lpp_is_examined(run: Run) -> None:
    data = run(*H100, "--to", "DE", "--headquarters", "DE", "--parent", "AE", "--on", "2025-07-01", "--json").data
    exceptions = {e["symbol"]: e for e in data["text"]["exceptions"]}
    failed = [c["label"] for c in exceptions["AIA"]["conditions"] if c["met"] == "no"]
    assert exceptions["AIA"]["usable"] is False and any("parent" in label for label in failed)
    assert exceptions["LPP"]["conditions"] and exceptions["LPP"]["usable"] is not False


def test_in_march_2025_no_duty_on_either_track_and_it_says_why(run: Run) -> None:
    data = run(*GERMAN, "--on", "2025-03-01", "--json").data
    assert data["text"]["outcome"] == data["enforced"]["outcome"] == "no_license_required"
    assert {"90 FR 4544": "2025-05-15"}.items() <= {p["instrument"]: p["compliance"] for p in data["pending"]}.items()
    told = run(*GERMAN, "--on", "2025-03-01").out
    assert "90 FR 4544 is in the CFR; compliance is due on 2025-05-15" in told


def test_a_parent_in_china_needs_a_license_on_both_tracks(run: Run) -> None:
    ran = run(*H100, "--to", "SG", "--headquarters", "SG", "--parent", "CN", "--on", "2025-07-01", "--json")
    assert ran.code == 0
    assert ran.data["text"]["outcome"] == ran.data["enforced"]["outcome"] == "license_required"


def test_the_sixteenth_and_seventeenth_of_november_2023_differ(run: Run) -> None:
    place = ("--to", "SG", "--headquarters", "SG", "--parent", "CN")
    before = run(*H100, *place, "--on", "2023-11-16", "--json").data
    after = run(*H100, *place, "--on", "2023-11-17", "--json").data
    assert before["text"]["outcome"] == "no_license_required"
    assert after["text"]["outcome"] == "license_required"


def test_as_known_on_the_first_of_may_2025_the_diffusion_rule_was_due_and_enforced(run: Run) -> None:
    data = run(*GERMAN, "--known-on", "2025-05-01", "--on", "2025-06-01", "--json").data
    assert data["text"]["outcome"] == data["enforced"]["outcome"] == "license_exception"
    assert data["differences"] == []
    assert "AIA" in usable(data["enforced"])


def test_an_unknown_density_that_decides_is_asked_for_with_an_exit_code_of_its_own(run: Run) -> None:
    place = ("--to", "CN", "--headquarters", "CN", "--parent", "CN", "--on", "2023-12-01")
    ran = run("check", "--tpp", "2000", "--marketed-for-datacenters", "yes", *place, "--json")
    assert ran.code == 3
    assert ran.data["text"]["outcome"] == "unknown"
    assert ran.data["ask"][0]["fact"] == "performance_density"


def test_a_missing_headquarters_is_asked_for_and_not_taken_from_the_address(run: Run) -> None:
    ran = run(*H100, "--to", "SG", "--on", "2023-12-01", "--json")
    assert ran.code == 3
    asked = {ask["fact"] for ask in ran.data["ask"]}
    assert {"headquarters", "ultimate_parent_headquarters"} <= asked
    assert "headquarters" not in ran.data["parties"][0]


def test_keys_that_others_build_on_are_there(run: Run) -> None:
    data = run(*H100, "--to", "CN", "--on", "2023-12-01", "--json").data
    assert {"eccn", "classification", "outcome", "text", "enforced", "ask", "law"} <= data.keys()
    for track in ("text", "enforced"):
        assert all(r["id"] for r in data[track]["requirements"])
        assert all({"symbol", "usable"} <= e.keys() for e in data[track]["exceptions"])
        assert data[track]["review_policy"] == "presumption_of_denial"
    assert len(data["law"]["digest"]) == 64


def test_an_interval_is_answered_with_whether_it_holds_over_the_whole(run: Run) -> None:
    place = ("--to", "CN", "--headquarters", "CN", "--parent", "CN", "--on", "2023-12-01")
    ran = run("check", "--tpp", "4000", "--die-area", "600..700", "--marketed-for-datacenters", "yes", *place, "--json")
    figure = ran.data["uncertain_figures"][0]
    assert (figure["fact"], figure["low"], figure["high"]) == ("applicable_die_area_mm2", 600, 700)
    assert figure["verdict"] in ("robust", "fragile")


def test_figures_of_ones_own_win_over_the_catalog(run: Run) -> None:
    data = run(*H100, "--to", "CN", "--on", "2023-12-01", "--figure", "tpp=100", "--json").data
    assert data["facts"]["tpp"] == 100 and data["eccn"] != "3A090.a"


def test_the_place_may_be_a_name_and_the_export_is_from_the_united_states(run: Run) -> None:
    ran = run(*H100, "--to", "Germany", "--on", "2025-03-01")
    assert ran.out.startswith("512 x NVIDIA H100") and "export from US" in ran.out and "DE (Germany)" in ran.out


# The words for people


def test_the_answer_comes_first_and_the_parts_in_the_laws_order(run: Run) -> None:
    told = run(*GERMAN, "--on", "2025-07-01").out
    parts = ("ANSWER", "CLASSIFICATION", "REQUIREMENTS", "EXCEPTIONS", "DIFFERENCES", "PRESUMED", "NOT MODELED")
    places = [told.index(f"\n{part}") for part in (*parts, "PROVENANCE")]
    assert places == sorted(places)


@pytest.mark.parametrize("parent", ["DE", "AE", "CN"])
@pytest.mark.parametrize("on", ["2023-12-01", "2025-03-01", "2025-07-01", "2026-07-15"])
@pytest.mark.parametrize("full", [False, True])
def test_it_reads_at_80_columns_without_color(run: Run, parent: str, on: str, full: bool) -> None:
    more = ("--full",) if full else ()
    told = run(*H100, "--to", "SG", "--headquarters", "SG", "--parent", parent, "--on", on, *more).out
    assert "\x1b" not in told
    long = [line for line in told.splitlines() if len(line) > 80 and not line.strip().startswith("http")]
    assert long == []


def test_no_verdict_is_ever_clear_approved_or_allowed(run: Run) -> None:
    for argv in (GERMAN, (*H100, "--to", "MX", "--headquarters", "MX", "--parent", "MX")):
        for on in ("2022-12-01", "2025-03-01", "2025-07-01", "2026-07-15"):
            told = run(*argv, "--on", on).out
            answer = told[told.index("ANSWER") : told.index("CLASSIFICATION")]
            assert not re.search(r"\b(clear|cleared|approved|allowed|ok)\b", answer, re.IGNORECASE)
            assert "no license requirement found under the encoded" in answer


def test_what_would_settle_it_is_told_as_questions_with_what_answers_would_give(run: Run) -> None:
    told = run(*H100, "--to", "SG", "--on", "2025-07-01").out
    part = told[told.index("WHAT WOULD SETTLE IT") :]
    assert "headquartered" in part and "license required" in part


# Transaction files


def written(folder: Path, content: str | bytes, name: str = "order.json") -> str:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return str(path)


ORDER = {
    "date": "2025-07-01",
    "activity": "export",
    "item": {"name": "NVIDIA H100 SXM"},
    "quantity": 512,
    "origin": "US",
    "destination": "SG",
    "parties": [
        {"role": "ultimate_consignee", "country": "SG", "headquarters": "SG", "ultimate_parent_headquarters": "CN"}
    ],
}


def test_a_file_gives_the_answer_of_its_flags(run: Run, tmp_path: Path) -> None:
    by_file = run("check", written(tmp_path, json.dumps(ORDER)), "--json")
    flags = ("--to", "SG", "--headquarters", "SG", "--parent", "CN", "--on", "2025-07-01", "--json")
    assert by_file.data == run(*H100, *flags).data


def test_a_list_of_transactions_is_answered_one_by_one(run: Run, tmp_path: Path) -> None:
    unknown = {"date": "2023-12-01", "activity": "export", "item": "NVIDIA H100 SXM", "destination": "SG"}
    name = written(tmp_path, json.dumps([ORDER, unknown]))
    ran = run("check", name, "--json")
    assert ran.code == 3 and [d["outcome"] for d in ran.data] == ["license_required", "unknown"]
    assert run("check", name).out.count("ANSWER for") == 2
    assert isinstance(run("check", written(tmp_path, json.dumps([ORDER])), "--json").data, list)


def test_a_file_may_be_asked_for_another_day(run: Run, tmp_path: Path) -> None:
    ran = run("check", written(tmp_path, json.dumps(ORDER)), "--on", "2022-12-01", "--json")
    assert ran.data["date"] == "2022-12-01" and ran.data["outcome"] == "no_license_required"


# The real process


def exeat(*argv: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([sys.executable, "-m", "exeat", *argv], input=stdin, capture_output=True, check=False)


def test_the_process_reads_standard_input_and_exits_with_its_code() -> None:
    done = exeat("check", "-", "--json", stdin=json.dumps(ORDER).encode())
    assert done.returncode == 0 and json.loads(done.stdout)["outcome"] == "license_required"
    assert done.stderr == b""


def test_the_process_tells_bad_input_in_one_line_without_a_traceback() -> None:
    done = exeat("check", "-", stdin=b'{"date": "2025')
    assert done.returncode == 2 and done.stdout == b""
    assert done.stderr.count(b"\n") == 1 and b"Traceback" not in done.stderr


def test_the_warm_path_loads_none_of_the_heavy_libraries() -> None:
    code = (
        "import sys; from exeat.cli import main;"
        "main(['check', 'NVIDIA H100 SXM', '--to', 'DE', '--on', '2025-07-01', '--json']);"
        "heavy = {'sqlglot', 'rapidfuzz', 'rich', 'yaml', 'z3', 'duckdb', 'difflib'} & set(sys.modules);"
        "print(sorted(heavy), file=sys.stderr)"
    )
    subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "sqlglot" not in done.stderr and "rich" not in done.stderr and "rapidfuzz" not in done.stderr
    assert "yaml" not in done.stderr and "z3" not in done.stderr and "duckdb" not in done.stderr


def test_the_light_path_reads_what_the_parser_reads(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    words = (*GERMAN, "--on=2025-07-01", "--fact", "fits_rpl=no", "--fact", "fits_gov=no", "--json")
    light = run(*words)
    monkeypatch.setattr("exeat.cli.quick.plain_check", lambda words: None)
    assert run(*words).data == light.data


@pytest.mark.parametrize(
    "words",
    [
        ("--help",), ("--tpp", "-3"), ("--to",), ("--too", "DE"), ("a", "b"), ("--to", "DE", "--to", "FR"), ("-x",),
        ("--to", "DE", "--"), ("--json=yes",),
    ],
)  # fmt: skip
def test_what_is_not_plain_is_left_to_the_parser(words: tuple[str, ...]) -> None:
    assert plain_check(words) is None
