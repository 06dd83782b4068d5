"""Batch: a table sent, its columns named, decided and taken, without a script; and what is refused on the way."""

from __future__ import annotations

import csv
import html
import io
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from exeat.library import desk
from exeat.portfolio.commands import batch
from exeat.web.app import create_app
from exeat.web.pages.batch import counts, places
from exeat.web.settings import Settings

PAGE = {"accept": "text/html"}
TABLE = """Ship-to,item,Day,consignee_headquarters,consignee_parent,qty,note
DE,NVIDIA H100 SXM,2025-07-01,DE,DE,8,"=1+1"
CN,NVIDIA H20,2025-05-01,CN,,8,second
XX,NVIDIA H100 SXM,2025-07-01,DE,DE,8,third
"""
MAPPED = {"Ship-to": "destination", "Day": "date"}


@pytest.fixture(scope="module")
def kept() -> Iterator[TestClient]:
    app = create_app(Settings(rate_per_second=1e6, rate_burst=10**6, rows_max=500))
    with TestClient(app, base_url="http://127.0.0.1:8000", raise_server_exceptions=False) as found:
        yield found


def token(client: TestClient) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', client.get("/batch", headers=PAGE).text)
    assert found is not None
    return found[1]


def sent(client: TestClient, name: str, content: bytes) -> Any:
    return client.post("/batch", data={"csrf": token(client)}, files={"table": (name, content)}, headers=PAGE)


def started(client: TestClient, page: Any, form: str = "csv", **more: str) -> Any:
    """Start the table of a page of columns, with what stands in its boxes and ``more``."""
    boxes = dict(re.findall(r'<input type="text" name="(column_\d+)" value="([^"]*)"', page.text))
    data = {"csrf": token(client), "form": form, **{k: html.unescape(v) for k, v in boxes.items()}, **more}
    return client.post(str(page.url), data=data, headers=PAGE)


def done(client: TestClient, page: Any) -> Any:
    """The page of a batch once it is no longer under way."""
    until = time.monotonic() + 280
    while 'id="watch"' in page.text and time.monotonic() < until:
        assert '<meta http-equiv="refresh"' in page.text  # without a script the page asks again by itself
        time.sleep(0.1)
        page = client.get(str(page.url), headers=PAGE)
    return page


@pytest.fixture(scope="module")
def decided(kept: TestClient) -> Any:
    columns = sent(kept, "Aufträge 2026.csv", TABLE.encode())
    assert columns.status_code == 200, columns.text
    return done(kept, started(kept, columns, column_0="destination", column_2="date"))


def test_the_columns_are_shown_with_what_they_were_understood_as(kept: TestClient) -> None:
    page = sent(kept, "t.csv", TABLE.replace("Ship-to", "Ship <b>to").encode())
    assert page.status_code == 200
    assert "/batch/columns/" in str(page.url)
    assert "Ship &lt;b&gt;to" in page.text and "<b>to" not in page.text
    assert "ultimate consignee headquarters" in page.text and "quantity" in page.text
    assert "3 rows, 7 columns" in page.text


def test_what_cannot_start_is_said_beside_the_columns(kept: TestClient) -> None:
    client = TestClient(kept.app, base_url="http://127.0.0.1:8000")  # nothing remembered
    columns = sent(client, "t.csv", TABLE.encode())
    assert "No column is understood as the day" in columns.text
    for boxes, says in (
        ({}, "no column &#39;date&#39;"),
        ({"column_2": "dat"}, "no fact is called &#39;dat&#39;"),
        ({"column_2": "date", "column_0": "quantity"}, "both mean"),
    ):
        page = started(client, columns, **boxes)
        assert page.status_code == 422
        assert says in page.text
        assert "--" not in re.sub(r"<!--.*?-->", "", page.text.split('role="alert"')[1].split("</div>")[0])
    assert done(client, started(client, columns, column_0="destination", column_2="date")).status_code == 200


def test_the_summary_and_the_files_are_those_of_the_command(decided: Any, kept: TestClient, tmp_path: Path) -> None:
    table = tmp_path / "table.csv"
    table.write_text(TABLE, encoding="utf-8")
    told = batch(table, tmp_path / "out.csv", mapped=MAPPED, desk=desk())
    assert told["rows"] == 3 and told["errors"] == 1
    assert "3 rows: 2 decided, 1 could not be read" in " ".join(decided.text.split())
    result = kept.get(str(decided.url) + "/result")
    assert result.status_code == 200
    assert list(csv.reader(io.StringIO(result.text))) == list(
        csv.reader(io.StringIO((tmp_path / "out.csv").read_text(encoding="utf-8")))
    )
    assert "attachment" in result.headers["content-disposition"]
    errors = list(csv.DictReader(io.StringIO(kept.get(str(decided.url) + "/errors").text)))
    assert [row["row"] for row in errors] == ["3"]
    assert kept.get(str(decided.url) + "/traces").content.startswith(b"PAR1")
    assert kept.get(str(decided.url) + "/anything", headers=PAGE).status_code == 404


