"""Make the pictures of the README and the documents: ``python docs/screenshots.py [FOLDER] [NAME ...]``.

It serves a ledger of made-up names from a temporary folder and looks at the pages with the distribution's own Chromium.
"""

from __future__ import annotations

import csv
import shutil
import socket
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import uvicorn

from exeat.bound.ledger import LedgerBooks
from exeat.lawbook.folder import law_folder
from exeat.ledger import commands
from exeat.ledger.accounts import AccountName, Limit
from exeat.ledger.book import Ledger
from exeat.library import desk_with
from exeat.supplied import Recording
from exeat.web.app import create_app
from exeat.web.settings import Settings

#: The clock of the made-up ledger, so that the pictures stay the same.
_BEGINS = datetime(2026, 1, 12, 9, tzinfo=UTC)
_GERMANY = (
    "/ask?item=NVIDIA+H100+SXM&to=DE&from=US&on=2025-07-01&activity=export&p1_role=ultimate_consignee"
    "&p1_name=Beispiel+GmbH&p1_headquarters=DE"
)
#: Name of the picture, the page, the color scheme, the width and height of the window.
SHOTS: tuple[tuple[str, str, str, int, int], ...] = (
    ("ask", f"{_GERMANY}&p1_ultimate_parent_headquarters=DE", "light", 1280, 860),
    ("ask-unknown", _GERMANY, "light", 1280, 860),
    ("ask-dark", f"{_GERMANY}&p1_ultimate_parent_headquarters=AE", "dark", 1280, 860),
    ("ask-phone", f"{_GERMANY}&p1_ultimate_parent_headquarters=DE", "light", 390, 844),
    ("memo", _GERMANY.replace("/ask?", "/ask/memo?") + "&p1_ultimate_parent_headquarters=DE", "light", 1000, 1100),
    ("world", "/world?item=NVIDIA+H100+SXM&on=2025-07-01&track=text", "light", 1280, 960),
    ("chips", "/chips?on=2026-07-15", "light", 1280, 900),
    ("law", "/law?on=2025-07-01", "light", 1280, 900),
    ("compare", "/compare?by=days&on=2025-05-15&from=2025-05-14", "light", 1280, 900),
    ("ledger", "/ledger", "light", 1280, 860),
    ("burn-down", "/ledger/account?kind=LPP&for=Beispiel+GmbH&period=2026", "light", 1280, 760),
    ("records", "/records", "light", 1280, 620),
)
_BATCH = "batch"


class _Clock:
    """A clock that goes as told."""

    now = _BEGINS

    def __call__(self) -> datetime:
        return self.now


def fill(url: str) -> None:
    """A ledger with a year's postings, notices and receipts of made-up parties."""
    clock = _Clock()
    ledger = Ledger(url, clock=clock)
    lpp = AccountName("LPP", "Beispiel GmbH", "2026")
    place = AccountName("country allocation", "SG", "2025-2027")
    ledger.open_account(lpp, limit=[Limit(26_900_000, "§ 740.29(d)")])
    ledger.open_account(place, limit=[Limit(790_000_000, "§ 742.6(b)(10)")])
    ledger.open_account(AccountName("AIA", "Nordlys AS"), counts_only=True)
    for number in range(14):
        clock.now += timedelta(days=9)
        ledger.reserve({lpp: 1_100_000 + number * 90_000}, f"lpp-{number}", reference=f"PO-{1000 + number}")
        clock.now += timedelta(days=2)
        if number < 12:
            ledger.consume_reserved(f"lpp-{number}", f"lpp-{number} shipped", reference=f"PO-{1000 + number}")
        if number % 3 == 0:
            ledger.reserve({place: 60_000_000 + number * 1_000_000}, f"sg-{number}", reference=f"SG-{number}")
    table = law_folder() / "limits.csv"
    commands.open_notice(ledger, "NAC", "Muster Ltd", "n1", limits=table, shipment_day="2099-03-20")
    commands.open_notice(ledger, "copy", "Beispiel GmbH", "n2", limits=table, shipment_day="2026-02-20")
    ledger.close()
    books = LedgerBooks(url)
    books.ledger.clock = clock
    desk = desk_with((), books)
    asked = (("NVIDIA H100 SXM", "DE", "2025-07-01"), ("NVIDIA H20", "CN", "2025-05-01"),
             ("NVIDIA B200", "SG", "2026-03-01"), ("NVIDIA H200 SXM", "CN", "2026-07-15"))  # fmt: skip
    for number, (item, to, on) in enumerate(asked):
        party = {"role": "ultimate_consignee", "country": to, "headquarters": to, "ultimate_parent_headquarters": to}
        stated = {"item": item, "destination": to, "date": on, "activity": "export", "origin": "US", "quantity": 8,
                  "parties": [party]}  # fmt: skip
        desk.check(stated, record=Recording(f"PO-{1000 + number}", "desk 7", None, ()))
    books.ledger.close()


