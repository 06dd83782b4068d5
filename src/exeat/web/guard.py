"""What every request passes: the headers of every answer, and the cookie that forms are bound to."""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from exeat.web.security import CSRF_COOKIE, HEADERS
from exeat.web.settings import Settings

_HEADERS = [(name.encode(), value.encode()) for name, value in HEADERS]


class Guard:
    """ASGI middleware around everything."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self.settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        state = scope.setdefault("state", {})

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = list(message.get("headers", ()))
                held = {name for name, _ in headers}
                headers += [pair for pair in _HEADERS if pair[0] not in held]
                cookie = state.get("csrf_cookie")
                if cookie:
                    words = f"{CSRF_COOKIE}={cookie}; Path=/; HttpOnly; SameSite=Strict"
                    headers.append((b"set-cookie", words.encode()))
                message = {**message, "headers": headers}
            await send(message)

        await self.app(scope, receive, guarded)


__all__ = ["Guard"]
