"""The pages with maps and charts in a real browser: the slider, the keyboard, and the same pages without a script."""

from __future__ import annotations

from collections.abc import Iterator
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

from exeat.library import desk
from exeat.web.stops import stops

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason=WHY_NOT)


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    with served() as found:
        yield found


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


def mark(page: Page, track: str, code: str) -> str:
    """The mark a place has on a map: its outcome's."""
    named = page.locator(f'svg[data-map="{track}"] a[data-code="{code}"] use').get_attribute("class")
    return (named or "").split()[-1]


def slide(page: Page, day: str) -> None:
    """Move the slider to a day by the arrow keys, as a person would, and wait for the answer."""
    days = page.locator(".stops a[data-day]").evaluate_all("links => links.map(link => link.dataset.day)")
    slider = page.locator("#t-slider")
    slider.focus()
    steps = days.index(day) - int(slider.input_value())
    for _ in range(abs(steps)):
        slider.press("ArrowRight" if steps > 0 else "ArrowLeft")
    page.wait_for_function(
        "day => document.querySelector('.time-says strong')?.textContent === day && "
        "!document.querySelector('.live').hasAttribute('aria-busy')",
        arg=day,
    )


@pytest.mark.parametrize(
    ("before", "day", "track", "code", "was", "now"),
    [
        ("2023-10-23", "2023-11-17", "enforced", "SA", "no_license_required", "license_required"),
        ("2025-05-13", "2025-05-15", "text", "BR", "no_license_required", "unknown-open"),
        ("2026-07-01", "2026-07-10", "enforced", "AE", "license_required", "unknown"),
    ],
)
def test_the_slider_changes_the_map_on_the_day_of_the_rule(
    base: str, browser: Browser, before: str, day: str, track: str, code: str, was: str, now: str
) -> None:
    with looking(browser, base) as (page, heard):
        page.goto(f"{base}/world?on={before}")
        assert mark(page, track, code) == was
        slide(page, day)
        assert mark(page, track, code) == now
        arrived(page, f"on={day}")
        assert page.locator("#t-on").input_value() == day
        assert day in (page.locator("#t-slider").get_attribute("aria-valuetext") or "")
        shown = page.locator(f"#map-{track} .legend").inner_text()
        page.reload()  # the address alone gives the same map
        assert mark(page, track, code) == now
        assert page.locator(f"#map-{track} .legend").inner_text() == shown
        assert heard.errors == [] and heard.outside == []


def test_the_slider_stops_at_each_change_of_the_law(base: str, browser: Browser) -> None:
    with looking(browser, base) as (page, _):
        page.goto(f"{base}/world?on=2025-05-15")
        days = page.locator(".stops a[data-day]").evaluate_all("links => links.map(link => link.dataset.day)")
        assert days == [stop.day.isoformat() for stop in stops(desk().lawbook) if stop.day.year < 2027]
        assert page.locator("#t-slider").get_attribute("max") == str(len(days) - 1)
        marks = page.locator(".slider-years span").all_inner_texts()
        assert marks == ["2022", "2023", "2024", "2025", "2026"]


def test_a_click_on_the_map_opens_a_country_and_back_closes_it(base: str, browser: Browser) -> None:
    with looking(browser, base) as (page, heard):
        page.goto(f"{base}/world?on=2025-06-01")
        page.locator('svg[data-map="text"] a[data-code="BR"]').click(position={"x": 40, "y": 40})
        page.wait_for_selector("#place")
        assert page.locator("#place-title").inner_text().startswith("Brazil")
        arrived(page, "place=BR")
        wait_for_focus(page, "active.id === 'place'")
        assert serious(page, "#place") == []
        page.go_back()
        page.wait_for_selector("#place", state="detached")
        page.locator(".profile summary").click()
        page.locator("#w-parent").select_option("CN")
        page.wait_for_selector("#row-DE td[data-outcome] + td[data-outcome='license_required']")
        arrived(page, "parent=CN")
        assert heard.errors == []


def test_the_map_is_one_stop_of_the_tab_key_and_the_arrows_walk_it(base: str, browser: Browser) -> None:
    with looking(browser, base) as (page, heard):
        page.goto(f"{base}/world?on=2025-06-01&track=enforced")
        assert page.locator('svg.world a[tabindex="0"]').count() == 1
        page.locator('svg.world a[data-code="US"]').focus()
        page.keyboard.press("ArrowUp")
        wait_for_focus(page, "active.dataset.code === 'CA'")
        assert page.locator(".map-tip").inner_text() == "Canada: no license requirement found"
        page.keyboard.press("Enter")
        page.wait_for_selector("#place")
        assert page.locator("#place-title").inner_text().startswith("Canada")
        assert heard.errors == []


