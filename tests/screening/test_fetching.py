"""``exeat lists update`` against a server on this machine that misbehaves."""

from __future__ import annotations

import gzip
import http.server
import json
import threading
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import ClassVar

import pytest

from exeat.screening import download, official
from exeat.screening.download import update
from exeat.screening.errors import RefusedSnapshot, ScreeningError, UnreadableList
from exeat.screening.official import OFFICIAL, Official
from exeat.screening.store import ListStore
from tests.screening.conftest import ROWS, row, write_list


class _Server(http.server.BaseHTTPRequestHandler):
    """Answers each path with (status, headers, body); a longer stated length than the body is a cut answer."""

    pages: ClassVar[dict[str, tuple[int, dict[str, str], bytes]]] = {}
    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        _Server.asked.append(self.path)
        status, headers, body = _Server.pages.get(self.path, (404, {}, b""))
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[str]:
    _Server.pages, _Server.asked = {}, []
    held = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Server)
    threading.Thread(target=held.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{held.server_address[1]}"
    held.shutdown()
    held.server_close()


def fetched(tmp_path: Path, url: str, source: str = "csl", **more: object) -> download.Fetched:
    return update(ListStore(tmp_path), source, (url,), pause=lambda _: None, accept=True, **more)  # type: ignore[arg-type]


def test_a_packed_answer_is_unpacked(tmp_path: Path, server: str, made_list: Path) -> None:
    body = gzip.compress(made_list.read_bytes())
    _Server.pages["/csl.csv"] = (200, {"Content-Encoding": "gzip"}, body)
    kept = fetched(tmp_path, f"{server}/csl.csv").kept
    assert kept is not None and sum(kept.rows.values()) == len(ROWS)
    assert kept.path.read_bytes() == made_list.read_bytes()
    _Server.pages["/csl.csv"] = (200, {"Content-Encoding": "gzip"}, body[:-40])
    with pytest.raises(ScreeningError, match="not fetched after 4 tries"):
        fetched(tmp_path, f"{server}/csl.csv")


def test_a_bomb_and_an_endless_answer_are_refused(tmp_path: Path, server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    _Server.pages["/bomb.csv"] = (200, {"Content-Encoding": "gzip"}, gzip.compress(b"0" * 30_000_000))
    with pytest.raises(UnreadableList, match="this is no list"):
        fetched(tmp_path, f"{server}/bomb.csv")
    monkeypatch.setattr(download, "LARGEST", 100_000)
    _Server.pages["/large.csv"] = (200, {}, b"0" * 200_000)
    with pytest.raises(UnreadableList, match="no list is so large"):
        fetched(tmp_path, f"{server}/large.csv")
    assert not ListStore(tmp_path).snapshots()


def test_a_redirect_leads_to_the_same_host_or_nowhere(
    tmp_path: Path, server: str, made_list: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _Server.pages["/list.csv"] = (200, {}, made_list.read_bytes())
    _Server.pages["/here"] = (302, {"Location": "/list.csv"}, b"")
    other = server.replace("127.0.0.1", "localhost")
    _Server.pages["/there"] = (302, {"Location": f"{other}/list.csv"}, b"")
    _Server.pages["/plain"] = (302, {"Location": "http://example.org/list.csv"}, b"")
    assert fetched(tmp_path, f"{server}/here").changed
    with pytest.raises(ScreeningError, match="leads to another host, localhost; not followed"):
        fetched(tmp_path, f"{server}/there")
    with pytest.raises(ScreeningError, match="expected an https address"):
        fetched(tmp_path, f"{server}/plain")
    assert _Server.asked.count("/there") == 1, "a refusal is not tried again"
    one = Official("made", "we", "a list", (f"{server}/there",), "confirmed", "here", leads_to=("localhost",))
    monkeypatch.setattr(download, "OFFICIAL", {"made": one})
    assert update(ListStore(tmp_path / "b"), "made", accept=True).changed


def test_the_ecfr_is_asked_for_its_newest_day(
    tmp_path: Path, server: str, made_list: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    titles = {"titles": [{"number": 14, "up_to_date_as_of": "2026-01-01"},
                         {"number": 15, "up_to_date_as_of": "2026-07-23"}]}  # fmt: skip
    _Server.pages["/titles.json"] = (200, {}, json.dumps(titles).encode())
    _Server.pages["/full/2026-07-23/list.csv"] = (200, {}, made_list.read_bytes())
    one = Official("ecfr", "we", "a list", (f"{server}/full/{{date}}/list.csv",), "confirmed", "here",
                   days=f"{server}/titles.json")  # fmt: skip
    monkeypatch.setattr(download, "OFFICIAL", {"ecfr": one})
    store = ListStore(tmp_path)
    done = update(store, "ecfr", accept=True)
    # The file says its own day in its name only where it has one; the day of the titles stands otherwise.
    assert done.changed and done.kept is not None and done.kept.as_of == date(2026, 7, 23)
    assert not update(store, "ecfr", accept=True).changed
    assert _Server.asked.count("/full/2026-07-23/list.csv") == 1
    _Server.pages["/titles.json"] = (200, {}, b"<html>")
    with pytest.raises(UnreadableList, match="does not say up to which day"):
        update(store, "ecfr")


def test_a_page_that_is_no_list_and_a_list_that_shrank_change_nothing(
    tmp_path: Path, server: str, made_list: Path
) -> None:
    many = [*ROWS, *(row("EL", f"Quvexon {number} Photonics") for number in range(40))]
    whole = write_list(tmp_path / "whole.csv", many).read_bytes()
    _Server.pages["/csl.csv"] = (200, {}, whole)
    assert fetched(tmp_path / "d", f"{server}/csl.csv").changed
    store = ListStore(tmp_path / "d")
    _Server.pages["/csl.csv"] = (200, {}, b"<html>we have moved</html>")
    with pytest.raises(UnreadableList):
        update(store, "csl", (f"{server}/csl.csv",))
    _Server.pages["/csl.csv"] = (200, {}, made_list.read_bytes())
    with pytest.raises(RefusedSnapshot, match="shrank"):
        update(store, "csl", (f"{server}/csl.csv",))
    (held,) = store.snapshots()
    assert held.path.read_bytes() == whole
    _Server.pages["/csl.csv"] = (403, {}, b"")
    with pytest.raises(ScreeningError, match=r"after 1 tries \(the server answered 403\); the copy held stays in use"):
        update(store, "csl", (f"{server}/csl.csv",))


def test_every_official_source_is_https_cited_and_says_how_sure_it_is() -> None:
    for name, one in OFFICIAL.items():
        assert name == one.source and one.seen and one.publisher
        assert all(address.startswith("https://") for address in (*one.addresses, *filter(None, [one.days])))
        assert one.confidence in (official.CONFIRMED, official.UNCONFIRMED)
    assert OFFICIAL["bis-denied"].confidence == official.UNCONFIRMED
    with pytest.raises(ScreeningError, match="no address is known for 'csll'"):
        update(ListStore(), "csll")
