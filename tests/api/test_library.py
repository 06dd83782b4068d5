"""The Python library: check, explain, law; quick to import, and clear in its refusals."""

from __future__ import annotations

import subprocess
import sys
from datetime import date

import pytest

import exeat

FULL = {
    "date": "2025-07-01",
    "activity": "export",
    "item": {"name": "NVIDIA H100 SXM"},
    "quantity": 512,
    "value_usd": 15000000,
    "origin": "US",
    "destination": "DE",
    "parties": [
        {
            "role": "ultimate_consignee",
            "name": "Beispiel GmbH",
            "country": "DE",
            "headquarters": "DE",
            "ultimate_parent_headquarters": "AE",
        }
    ],
    "end_use": "cloud_service",
    "certifications": [],
    "facts": {},
}


def test_importing_loads_nothing_of_the_package() -> None:
    code = "import sys; import exeat; print([m for m in sys.modules if m.startswith('exeat.')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_mapping_keywords_and_the_short_form_give_one_answer() -> None:
    from_mapping = exeat.check(FULL).to_dict()
    from_keywords = exeat.check(**FULL).to_dict()
    short = exeat.check(
        item="NVIDIA H100 SXM",
        to="Germany",
        headquarters="DE",
        parent="AE",
        name="Beispiel GmbH",
        quantity=512,
        on=date(2025, 7, 1),
        end_use="cloud_service",
    ).to_dict()
    assert from_mapping == from_keywords == short


def test_keywords_win_over_the_mapping() -> None:
    assert exeat.check(FULL, date="2025-03-01").to_dict()["date"] == "2025-03-01"


def test_nothing_is_assumed_of_a_mapping() -> None:
    found = exeat.check({"date": "2023-12-01", "item": "NVIDIA H100 SXM", "destination": "CN"})
    assert "activity" not in found.to_dict()["facts"]


@pytest.mark.parametrize(
    ("keywords", "words"),
    [
        ({"item": "NVIDIA H100 SXM", "on": "2025-02-30"}, "2025-02-30"),
        ({"item": "NVIDIA H100 SXM"}, "no date"),
        ({"item": "NVIDIA H100 SXM", "on": "2025-07-01", "too": "DE"}, "'to'"),
        ({"on": "2025-07-01", "date": "2025-07-01"}, "mean the same"),
        ({"on": "2025-07-01", "parties": [], "headquarters": "DE"}, "parties"),
        ({"on": "2025-07-01", "to": "XQ"}, "XQ"),
        ({"on": "2025-07-01", "figures": [1]}, "mapping"),
        ({"on": "2025-07-01", "figures": {"tpp": -3}}, "-3"),
        ({"on": "2022-01-01", "to": "DE"}, "begins on"),
    ],
)
def test_what_cannot_be_read_is_an_input_error(keywords: dict[str, object], words: str) -> None:
    with pytest.raises(exeat.InputError) as caught:
        exeat.check(**keywords)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_transaction_is_a_mapping() -> None:
    with pytest.raises(exeat.InputError, match="mapping"):
        exeat.check(["no"])  # type: ignore[arg-type]


def test_explain_takes_a_determination_or_a_transaction() -> None:
    told = exeat.explain(exeat.check(FULL))
    assert told == exeat.explain(FULL)
    assert "ANSWER for 2025-07-01" in told
    assert len(exeat.explain(FULL, full=True)) > len(told)
    assert exeat.explain(FULL, width=100) != told


def test_the_law_of_a_day() -> None:
    law = exeat.law(on="2025-06-01")
    assert law.on == date(2025, 6, 1) and law.known_on is None
    section = law.provision("§ 740.27")
    assert section is not None and section.citation == "90 FR 5298"
    assert law.posture(section.provision) is not None
    assert exeat.law(on="2025-06-01", known_on="2025-05-01").posture(section.provision) is None
    assert exeat.law(on="2025-03-01").provision("740.27") is None
    assert "§ 740.27" in {s.provision for s in exeat.law(on="2025-03-01").pending}


@pytest.mark.parametrize("word", ["§ 740.27", "740.27", "§740.27", "15 CFR 740.27", "aia", "AIA"])
def test_provisions_are_found_by_forgiving_names(word: str) -> None:
    assert exeat.law(on="2025-06-01").name_of(word) == "§ 740.27"


def test_an_unknown_or_ambiguous_provision_is_told_with_its_neighbors() -> None:
    law = exeat.law(on="2025-06-01")
    with pytest.raises(exeat.InputError, match=r"740\.2"):
        law.provision("740.277")
    with pytest.raises(exeat.InputError, match=r"§ 740\.8 ACA.*§ 740\.8 NAC"):
        law.provision("740.8")


def test_groups_of_a_place_change_with_the_day() -> None:
    before, after = exeat.law(on="2024-03-14"), exeat.law(on="2024-03-15")
    assert "D:5" not in before.groups_of("Nicaragua") and "D:5" in after.groups_of("NI")
    assert "NI" in after.members_of("D:5")
    with pytest.raises(exeat.InputError, match="D:5"):
        after.members_of("D5")


def test_history_knows_only_what_was_public() -> None:
    assert [s.citation for s in exeat.law("2025-06-01").history("AIA")] == ["90 FR 4544", "90 FR 5298"]
    assert [s.citation for s in exeat.law("2025-06-01", "2025-01-14").history("AIA")] == ["90 FR 4544"]


def test_the_public_names_are_there() -> None:
    assert exeat.Desk.__name__ == "Desk" and exeat.LawView.__name__ == "LawView"
    assert set(exeat.__all__) == set(dir(exeat))
    with pytest.raises(AttributeError):
        _ = exeat.nothing  # type: ignore[attr-defined]
