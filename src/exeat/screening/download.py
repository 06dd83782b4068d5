"""``exeat lists update``: fetch a list with retries, only when it changed, and keep it only whole."""

from __future__ import annotations

import http.client
import json
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from exeat.screening.errors import RefusedSnapshot, ScreeningError, UnreadableList
from exeat.screening.sources.reading import LARGEST
from exeat.screening.store import ListStore, Snapshot

#: Where the official lists are published. Companion files (OFAC's legacy form) follow the first.
OFFICIAL: Mapping[str, tuple[str, ...]] = {
    "csl": ("https://data.trade.gov/downloadable_consolidated_screening_list/v1/consolidated.csv",),
    "csl-json": ("https://data.trade.gov/downloadable_consolidated_screening_list/v1/consolidated.json",),
}
TRIES = 4
TIMEOUT = 60.0


@dataclass(frozen=True, slots=True)
class Fetched:
    """What an update of one source did: ``kept`` a snapshot, or None where the server said nothing changed."""

    source: str
    url: str
    kept: Snapshot | None
    changed: bool


def update(
    store: ListStore, source: str, urls: tuple[str, ...] | None = None, *, tries: int = TRIES,
    pause: Callable[[float], None] = time.sleep, accept: bool = False,
) -> Fetched:  # fmt: skip
    """Fetch a source and keep it.

    Raises:
        ScreeningError: no such source, or it cannot be fetched; the text says after how many tries and why.
        UnreadableList, RefusedSnapshot: what came is not whole; what was held stays in use.
    """
    addresses = urls or OFFICIAL.get(source)
    if not addresses:
        raise ScreeningError(f"no address is known for {source!r}; known are {', '.join(OFFICIAL)}, or state a URL")
    memory = store.folder / "lists" / f"{source}.http.json"
    tags: dict[str, Any] = json.loads(memory.read_text(encoding="utf-8")) if memory.exists() else {}
    with tempfile.TemporaryDirectory(prefix="exeat-lists-") as folder:
        day: date | None = None
        paths = []
        for url in addresses:
            path = Path(folder) / (Path(urlsplit(url).path).name or "list")
            known = tags.get(url, {}) if store.latest(source) and len(addresses) == 1 else {}
            headers = _fetch(url, path, known, tries, pause)
            if headers is None:
                return Fetched(source, url, None, False)
            tags[url] = {key: headers[key] for key in ("ETag", "Last-Modified") if headers.get(key)}
            day = day or _day(headers.get("Last-Modified"))
            paths.append(path)
        before = store.latest(source)
        if before is not None and day is not None and day < before.as_of and not accept:
            raise RefusedSnapshot(
                f"{addresses[0]}: it stands for {day}, the copy held for {before.as_of}; that stays in use"
            )
        kept = store.add(paths[0], source, day, accept=accept)
    memory.parent.mkdir(parents=True, exist_ok=True)
    memory.write_text(json.dumps(tags, indent=1), encoding="utf-8")
    return Fetched(source, addresses[0], kept, before is None or before.digest != kept.digest)


def _fetch(
    url: str, path: Path, known: Mapping[str, str], tries: int, pause: Callable[[float], None]
) -> Mapping[str, str] | None:
    """One file to disk; the answer's headers, or None when the server says it did not change."""
    if urlsplit(url).scheme not in ("https", "http"):
        raise ScreeningError(f"{url[:80]!r}: expected an https address")
    wrong = ""
    for attempt in range(tries):
        if attempt:
            pause(min(30.0, 2.0**attempt))
        request = urllib.request.Request(url, headers={"User-Agent": "exeat list update"})
        if known.get("ETag"):
            request.add_header("If-None-Match", known["ETag"])
        elif known.get("Last-Modified"):
            request.add_header("If-Modified-Since", known["Last-Modified"])
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT) as answer, path.open("wb") as file:
                _copy(answer, file, url)
                return dict(answer.headers.items())
        except urllib.error.HTTPError as error:
            if error.code == 304:
                return None
            wrong = f"the server answered {error.code}"
            if error.code < 500 and error.code not in (408, 429):
                break
        except (OSError, http.client.HTTPException) as error:
            wrong = f"{type(error).__name__}: {error}"
    raise ScreeningError(f"{url}: not fetched after {attempt + 1} tries ({wrong}); the copy held stays in use")


def _copy(answer: http.client.HTTPResponse, file: Any, url: str) -> None:
    stated = answer.headers.get("Content-Length")
    size = 0
    while chunk := answer.read(1 << 20):
        size += len(chunk)
        if size > LARGEST:
            raise UnreadableList(f"{url}: more than {LARGEST:,} bytes; no list is so large")
        file.write(chunk)
    if stated and stated.isdigit() and int(stated) != size:
        raise http.client.IncompleteRead(b"", int(stated) - size)


def _day(stated: str | None) -> date | None:
    if not stated:
        return None
    try:
        return parsedate_to_datetime(stated).astimezone(UTC).date()
    except (TypeError, ValueError):
        return datetime.now(UTC).date()
