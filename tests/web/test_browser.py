"""Every page in a real browser: no error, nothing from elsewhere, readable by everybody, at any width."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from browsing import (
    CHROMIUM,
    WHY_NOT,
    arrived,
    chromium,
    looking,
    serious,
    served,
    wait_for_focus,
    wait_until_it_fits,
)

from exeat.bound.ledger import LedgerBooks
from exeat.ledger.accounts import AccountName, Limit
from exeat.ledger.book import Ledger
from exeat.library import desk_with
from exeat.supplied import Recording

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason=WHY_NOT)

GERMANY = (
    "item=NVIDIA+H100+SXM&to=DE&from=US&on=2025-07-01&activity=export&p1_role=ultimate_consignee"
    "&p1_name=Beispiel+GmbH&p1_headquarters=DE&p1_ultimate_parent_headquarters=DE"
)
OPEN = GERMANY.removesuffix("&p1_ultimate_parent_headquarters=DE")
FLAGGED = f"{GERMANY}&f_customer_withholds_end_use=yes"
PAGES = (
    "/ask",
    f"/ask?{GERMANY}",
    f"/ask?{OPEN}",
    f"/ask?{FLAGGED}",
    f"/ask/memo?{GERMANY}",
    "/ask/facts",
    "/world",
    "/chips",
    "/law",
    "/compare",
    "/batch",
    "/ledger",
    "/ledger/account?kind=LPP&for=Beispiel+GmbH&period=2026",
    "/records",
    "/records/3",
)
#: Pages in which something could not be read or is not there: the browser itself reports their status as an error.
REFUSALS = ("/ask?item=NVIDIA+H200&to=CN&on=2026-07-15", "/ask?too=DE", "/nowhere", "/records/999")


#: Every chart of the page stands.
DRAWN = """() => [...document.querySelectorAll("figure[data-chart]")]
    .every(figure => figure.exeatView || !figure.querySelector(".chart-room"))"""


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A service with a ledger that holds something."""
    url = f"sqlite:///{tmp_path_factory.mktemp('browser') / 'book.db'}"
    account = AccountName("LPP", "Beispiel GmbH", "2026")
    ledger = Ledger(url)
    ledger.open_account(account, limit=[Limit(26_900_000, "§ 740.29(d)")])
    for number in range(4):
        ledger.reserve({account: 1_500_000 + number}, f"r{number}", reference=f"PO-{number}")
    ledger.consume_reserved("r0", "c0")
    ledger.close()
    party = {"role": "ultimate_consignee", "country": "DE", "headquarters": "DE"}
    stated = {"item": "NVIDIA H100 SXM", "date": "2025-07-01", "activity": "export", "destination": "DE",
              "origin": "US", "parties": [party]}  # fmt: skip
    books = LedgerBooks(url)
    desk_with((), books).check(stated, record=Recording("PO-1", "desk 7", None, ()))
    books.ledger.close()
    with served(ledger=url) as found:
        yield found


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.mark.parametrize("path", [*PAGES, *REFUSALS])
def test_a_page_is_sound_alone_readable_by_all_and_fits_a_phone(base: str, browser: Browser, path: str) -> None:
    with looking(browser, base) as (page, heard):
        response = page.goto(base + path)
        page.wait_for_load_state("networkidle")
        page.wait_for_function(DRAWN)
        assert response is not None
        if path in PAGES:
            assert response.status == 200
            assert heard.errors == []
            assert page.title().endswith("exeat")
        else:
            assert response.status in (404, 422)
        assert heard.outside == []
        assert serious(page) == []
        page.emulate_media(color_scheme="dark")
        assert serious(page, contrast_alone=True) == []
        page.set_viewport_size({"width": 375, "height": 700})
        wait_until_it_fits(page)


def test_the_keyboard_alone_asks_and_reaches_the_answer(base: str, browser: Browser) -> None:
    with looking(browser, base) as (page, heard):
        page.goto(f"{base}/ask")
        page.keyboard.press("Tab")
        wait_for_focus(page, "active.textContent === 'Skip to the content'")
        page.keyboard.press("Enter")
        arrived(page, "/ask#main")
        page.keyboard.press("Tab")
        wait_for_focus(page, "active.id === 'item'")
        page.keyboard.type("NVIDIA H100 SXM5 80 GB")
        page.keyboard.press("Escape")
        page.keyboard.press("Tab")
        wait_for_focus(page, "active.id === 'to'")
        page.keyboard.type("DE")
        page.keyboard.press("Escape")
        page.keyboard.press("Enter")
        page.wait_for_url("**/ask?item=*#answer")
        page.wait_for_selector("#answer")
        wait_for_focus(page, "active.id === 'answer'")
        page.keyboard.press("Tab")  # the first link or box after the answer's beginning, and not the menu again
        wait_for_focus(page, "active.id !== 'answer' && document.querySelector('.answer-column').contains(active)")
        assert heard.errors == []


def test_without_a_script_the_form_asks_and_a_question_is_answered_in_place(base: str, browser: Browser) -> None:
    with looking(browser, base, java_script_enabled=False) as (page, _):
        page.goto(f"{base}/ask")
        page.fill("#item", "NVIDIA H100 SXM")
        page.fill("#to", "DE")
        page.fill("#on", "2025-07-01")
        page.fill("#p1_headquarters", "DE")
        page.click("#question button.main")
        page.wait_for_selector("#answer")
        page.fill("#ask1", "DE")
        page.click(".inline-ask >> nth=0 >> button")
        arrived(page, "p1_ultimate_parent_headquarters=DE")
        assert page.locator(".track .outcome").all_inner_texts() == [
            "license exception",
            "no license requirement found",
        ]


