"""A real service on loopback and the distribution's own Chromium, for the tests that look at pages."""

from __future__ import annotations

import re
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import uvicorn
from axe_playwright_python.sync_playwright import Axe

from exeat.web.app import create_app
from exeat.web.settings import Settings

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CHROMIUM = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None
)
#: Milliseconds until a page, or what a test waits for on it, counts as never coming: against a hang, not slowness.
PATIENCE = 120_000
#: Without movement: what is looked at halfway through a transition has neither color nor width of its own.
USUAL: dict[str, Any] = {"viewport": {"width": 1280, "height": 900}, "reduced_motion": "reduce"}
#: Takes out of sight rows and entries of the same make as one before them (the same tags, classes and states, in the
#: same kind of place, on a line as even or odd): they have its colors, and a page of thousands is looked at in seconds.
HIDE_ALIKE = """() => {
    const told = ["class", "role", "hidden", "open", "aria-current", "aria-sort", "tabindex", "data-outcome"];
    const make = (e) => `<${e.localName} ${told.map((name) => e.getAttribute(name))}>${[...e.children].map(make)}`;
    const around = (e) => e ? `${e.localName}.${e.getAttribute("class")} ${around(e.parentElement)}` : "";
    const seen = new Set();
    const alike = [];
    for (const one of document.querySelectorAll("tbody tr, li, dt, dd, option, svg.world a")) {
        const line = [...one.parentElement.children].indexOf(one);
        const edge = line === 0 || !one.nextElementSibling;
        const key = [make(one), around(one.parentElement), edge ? line : line % 2].join();
        if (seen.has(key)) alike.push(one);
        seen.add(key);
    }
    for (const one of alike) {
        one.setAttribute("data-alike", "");
        one.style.display = "none";
    }
}"""
SHOW_ALIKE = """() => {
    for (const one of document.querySelectorAll("[data-alike]")) {
        one.removeAttribute("data-alike");
        one.style.display = "";
    }
}"""
WHY_NOT = "no Chromium here (looked for chromium, chromium-browser, google-chrome)"


@contextmanager
def served(**settings: Any) -> Iterator[str]:
    """A service on a free port of loopback; its address, without the last slash."""
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    port = listening.getsockname()[1]
    app = create_app(Settings(**{"rate_per_second": 1e6, "rate_burst": 10**6, **settings, "port": port}))
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, lifespan="on", ws="none"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    while not server.started:
        if not thread.is_alive():
            raise RuntimeError("the service did not start")
        time.sleep(0.02)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(timeout=60)


@contextmanager
def chromium() -> Iterator[Browser]:
    """The browser, with one context for all pages that need none of their own. ``CHROMIUM`` must be there."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"], timeout=PATIENCE)
        browser.new_context(**USUAL).new_page()  # it stays, and its window: to open one takes longer than a page
        try:
            yield browser
        finally:
            browser.close()


@dataclass
class Heard:
    """What a page said and asked for while it was looked at."""

    errors: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)


@contextmanager
def looking(browser: Browser, base: str, **context: Any) -> Iterator[tuple[Page, Heard]]:
    """A fresh page, and what is heard of it: errors of the console and of scripts, requests to elsewhere."""
    made = browser.new_context(**{**USUAL, **context}) if context else browser.contexts[0]
    made.set_default_timeout(PATIENCE)
    page, heard = made.new_page(), Heard()
    page.on("console", lambda message: heard.errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: heard.errors.append(str(error)))
    page.on(
        "request",
        lambda request: None if request.url.startswith((base, "data:", "blob:")) else heard.outside.append(request.url),
    )
    try:
        yield page, heard
    finally:
        page.close()
        made.clear_cookies()
        if context:
            made.close()


def serious(page: Page, part: str = "html", *, contrast_alone: bool = False) -> list[tuple[str, str, list[Any]]]:
    """What axe finds in a part of a page that is serious or critical, with the first places of each.

    Every rule on everything; the contrast of colors, which takes longest, on one of each make (``HIDE_ALIKE``).
    """
    where, usual = {"include": [[part]]}, {"resultTypes": ["violations"]}
    found = []
    if not contrast_alone:
        rest = {**usual, "rules": {"color-contrast": {"enabled": False}}}
        found += Axe().run(page, context=where, options=rest).response["violations"]
    page.evaluate(HIDE_ALIKE)
    colors = {**usual, "runOnly": ["color-contrast"]}
    found += Axe().run(page, context=where, options=colors).response["violations"]
    page.evaluate(SHOW_ALIKE)
    return [
        (one["id"], one["help"], [(node["html"][:160], node.get("failureSummary")) for node in one["nodes"][:3]])
        for one in found
        if one["impact"] in ("serious", "critical")
    ]


def arrived(page: Page, words: str) -> None:
    """Wait until the address holds ``words`` and its page is loaded: a click is over before its navigation is."""
    page.wait_for_url(re.compile(re.escape(words)))


def wait_until_it_fits(page: Page) -> None:
    """Wait until nothing stands out to the side: what a script draws follows a new width a moment later."""
    page.wait_for_function("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def wait_for_focus(page: Page, expression: str) -> None:
    """Wait until a JavaScript expression of ``active``, the element in focus, is true."""
    page.wait_for_function(f"(() => {{ const active = document.activeElement; return {expression}; }})()")
