"""Names: good, ambiguous and hostile. The cases stand in names.csv, for anyone to read and add to."""

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exeat.catalog import AmbiguousItem, CatalogError, Item, UnknownItem, load

with (Path(__file__).parent / "names.csv").open(encoding="utf-8", newline="") as file:
    CASES = [(row["asked"], row["found"]) for row in csv.DictReader(file)]


def found(name: str) -> list[Item]:
    """The items a name leads to; an error must be one printable line."""
    try:
        return [load().find(name)]
    except CatalogError as error:
        if not str(error).isprintable():
            raise AssertionError(ascii(error)) from error
        return list(error.candidates) if isinstance(error, AmbiguousItem) else []


@pytest.mark.parametrize(("asked", "expected"), CASES)
def test_name(asked: str, expected: str) -> None:
    if expected == "unknown":
        with pytest.raises(UnknownItem):
            load().find(asked)
    elif expected.startswith("ambiguous: "):
        with pytest.raises(AmbiguousItem) as error:
            load().find(asked)
        names = set(expected.removeprefix("ambiguous: ").split())
        assert {item.id for item in error.value.candidates} == names
        assert all(name in str(error.value) for name in names)
    else:
        assert load().find(asked).id == expected


def test_every_name_leads_to_its_item_or_is_called_ambiguous() -> None:
    catalog = load()
    for item in catalog.items.values():
        assert catalog.find(item.id) is item
        for name in (item.name, item.full_name, item.id.partition("-")[2], *item.aliases):
            assert item in found(name), name


def test_numbers_decide() -> None:
    """Changing any digit of a name never leads to the same item."""
    catalog = load()
    for item in catalog.items.values():
        for place, digit in enumerate(item.full_name):
            if digit.isdigit():
                other = str((int(digit) + 1) % 10)
                changed = item.full_name[:place] + other + item.full_name[place + 1 :]
                assert found(changed) != [item], changed


@pytest.mark.parametrize(
    "text", ["", "   ", "\n", "x" * 2_000_000, "H100\x00SXM", "H1\u200b00 SXM", "\x1b[31mH100", "\ud800"]
)
def test_hostile_text_is_one_short_clean_line(text: str) -> None:
    with pytest.raises(UnknownItem) as error:
        load().find(text)
    message = str(error.value)
    assert message.isprintable()
    assert len(message) < 300


@given(st.text(max_size=300))
def test_any_text_is_found_or_refused(text: str) -> None:
    found(text)
    assert len(load().search(text, 5)) <= 5


def test_unknown_names_the_nearest() -> None:
    with pytest.raises(UnknownItem, match="H100 SXM5") as error:
        load().find("H100 SMX")
    assert "NVIDIA H100 SXM5 80 GB" in error.value.nearest


def test_search_lists() -> None:
    catalog = load()
    assert {item.id for item in catalog.search("h100", 50)} >= {
        "nvidia-h100-sxm",
        "nvidia-h100-pcie",
        "nvidia-dgx-h100",
    }
    assert all("h200" not in item.id for item in catalog.search("h100", 50))
    assert len(catalog.search("", 7)) == 7
    assert [item.id for item in catalog.search("wormhole n300s")] == ["tenstorrent-n300s"]
    assert catalog.search("gefroce rtx 4090")
    assert catalog.search("zzzzzzzzzzzz") == []
