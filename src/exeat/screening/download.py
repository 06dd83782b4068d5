"""``exeat lists update``: fetch a list with retries, only when it changed, and keep it only whole."""

from __future__ import annotations

import http.client
import json
import tempfile
import time
import urllib.error
import urllib.request
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import urljoin, urlsplit

from exeat.screening.errors import ScreeningError, UnreadableList
from exeat.screening.official import OFFICIAL, Official
from exeat.screening.sources.reading import LARGEST, MOST_GROWTH
from exeat.screening.store import ListStore, Snapshot

TRIES = 4
TIMEOUT = 60.0
#: Hosts of this machine: the only ones that may be asked without encryption.
_OWN = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, slots=True)
class Fetched:
    """What an update of one source did: ``kept`` a snapshot, or None where nothing changed since the copy held."""

    source: str
    url: str
    kept: Snapshot | None
    changed: bool


@dataclass(frozen=True, slots=True)
class _Line:
    """How files are fetched: the hosts a redirect may lead to, how often to try, how to wait."""

    leads_to: tuple[str, ...]
    tries: int
    pause: Callable[[float], None]


def update(
    store: ListStore, source: str, urls: tuple[str, ...] | None = None, *, tries: int = TRIES,
    pause: Callable[[float], None] = time.sleep, accept: bool = False,
) -> Fetched:  # fmt: skip
    """Fetch a source and keep it.

    Raises:
        ScreeningError: no such source, or it cannot be fetched; the text says after how many tries and why.
        UnreadableList, RefusedSnapshot: what came is not whole; what was held stays in use.
    """
    official = OFFICIAL.get(source)
    if official is None and not urls:
        raise ScreeningError(f"no address is known for {source!r}; known are {', '.join(OFFICIAL)}, or state a URL")
    line = _Line(official.leads_to if official and not urls else (), tries, pause)
    before = store.latest(source)
    memory = store.folder / "lists" / f"{source}.http.json"
    tags: dict[str, Any] = json.loads(memory.read_text(encoding="utf-8")) if memory.exists() else {}
    with tempfile.TemporaryDirectory(prefix="exeat-lists-") as folder:
        addresses, day = (urls, None) if urls else _addressed(official, Path(folder), line)
        if before is not None and day is not None and day == before.as_of:
            return Fetched(source, addresses[0], None, False)
        paths = []
        for url in addresses:
            path = Path(folder) / (Path(urlsplit(url).path).name or "list")
            known = tags.get(url, {}) if before is not None and len(addresses) == 1 else {}
            headers = _fetch(url, path, known, line)
            if headers is None:
                return Fetched(source, url, None, False)
            tags[url] = {key: headers[key] for key in ("ETag", "Last-Modified") if headers.get(key)}
            day = day or _day(headers.get("Last-Modified"))
            paths.append(path)
        kept = store.add(paths[0], source, accept=accept, fetched=day)
    memory.parent.mkdir(parents=True, exist_ok=True)
    memory.write_text(json.dumps(tags, indent=1), encoding="utf-8")
    return Fetched(source, addresses[0], kept, before is None or before.digest != kept.digest)


def _addressed(official: Official | None, folder: Path, line: _Line) -> tuple[tuple[str, ...], date | None]:
    """The addresses of a source; where they hold a day, the newest the publisher has."""
    assert official is not None
    if not official.days:
        return official.addresses, None
    path = folder / "days.json"
    _fetch(official.days, path, {}, line)
    try:
        titles = json.loads(path.read_text(encoding="utf-8"))["titles"]
        day = date.fromisoformat(next(title["up_to_date_as_of"] for title in titles if title["number"] == 15))
    except (ValueError, KeyError, TypeError, StopIteration):
        raise UnreadableList(f"{official.days}: does not say up to which day title 15 is held") from None
    return tuple(address.format(date=day) for address in official.addresses), day


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows a redirect on the same host or to one the publisher is known to use; refuses every other."""

    def __init__(self, leads_to: tuple[str, ...]) -> None:
        self._leads_to = leads_to

    def redirect_request(
        self, req: urllib.request.Request, fp: Any, code: int, msg: str, headers: Any, newurl: str
    ) -> urllib.request.Request | None:
        there = urljoin(req.full_url, newurl)
        _only_safe(there)
        host, own = urlsplit(there).hostname or "", urlsplit(req.full_url).hostname or ""
        if host != own and not any(host == known or host.endswith(f".{known}") for known in self._leads_to):
            raise ScreeningError(
                f"{req.full_url}: leads to another host, {host[:80]}; not followed, the copy held stays in use"
            )
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _only_safe(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _OWN):
        raise ScreeningError(f"{url[:80]!r}: expected an https address")


def _fetch(url: str, path: Path, known: Mapping[str, str], line: _Line) -> Mapping[str, str] | None:
    """One file to disk; the answer's headers, or None when the server says it did not change."""
    _only_safe(url)
    opener = urllib.request.build_opener(_Redirects(line.leads_to))
    wrong = ""
    attempt = 0
    for attempt in range(line.tries):
        if attempt:
            line.pause(min(30.0, 2.0**attempt))
        request = urllib.request.Request(url, headers={"User-Agent": "exeat list update", "Accept-Encoding": "gzip"})
        if known.get("ETag"):
            request.add_header("If-None-Match", known["ETag"])
        elif known.get("Last-Modified"):
            request.add_header("If-Modified-Since", known["Last-Modified"])
        try:
            with opener.open(request, timeout=TIMEOUT) as answer, path.open("wb") as file:
                _copy(answer, file, url)
                return dict(answer.headers.items())
        except urllib.error.HTTPError as error:
            if error.code == 304:
                return None
            wrong = f"the server answered {error.code}"
            if error.code < 500 and error.code not in (408, 429):
                break
        except (OSError, http.client.HTTPException, zlib.error) as error:
            wrong = f"{type(error).__name__}: {error}"
    raise ScreeningError(f"{url}: not fetched after {attempt + 1} tries ({wrong}); the copy held stays in use")


def _copy(answer: http.client.HTTPResponse, file: BinaryIO, url: str) -> None:
    """The body to a file, unpacked where the server packed it for the way; never more than a list may hold."""
    stated = answer.headers.get("Content-Length")
    packed = answer.headers.get("Content-Encoding", "").strip().lower() in ("gzip", "x-gzip")
    unpack = zlib.decompressobj(zlib.MAX_WBITS | 16) if packed else None
    size = written = 0
    while chunk := answer.read(1 << 18):
        size += len(chunk)
        while chunk:
            part = unpack.decompress(chunk, 1 << 20) if unpack else chunk
            chunk = unpack.unconsumed_tail if unpack else b""
            written += len(part)
            if max(size, written) > LARGEST:
                raise UnreadableList(f"{url}: more than {LARGEST:,} bytes; no list is so large")
            if unpack and written > max(size * MOST_GROWTH, 50_000):
                raise UnreadableList(f"{url}: {size:,} packed bytes unpack to more than {written:,}; this is no list")
            file.write(part)
    short = stated and stated.isdigit() and int(stated) != size
    if short or (unpack is not None and not unpack.eof):
        raise http.client.IncompleteRead(b"", max(0, int(stated or 0) - size))


def _day(stated: str | None) -> date | None:
    if not stated:
        return None
    try:
        return parsedate_to_datetime(stated).astimezone(UTC).date()
    except (TypeError, ValueError):
        return datetime.now(UTC).date()
