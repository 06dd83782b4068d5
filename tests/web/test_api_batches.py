"""``/v1/batches``: a table goes through in the background; what is too large, too many or no table is refused."""

from __future__ import annotations

import io
import random
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from exeat.web.app import create_app
from exeat.web.batch_process import main, read_state, refuse_bomb
from exeat.web.batches import TABLES
from exeat.web.settings import Settings

QUIET = (HealthCheck.function_scoped_fixture, HealthCheck.too_slow)
AT = "http://127.0.0.1:8000"
HEAD = b"date,item,destination,ultimate_consignee_country,ultimate_consignee_headquarters,quantity\n"
TABLE = HEAD + b"2025-07-01,NVIDIA H100 SXM,DE,DE,DE,5\n2025-07-01,=nope,DE,DE,DE,5\n2025-07-01,NVIDIA T4,CN,CN,CN,1\n"


def _send(client: TestClient, table: bytes, name: str = "orders.csv", **data: Any) -> Any:
    return client.post("/v1/batches", files={"file": (name, table)}, data=data)


def _wait(client: TestClient, batch: dict[str, Any]) -> dict[str, Any]:
    until = time.monotonic() + 280
    while time.monotonic() < until:
        found: dict[str, Any] = client.get(batch["links"]["self"]).json()
        if found["state"] in ("done", "failed"):
            return found
        time.sleep(0.1)
    raise AssertionError(f"still {found['state']}")


@pytest.fixture
def small() -> Iterator[TestClient]:
    bounds = {"upload_bytes_max": 20_000, "rows_max": 5, "batches_waiting_max": 2, "batches_kept_max": 4}
    app = create_app(Settings(**bounds, rate_per_second=1e6, rate_burst=10**6))  # type: ignore[arg-type]
    with TestClient(app, base_url=AT, raise_server_exceptions=False) as client:
        yield client


def test_a_table_goes_through_and_can_be_deleted(client: TestClient) -> None:
    sent = _send(client, TABLE, map=["quantity=quantity"])
    assert sent.status_code == 202 and sent.headers["location"] == sent.json()["links"]["self"]
    found = _wait(client, sent.json())
    assert found["state"] == "done", found["error"]
    assert (found["summary"]["rows"], found["summary"]["errors"]) == (3, 1)
    result = client.get(found["links"]["result"])
    assert (
        result.headers["content-type"].startswith("text/csv") and "attachment" in result.headers["content-disposition"]
    )
    lines = result.text.splitlines()
    assert len(lines) == 4 and "'=nope" in lines[2], "a cell that a spreadsheet would take for a formula is disarmed"
    assert "=nope" in client.get(found["links"]["errors"]).text
    assert client.get(found["links"]["traces"]).content[:4] == b"PAR1"
    assert client.get(found["links"]["self"] + "/table").status_code == 404
    assert client.delete(found["links"]["self"]).status_code == 204
    assert client.get(found["links"]["result"]).status_code == 404


def test_files_lie_where_nobody_else_can_read_them_and_go_with_the_service() -> None:
    app = create_app(Settings())
    with TestClient(app, base_url=AT) as client:
        first, second = (_send(client, TABLE).json() for _ in range(2))
        root: Path = app.state.site.batches._root
        assert root.stat().st_mode & 0o077 == 0
        assert {path.name for path in root.iterdir()} == {first["id"], second["id"]}
        assert len(first["id"]) == 32 and first["id"] != second["id"]
    assert not root.exists()


def test_a_table_is_gone_when_its_time_is_over() -> None:
    app = create_app(Settings(batch_hours=0.0005))
    with TestClient(app, base_url=AT) as client:
        sent = _send(client, TABLE).json()
        until = time.monotonic() + 280
        while client.get(sent["links"]["self"]).status_code != 404 and time.monotonic() < until:
            time.sleep(0.1)
        assert client.get(sent["links"]["self"]).status_code == 404
        while list(app.state.site.batches._root.iterdir()) and time.monotonic() < until:
            time.sleep(0.1)  # what ran was killed, and dies in its own time
        assert not list(app.state.site.batches._root.iterdir())


@pytest.mark.parametrize(
    ("name", "table", "status", "says"),
    [
        ("orders.cvs", TABLE, 422, "perhaps 'csv'"),
        ("orders", TABLE, 422, "is no table"),
        ("../../etc/passwd", TABLE, 422, "is no table"),
        ("orders.csv", b"", 422, "is empty"),
        ("orders.csv", b"x" * 20_001, 413, "20,000"),
        ("orders.csv", b"x" * 200_000, 413, "larger than"),
    ],
)
def test_no_table_is_refused_at_once(small: TestClient, name: str, table: bytes, status: int, says: str) -> None:
    found = _send(small, table, name)
    assert found.status_code == status and says in found.json()["detail"], found.text


