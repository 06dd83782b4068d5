"""What every request passes, before anything reads it: host, origin, who asks, how often, how much; then the headers
of every answer, one line of log and the metrics.
"""

from __future__ import annotations

import json
import logging
import math
import secrets
import time
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from exeat.web.limits import Rates
from exeat.web.login import Door
from exeat.web.metrics import Metrics
from exeat.web.problems import told
from exeat.web.security import CSRF_COOKIE, HEADERS, SAFE_METHODS, Forbidden
from exeat.web.settings import Settings

_HEADERS = [(name.encode(), value.encode()) for name, value in HEADERS]
#: What a table may take beside itself in a multipart body.
_AROUND = 64 * 1024
_LOCAL = ("localhost", "127.0.0.1", "::1")
log = logging.getLogger("exeat.web")


class Guard:
    """ASGI middleware around everything."""

    def __init__(self, app: ASGIApp, settings: Settings, door: Door, metrics: Metrics) -> None:
        self.app, self.settings, self.door, self.metrics = app, settings, door, metrics
        self.hosts_known = settings.loopback or bool(settings.hosts)
        self.rates = Rates(settings.rate_per_second, settings.rate_burst)
        self.hosts = frozenset({*_LOCAL, *settings.hosts, *(() if settings.loopback else (settings.host.lower(),))})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began = time.perf_counter()
        state: dict[str, Any] = scope.setdefault("state", {})
        state["id"] = secrets.token_hex(8)
        status, began_answer = 500, False

        async def guarded(message: Message) -> None:
            nonlocal status, began_answer
            if message["type"] == "http.response.start":
                status, began_answer = message["status"], True
                message = {**message, "headers": _headers(message, state)}
            await send(message)

        self.metrics.running.inc()
        try:
            refusal = self._refusal(scope, state)
            if refusal is not None:
                await refusal(scope, receive, guarded)
            else:
                await self._asked(scope, self._bounded(scope, receive), guarded, lambda: began_answer)
        finally:
            self.metrics.running.dec()
            self._told(scope, state, status, time.perf_counter() - began)

    async def _asked(self, scope: Scope, receive: Receive, send: Send, began: Callable[[], bool]) -> None:
        try:
            await self.app(scope, receive, send)
        except Exception as error:
            if isinstance(error, ClientDisconnect):
                return
            # Which kind it was and where, and nothing that could hold a name.
            place = traceback.extract_tb(error.__traceback__)[-1:]
            where = [f"{Path(frame.filename).name}:{frame.lineno}" for frame in place]
            log.error(json.dumps({"error": type(error).__name__, "where": where, "id": scope["state"]["id"]}))
            if not began():
                await told(Request(scope), 500, "an internal error; no answer was given")(scope, receive, send)

    # Refusals

    def _refusal(self, scope: Scope, state: dict[str, Any]) -> Response | None:
        request = Request(scope)
        try:
            self._right_host(request)
            self._right_origin(request)
            self._right_size(request)
            state["asker"] = self.door.asker(request)
            if seconds := self.rates.wait(state["asker"].name if state["asker"] else _client(scope)):
                return _too_many(request, seconds)
            self.door.let_in(request, state["asker"])
        except Forbidden as refusal:
            # Tokens tried one after the other count against the address they come from.
            if "asker" not in state and (seconds := self.rates.wait(_client(scope))):
                return _too_many(request, seconds)
            return self.door.refused(request, refusal)
        except HTTPException as error:
            return told(request, error.status_code, str(error.detail))
        return None

    def _right_host(self, request: Request) -> None:
        """On loopback, a page elsewhere could point a name of its own at this machine (DNS rebinding)."""
        if not self.hosts_known:
            return
        host = request.headers.get("host", "")
        try:
            name = urlsplit(f"//{host}").hostname or ""
        except ValueError:
            name = ""
        if name not in self.hosts:
            raise Forbidden("this service is not asked under that name; --name allows another", 421)

    def _right_origin(self, request: Request) -> None:
        """A browser tells where a request comes from: what changes something must come from here."""
        if request.method in SAFE_METHODS:
            return
        site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
        if site is not None and site not in ("same-origin", "none"):
            raise Forbidden("a page of another site may not ask this")
        if origin is not None and urlsplit(origin).netloc != request.headers.get("host", ""):
            raise Forbidden("a page of another site may not ask this")

    def _right_size(self, request: Request) -> None:
        stated = request.headers.get("content-length")
        if stated is None:
            return
        if not stated.isascii() or not stated.isdigit():
            raise HTTPException(400, "the length of the body is not a number")
        if int(stated[:20]) > self._most(request.headers.get("content-type", "")):
            raise _too_large(self._most(request.headers.get("content-type", "")))

    def _most(self, kind: str) -> int:
        multipart = kind.strip().lower().startswith("multipart/form-data")
        return self.settings.upload_bytes_max + _AROUND if multipart else self.settings.body_bytes_max

    def _bounded(self, scope: Scope, receive: Receive) -> Receive:
        """The body as it comes, refused as soon as it is larger than it may be, whatever its length was said to be."""
        if scope["method"] in SAFE_METHODS:
            return receive
        kind = next((v.decode("latin-1") for k, v in scope["headers"] if k == b"content-type"), "")
        most, had = self._most(kind), 0

        async def bounded() -> Message:
            nonlocal had
            message = await receive()
            if message["type"] == "http.request":
                had += len(message.get("body", b""))
                if had > most:
                    raise _too_large(most)
            return message

        return bounded

    # Afterwards

    def _told(self, scope: Scope, state: dict[str, Any], status: int, seconds: float) -> None:
        """One line without a name, a path's parts, a query or a body: which route, what came of it, how long."""
        route = _route(scope)
        self.metrics.asked(scope["method"], route, status, seconds)
        if log.isEnabledFor(logging.INFO):
            line = {
                "at": datetime.now(UTC).isoformat(timespec="milliseconds"), "id": state["id"],
                "method": scope["method"] if scope["method"].isalpha() else "other", "route": route, "status": status,
                "ms": round(seconds * 1000, 2),
            }  # fmt: skip
            log.info(json.dumps(line))