def test_no_cell_of_the_result_is_a_formula(decided: Any, kept: TestClient) -> None:
    rows = list(csv.reader(io.StringIO(kept.get(str(decided.url) + "/result").text)))
    assert any("1+1" in cell for row in rows for cell in row)
    assert not [cell for row in rows for cell in row if cell.startswith("=")]


def test_what_columns_mean_is_remembered(decided: Any, kept: TestClient) -> None:
    page = sent(kept, "again.csv", TABLE.encode())
    assert re.search(r'name="column_0" value="destination"', page.text)
    assert re.search(r'name="column_2" value="date"', page.text)


def test_a_broken_memory_is_forgotten(kept: TestClient) -> None:
    for broken in ("%7B", "[1]", "%22x%22", "\x7f"):
        client = TestClient(kept.app, base_url="http://127.0.0.1:8000", raise_server_exceptions=False)
        columns = sent(client, "t.csv", TABLE.encode())
        page = client.get(str(columns.url), headers={**PAGE, "cookie": f"exeat_columns={broken}"})
        assert page.status_code == 200


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("t.exe", b"MZ", "is no table"),
        ("t.csv", b"", "empty"),
        ("t.xlsx", b"not a workbook", "not a workbook"),
        ("t.parquet", b"PAR1 not really", "cannot be read"),
        ("t.csv", b"date,item\n" + b"2025-07-01,NVIDIA H100 SXM\n" * 501, "at most 500"),
        ("../../etc/passwd", b"x", "is no table"),
    ],
)
def test_what_is_no_table_is_refused_in_one_line(kept: TestClient, name: str, content: bytes, says: str) -> None:
    page = sent(kept, name, content)
    assert page.status_code in (413, 422)
    assert says in page.text
    assert "Traceback" not in page.text and "/tmp" not in page.text


def test_nothing_is_taken_without_the_pages_own_form(kept: TestClient) -> None:
    assert kept.post("/batch", files={"table": ("t.csv", b"a")}, headers=PAGE).status_code == 403
    assert kept.post("/batch", data={"csrf": token(kept)}, headers=PAGE).status_code == 422


def test_a_table_is_deleted_by_its_button(kept: TestClient) -> None:
    page = started(kept, sent(kept, "gone.csv", TABLE.encode()), column_0="destination", column_2="date")
    done(kept, page)
    after = kept.post(f"{page.url}/delete", data={"csrf": token(kept)}, headers=PAGE)
    assert after.status_code == 200 and str(after.url).endswith("/batch")
    assert kept.get(str(page.url), headers=PAGE).status_code == 404


@pytest.mark.parametrize("path", ["/batch/columns/" + "A" * 32, "/batch/" + "A" * 32, "/batch/x", "/batch/%00"])
def test_an_address_that_is_no_tables_is_told(kept: TestClient, path: str) -> None:
    assert kept.get(path, headers=PAGE).status_code == 404


_COUNTS = st.dictionaries(
    st.sampled_from(["unknown", "license_required", "no_license_required", "prohibited", "license_exception"]),
    st.integers(1, 10**9),
    min_size=1,
)


@given(st.dictionaries(st.text(min_size=1, max_size=4), _COUNTS, max_size=12))
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_bars_hold_every_row_and_none_is_wider_than_the_drawing(found: dict[str, dict[str, int]]) -> None:
    drawn = places({"by_destination": found})
    assert {one["place"]: one["rows"] for one in drawn} == {place: sum(by.values()) for place, by in found.items()}
    for one in drawn:
        assert len(one["bar"]) == len(one["by"])
        assert sum(part["wide"] for part in one["bar"]) <= 100.01


def test_the_counts_of_a_track_add_up_to_what_was_decided(decided: Any) -> None:
    table = re.search(r'id="by-track">.*?</table>', decided.text, flags=re.S)
    assert table is not None
    numbers = [int(n.replace(",", "")) for n in re.findall(r'<td class="number">([\d,]+)</td>', table[0])]
    text, enforced = numbers[0::2], numbers[1::2]
    assert sum(text[:-1]) == text[-1] == 2
    assert sum(enforced[:-1]) == enforced[-1] == 2
    assert counts({"outcomes": {"text": {}, "enforced": {}}}) == []