def test_fields_nobody_knows_are_refused(small: TestClient) -> None:
    assert _send(small, TABLE, on_column="date").status_code == 422
    assert _send(small, TABLE, map=["a"]).status_code == 422
    assert _send(small, TABLE, map=["a=item", "a=date"]).status_code == 422
    assert _send(small, TABLE, form="pdf").status_code == 422
    assert small.post("/v1/batches", json={}).status_code == 415
    assert small.post("/v1/batches", data={"file": "x"}, files={"on": ("a", b"x")}).status_code == 422
    broken = {"content-type": "multipart/form-data"}
    assert small.post("/v1/batches", content=b"x", headers=broken).status_code == 400


def test_too_many_rows_fail_as_soon_as_they_are_counted(small: TestClient) -> None:
    sent = _send(small, HEAD + b"2025-07-01,NVIDIA H100 SXM,DE,DE,DE,5\n" * 6)
    found = _wait(small, sent.json())
    assert found["state"] == "failed" and "6 rows" in found["error"]
    assert small.get(found["links"]["result"]).status_code == 409


def test_too_many_tables_are_refused(small: TestClient) -> None:
    found = [_send(small, TABLE).status_code for _ in range(6)]
    assert 503 in found and set(found) <= {202, 503}


def test_a_body_longer_than_it_says_is_cut_off(small: TestClient) -> None:
    def stream() -> Iterator[bytes]:
        yield b"--x\r\ncontent-disposition: form-data; name=file; filename=a.csv\r\n\r\n"
        for _ in range(1000):
            yield b"x" * 1000

    kind = {"content-type": "multipart/form-data; boundary=x"}
    assert small.post("/v1/batches", content=stream(), headers=kind).status_code == 413


def test_a_workbook_that_unpacks_to_far_more_is_refused(tmp_path: Path) -> None:
    bomb = tmp_path / "table.xlsx"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/worksheets/sheet1.xml", b"0" * 5_000_000)
    with pytest.raises(ValueError, match="unpacks to"):
        refuse_bomb(bomb, 100_000)
    refuse_bomb(bomb, 1_000_000)


@settings(max_examples=40, deadline=None, suppress_health_check=QUIET)
@given(
    st.sampled_from(TABLES),
    st.one_of(
        st.binary(max_size=400),
        st.text(max_size=200).map(lambda text: HEAD + text.encode("utf-8", "replace")),
        st.integers(0, 2**32).map(lambda seed: _torn(seed)),
    ),
)
def test_a_fuzzed_table_is_done_or_failed_in_one_line(
    tmp_path_factory: pytest.TempPathFactory, ending: str, table: bytes
) -> None:
    folder = tmp_path_factory.mktemp("batch")
    (folder / f"table.{ending}").write_bytes(table)
    job = '{"on": null, "mapped": {}, "form": "csv", "rows_max": 1000, "upload_bytes_max": 100000}'
    (folder / "job.json").write_text(job)
    assert main(folder) == 0
    state = read_state(folder)
    assert state["state"] in ("done", "failed")
    if state["state"] == "failed":
        assert "\n" not in state["error"] and "internal error" not in state["error"], state
        assert str(folder) not in state["error"]


def _torn(seed: int) -> bytes:
    """A real table with some of its bytes changed, cut or doubled."""
    random_ = random.Random(seed)
    table = bytearray(TABLE)
    for _ in range(random_.randint(1, 12)):
        place = random_.randrange(len(table))
        match random_.randrange(3):
            case 0:
                table[place] = random_.randrange(256)
            case 1:
                del table[place : place + random_.randrange(20)]
            case _:
                table[place:place] = table[place : place + 30]
    return bytes(table)


def test_fuzzed_uploads_never_give_a_500(client: TestClient) -> None:
    random_ = random.Random(7)
    for number in range(120):
        ending = random_.choice((*TABLES, "exe", "", "csv.csv", "CSV", "c\x00sv", "é"))
        body = _torn(number) if number % 2 else random_.randbytes(random_.randrange(300))
        data = {name: random_.choice(("", "x", "a=b", "\x00", "date", "é")) for name in ("on", "map", "form")}
        found = client.post("/v1/batches", files={"file": (f"t.{ending}", body)}, data=data)
        assert found.status_code < 500 or found.status_code == 503, (number, found.text)
        if found.status_code == 202:
            client.delete(found.json()["links"]["self"])
    for number in range(60):
        kind = random_.choice(
            ("multipart/form-data", "multipart/form-data; boundary=x", "multipart/form-data; boundary=")
        )
        found = client.post("/v1/batches", content=random_.randbytes(200), headers={"content-type": kind})
        assert found.status_code < 500, (number, found.text)


def test_buffers_are_bytes_not_paths(client: TestClient) -> None:
    """A name that is a path is never opened: what is decided is what was sent."""
    sent = client.post("/v1/batches", files={"file": ("/etc/hosts.csv", io.BytesIO(TABLE))})
    assert sent.status_code == 202
    assert _wait(client, sent.json())["summary"]["rows"] == 3