def orders(path: Path) -> None:
    """A table of made-up orders."""
    items = ("NVIDIA H100 SXM", "NVIDIA H20", "AMD MI300X", "NVIDIA L40S", "NVIDIA B200")
    places = ("DE", "CN", "SG", "AE", "DE", "IN", "SA", "CN", "BR", "FR", "DE", "SG")
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(["Order", "Item", "Ship-to", "date", "consignee_country", "consignee_headquarters",
                        "consignee_parent", "qty"])  # fmt: skip
        for number in range(10_000):
            place = places[number * 7 % len(places)]
            day = f"202{3 + number % 4}-0{1 + number % 7}-15"
            table.writerow([f"PO-{number}", items[number // 12 % 5], place, day, place, place, place, 1 + number % 64])


def served(url: str) -> tuple[str, uvicorn.Server, threading.Thread]:
    """A service with this ledger on a free port of loopback."""
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    port = listening.getsockname()[1]
    app = create_app(Settings(port=port, ledger=url))
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, lifespan="on", ws="none"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    while not server.started and thread.is_alive():
        time.sleep(0.02)
    return f"http://127.0.0.1:{port}", server, thread


def shoot(base: str, folder: Path, wanted: set[str], work: Path) -> None:
    """Every wanted picture into the folder."""
    from playwright.sync_api import sync_playwright

    found = next(
        (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), ""
    )
    if not found:
        sys.exit("no Chromium here: looked for chromium, chromium-browser, google-chrome")
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=found, args=["--no-sandbox"])
        for name, path, scheme, wide, high in SHOTS:
            if wanted and name not in wanted:
                continue
            page = _page(browser, scheme, wide, high)
            page.goto(base + path)
            page.wait_for_load_state("networkidle")
            page.screenshot(path=folder / f"{name}.png")
            page.context.close()
            print(f"{name}.png")
        if not wanted or _BATCH in wanted:
            table = work / "orders-2026.csv"
            orders(table)
            page = _page(browser, "light", 1280, 900)
            page.goto(f"{base}/batch")
            page.set_input_files("#table", table)
            page.click("#drop button.main")
            page.wait_for_url("**/batch/columns/**", timeout=120_000)
            page.fill("tr:has(th:text-is('Ship-to')) input", "destination")
            page.click("button.main")
            page.wait_for_selector("#by-track", timeout=300_000)
            page.screenshot(path=folder / f"{_BATCH}.png")
            print(f"{_BATCH}.png")
        browser.close()


def _page(browser: Any, scheme: str, wide: int, high: int) -> Any:
    context = browser.new_context(
        viewport={"width": wide, "height": high}, color_scheme=scheme, reduced_motion="reduce", locale="en-US"
    )
    return context.new_page()


def main(words: list[str]) -> int:
    """The pictures named (all, where none is)."""
    folder = Path(words[0]) if words else Path(__file__).parent / "images"
    wanted = set(words[1:])
    known = {name for name, *_ in SHOTS} | {_BATCH}
    if wanted - known:
        sys.exit(f"no picture is called {', '.join(sorted(wanted - known))}; there are {', '.join(sorted(known))}")
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as name:
        work = Path(name)
        url = f"sqlite:///{work / 'ledger.db'}"
        fill(url)
        base, server, thread = served(url)
        try:
            shoot(base, folder, wanted, work)
        finally:
            server.should_exit = True
            thread.join(30)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