def test_a_script_adds_a_party_and_tells_the_question_of_a_fact(base: str, browser: Browser) -> None:
    with looking(browser, base) as (page, heard):
        page.goto(f"{base}/ask?{OPEN}")
        page.click("#add-party")
        page.fill("#p2_name", "Zweite AG")
        page.click("#facts-asked > summary")
        page.fill("input[name=fact]", "end_use")
        assert "What will the item be used for?" in page.inner_text("#fact1-asks")
        page.fill("input[name=value]", "training")
        assert page.locator("input[name=fact]").count() == 2
        page.click("#question button.main")
        arrived(page, "p2_name=Zweite+AG")
        assert "f_end_use=training" in page.url
        assert heard.errors == []


def test_the_items_box_offers_what_fits_by_any_of_its_names(base: str, browser: Browser) -> None:
    with looking(browser, base) as (page, heard):
        page.goto(f"{base}/ask")
        # On a slow machine the first letters are already asked for: only the answer to all of them counts.
        with page.expect_response(lambda answer: "/v1/items?query=mi300&" in answer.url) as answered:
            page.locator("#item").press_sequentially("mi300", delay=20)
        assert answered.value.status == 200
        page.wait_for_function("() => document.querySelector('#items option')?.value.includes('MI300')")
        offered = page.locator("#items option").evaluate_all("options => options.map(option => option.value)")
        assert offered and all("MI300" in name for name in offered)
        assert heard.errors == []


def test_the_print_view_holds_citations_and_leaves_out_the_form(base: str, browser: Browser, tmp_path: Path) -> None:
    with looking(browser, base) as (page, _):
        for path in (f"/ask/memo?{GERMANY}", f"/ask?{GERMANY}"):
            page.goto(base + path)
            page.emulate_media(media="print")
            text = page.inner_text("main")
            assert "§ 742.6(a)(6)(iii)(A) (90 FR 4544, effective 2025-01-13)" in text
            assert "BIS guidance 2026-05-31 (since 2025-05-13)" in text
            assert not page.is_visible("header.site")
            assert page.locator("#question").count() == 0 or not page.is_visible("#question")
        printed = tmp_path / "memo.pdf"
        page.pdf(path=printed)
        assert printed.read_bytes().startswith(b"%PDF-")


def test_the_pdf_and_the_data_are_downloaded(base: str, browser: Browser) -> None:
    with looking(browser, base) as (page, _):
        page.goto(f"{base}/ask?{GERMANY}")
        for words, ending in (("PDF", ".pdf"), ("JSON", ".json")):
            with page.expect_download() as download:
                page.click(f"a.button:text-is('{words}')")
            assert download.value.suggested_filename.endswith(ending)


def test_a_record_is_verified_by_the_button(base: str, browser: Browser) -> None:
    with looking(browser, base) as (page, heard):
        page.goto(f"{base}/records")
        page.click("text=Verify everything stored")
        page.wait_for_selector("h1:has-text('As written')")
        assert heard.errors == []


def ten_thousand(path: Path) -> None:
    """A table of 10,000 rows whose columns are named as a seller names them; every thousandth cannot be read."""
    items = ("NVIDIA H100 SXM", "NVIDIA H20", "AMD MI300X", "NVIDIA L40S")
    places = ("DE", "CN", "SG", "AE", "FR", "IN", "SA", "BR")
    lines = ["Order,Item,Ship-to,Day,consignee_country,consignee_headquarters,consignee_parent,qty"]
    for number in range(10_000):
        place = places[number % 8] if number % 1000 else "XX"
        day = f"202{3 + number % 3}-0{1 + number % 9}-15"
        lines.append(f"PO-{number},{items[number // 8 % 4]},{place},{day},{place},{place},{place},{1 + number % 512}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


@pytest.mark.timeout(900)  # a busy machine decides for minutes
def test_a_batch_of_ten_thousand_rows_goes_through(base: str, browser: Browser, tmp_path: Path) -> None:
    table = tmp_path / "orders.csv"
    ten_thousand(table)
    with looking(browser, base) as (page, heard):
        page.goto(f"{base}/batch")
        page.set_input_files("#table", table)
        page.click("#drop button.main")
        arrived(page, "/batch/columns/")
        page.fill("tr:has(th:text-is('Ship-to')) input", "destination")
        page.fill("tr:has(th:text-is('Day')) input", "date")
        assert serious(page) == []
        page.click("button.main")
        page.wait_for_selector("#by-track", timeout=600_000)
        page.wait_for_load_state()  # its style sheet too
        assert "10,000 rows: 9,990 decided, 10 could not be read" in page.inner_text(".lede")
        assert serious(page) == []
        page.emulate_media(color_scheme="dark")
        assert serious(page, contrast_alone=True) == []
        with page.expect_download() as download:
            page.click("a.button.main")
        written = download.value.path().read_text(encoding="utf-8").splitlines()
        assert len(written) == 10_001
        assert [line.split(",")[:2] for line in written[1:4]] == [["1", "PO-0"], ["2", "PO-1"], ["3", "PO-2"]]
        page.set_viewport_size({"width": 375, "height": 700})
        wait_until_it_fits(page)
        assert heard.errors == [] and heard.outside == []
        page.goto(f"{base}/batch")
        page.set_input_files("#table", table)
        page.click("#drop button.main")
        arrived(page, "/batch/columns/")
        assert page.input_value("tr:has(th:text-is('Ship-to')) input") == "destination"  # remembered