def test_the_chart_of_chips_is_drawn_and_a_row_lights_its_point(base: str, browser: Browser) -> None:
    with looking(browser, base) as (page, heard):
        warned: list[str] = []
        page.on("console", lambda message: warned.append(message.text) if message.type == "warning" else None)
        page.goto(f"{base}/chips?on=2022-10-21")
        page.wait_for_selector("#chips-chart canvas")
        page.wait_for_selector("[data-tip]:visible")
        page.locator('tr[data-chip="nvidia-h20"] a').focus()
        lit = "document.querySelector('#chips-chart').exeatView?.signal('chosen')"  # none while it is drawn
        page.wait_for_function(f"() => {lit} === 'nvidia-h20'")
        slide(page, "2023-11-17")
        page.wait_for_selector("#chips-chart canvas")
        assert "3A090.b" in page.locator("#chips-chart script").inner_text()
        page.locator('tr[data-chip="nvidia-h20"] a').click()
        page.wait_for_selector("#chip")
        assert "1.3% under" in page.locator("#chip").inner_text()
        arrived(page, "chip=nvidia-h20")
        assert serious(page, "#chip") == []
        page.emulate_media(color_scheme="dark")
        page.wait_for_function(f"() => {lit} === 'nvidia-h20'")
        assert heard.errors == [] and heard.outside == [] and warned == []


def test_the_pointer_is_told_of_a_chip_and_its_click_opens_it(base: str, browser: Browser) -> None:
    with looking(browser, base, viewport={"width": 1280, "height": 1600}) as (page, heard):
        page.goto(f"{base}/chips?on=2023-11-17&designer=else")
        page.wait_for_selector("[data-tip]:visible")
        at = page.evaluate(
            """() => {
              const view = document.querySelector('#chips-chart').exeatView;
              const box = document.querySelector('#chips-chart canvas').getBoundingClientRect();
              let found = null;
              const look = (item, x, y) => {
                if (item.marktype === 'symbol' && item.interactive !== false)
                  for (const one of item.items)
                    if (one.datum?.id && !found) found = [x + one.x, y + one.y, one.datum.says];
                for (const inner of item.items ?? []) {
                  const [dx, dy] = item.marktype === 'group' ? [inner.x ?? 0, inner.y ?? 0] : [0, 0];
                  if (inner.items) look(inner, x + dx, y + dy);
                }
              };
              look(view.scenegraph().root, 0, 0);
              const [ox, oy] = view.origin();
              const {left, top} = view.padding();
              return [box.left + left + ox + found[0], box.top + top + oy + found[1], found[2]];
            }"""
        )
        page.mouse.move(at[0] - 1, at[1])
        page.mouse.move(at[0], at[1])
        page.wait_for_function("says => document.querySelector('[data-tip]').textContent === says", arg=at[2])
        page.mouse.click(at[0], at[1])
        page.wait_for_selector("#chip")
        assert heard.errors == []


def test_without_a_script_the_pages_work_by_form_and_link(base: str, browser: Browser) -> None:
    with looking(browser, base, java_script_enabled=False) as (page, _):
        page.goto(f"{base}/world?on=2023-11-16")
        assert not page.locator("#t-slider").is_visible()
        page.locator(".time-now a[rel=next]").click()
        arrived(page, "on=2023-11-17")
        assert mark(page, "enforced", "SA") == "license_required"
        page.fill("#w-item", "NVIDIA H20")
        page.click("form button.main")
        arrived(page, "item=NVIDIA+H20")
        assert mark(page, "enforced", "SA") == "no_license_required"
        page.locator("#row-SA th a").click()
        assert page.locator("#place-title").inner_text().startswith("Saudi Arabia")
        page.goto(f"{base}/chips?on=2023-11-17")
        page.locator('tr[data-chip="nvidia-h20"] a').click()
        assert "1.3% under" in page.locator("#chip").inner_text()
        page.goto(f"{base}/compare?on=2026-07-10")
        assert page.locator("tr[data-code]").count() == 1
        page.goto(f"{base}/law?on=2025-06-01")
        page.get_by_role("link", name="90 FR 4544").first.click()
        arrived(page, "/law/instruments/")
        assert "90 FR 4544" in page.locator("h1").inner_text()


@pytest.mark.parametrize(
    "path",
    [
        "/law/provisions?on=2025-06-01&kind=license+exception",
        "/law/provisions/742.6(a)(6)(iii)(A)?on=2025-06-01",
        "/law/provisions/ECCN%203A090.a%20parameters?on=2023-11-17",
        "/law/instruments",
        "/law/instruments/90-FR-4544?on=2025-06-01",
        "/law/groups/D:5?on=2025-06-01",
        "/compare?on=2026-07-10",
    ],
)
def test_a_page_of_the_law_is_sound_readable_by_all_and_fits_a_phone(base: str, browser: Browser, path: str) -> None:
    with looking(browser, base) as (page, heard):
        page.goto(base + path)
        page.wait_for_load_state("networkidle")
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            assert serious(page, "main", contrast_alone=scheme == "dark") == []
        page.set_viewport_size({"width": 375, "height": 700})
        wait_until_it_fits(page)
        assert heard.errors == [] and heard.outside == []