def _route(scope: Scope) -> str:
    """The route as it is declared, never what was asked for."""
    path = scope["path"]
    declared: str | None = getattr(scope.get("route"), "path", None)
    if not declared or path.startswith("/static/"):
        return "static" if path.startswith("/static/") else "other"
    under = path.startswith("/v1/") and not declared.startswith("/v1/")
    return f"/v1{declared}" if under else declared


def _too_many(request: Request, seconds: float) -> Response:
    response = told(request, 429, "too many requests; slow down")
    response.headers["retry-after"] = str(math.ceil(seconds))
    return response


def _too_large(most: int) -> HTTPException:
    return HTTPException(413, f"the body is larger than {most:,} bytes, which is the most this service takes")


def _client(scope: Scope) -> str:
    client = scope.get("client")
    return client[0] if client else ""


def _headers(message: Message, state: dict[str, Any]) -> list[tuple[bytes, bytes]]:
    headers = list(message.get("headers", ()))
    held = {name for name, _ in headers}
    headers += [pair for pair in _HEADERS if pair[0] not in held]
    if b"cache-control" not in held:
        # Files of the pages are asked for again with their mark; answers tell of parties and are kept nowhere.
        headers.append((b"cache-control", b"no-cache" if b"etag" in held else b"no-store"))
    headers.append((b"x-request-id", state["id"].encode()))
    cookie = state.get("csrf_cookie")
    if cookie:
        headers.append((b"set-cookie", f"{CSRF_COOKIE}={cookie}; Path=/; HttpOnly; SameSite=Strict".encode()))
    return headers


__all__ = ["Guard"]
