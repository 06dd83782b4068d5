"""Who is let in: everybody on loopback, else whoever brings a token, a session made with one, or a trusted proxy."""

from __future__ import annotations

import hashlib
import secrets
import time
from collections import OrderedDict
from urllib.parse import quote

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from exeat.web.problems import told
from exeat.web.security import SAFE_METHODS, Forbidden
from exeat.web.settings import Settings
from exeat.web.tokens import Asker, Tokens, read_tokens

SESSION_COOKIE = "exeat_session"
_SESSION_SECONDS = 12 * 3600
_SESSIONS = 10_000
_USER_LENGTH = 200
#: What anybody may see: whether the service is up, how to log in, and the files of the pages.
_PUBLIC = ("/health", "/ready", "/login")
_ANYBODY = Asker("", "admin")

router = APIRouter()


class Door:
    """Knows askers by token, session or proxy, and what they may do."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        settings.refuse_if_open()
        self.open_to_all = settings.open_to_all
        self.tokens = Tokens({}) if settings.tokens is None else read_tokens(settings.tokens)
        self._sessions: OrderedDict[str, tuple[Asker, float]] = OrderedDict()

    def asker(self, request: Request) -> Asker | None:
        """Who asks; None where nobody said.

        Raises:
            Forbidden: a token that is none of ours.
        """
        settings = self.settings
        if self.open_to_all:
            return _ANYBODY
        stated = request.headers.get("authorization")
        if stated is not None:
            kind, _, token = stated.partition(" ")
            found = self.tokens.asker(token.strip()) if kind.lower() == "bearer" else None
            if found is None:
                raise Forbidden("the token is not known", 401)
            return found
        if settings.proxy_header is not None and request.client and request.client.host in settings.proxy_from:
            user = request.headers.get(settings.proxy_header, "").strip()
            if user:
                return Asker(f"proxy {user[:_USER_LENGTH]}", settings.proxy_scope)
        return self._of_session(request.cookies.get(SESSION_COOKIE))

    def let_in(self, request: Request, asker: Asker | None) -> None:
        """Refuse who may not ask this.

        Raises:
            Forbidden: with status 401 where a token is wanted.
        """
        path = request.url.path
        if path in _PUBLIC or path.startswith("/static/"):
            return
        if asker is None:
            raise Forbidden("a token is wanted: Authorization: Bearer ...", 401)
        needed = "read" if request.method in SAFE_METHODS else "decide"
        if not asker.may(needed):
            raise Forbidden(f"this needs the scope {needed}, and the token has {asker.scope}")

    def refused(self, request: Request, refusal: Forbidden) -> Response:
        """A refusal as a response; a browser that is not logged in is led to the form."""
        html = "text/html" in request.headers.get("accept", "") and not request.url.path.startswith("/v1/")
        if refusal.status == 401 and html and request.method in SAFE_METHODS:
            return RedirectResponse(f"/login?next={quote(request.url.path)}", status_code=303)
        response = told(request, refusal.status, str(refusal))
        if refusal.status == 401:
            response.headers["www-authenticate"] = 'Bearer realm="exeat"'
        return response

    def begin(self, token: str) -> str | None:
        """A session for a token, or None."""
        asker = self.tokens.asker(token)
        if asker is None:
            return None
        session = secrets.token_urlsafe(32)
        self._sessions[_hash(session)] = (asker, time.monotonic() + _SESSION_SECONDS)
        while len(self._sessions) > _SESSIONS:
            self._sessions.popitem(last=False)
        return session

    def end(self, session: str | None) -> None:
        """Forget a session."""
        if session:
            self._sessions.pop(_hash(session), None)

    def _of_session(self, session: str | None) -> Asker | None:
        # Looked up by a hash of 256 random bits: the time a look-up takes tells nothing of them.
        found = self._sessions.get(_hash(session)) if session else None
        if found is None or found[1] < time.monotonic():
            self.end(session)
            return None
        return found[0]


def _hash(session: str) -> str:
    return hashlib.sha256(session.encode("utf-8", "surrogatepass")).hexdigest()


def asker_of(request: Request) -> Asker:
    """Who asks. A request that came past the guard has one, but for what is public.

    Raises:
        Forbidden: nobody said.
    """
    found: Asker | None = request.state.asker
    if found is None:
        raise Forbidden("a token is wanted: Authorization: Bearer ...", 401)
    return found


def _needs(request: Request, scope: str) -> None:
    asker = asker_of(request)
    if not asker.may(scope):
        raise Forbidden(f"this needs the scope {scope}, and the token has {asker.scope}")


def needs_admin(request: Request) -> None:
    """Refuse who is not an administrator.

    Raises:
        Forbidden: the token's scope is another.
    """
    _needs(request, "admin")


def needs_decide(request: Request) -> None:
    """Refuse who may only read: records and balances tell of parties.

    Raises:
        Forbidden: the token's scope is another.
    """
    _needs(request, "decide")


@router.get("/login")
def login_form(request: Request, next: str = "/") -> Response:
    """The form that takes a token."""
    from exeat.web.templating import render

    return render(request, "login.html", next=_local(next), error="")


@router.post("/login")
def login(request: Request, token: str = Form("", max_length=200), next: str = Form("/", max_length=500)) -> Response:
    """Begin a session with a token."""
    from exeat.web.templating import render

    door: Door = request.app.state.door
    session = door.begin(token.strip())
    if session is None:
        return render(request, "login.html", status_code=403, next=_local(next), error="The token is not known.")
    response = RedirectResponse(_local(next), status_code=303)
    secure = request.url.scheme == "https"
    response.set_cookie(
        SESSION_COOKIE, session, max_age=_SESSION_SECONDS, httponly=True, samesite="strict", secure=secure
    )
    return response


@router.post("/logout")
def logout(request: Request) -> Response:
    """End the session."""
    door: Door = request.app.state.door
    door.end(request.cookies.get(SESSION_COOKIE))
    response = RedirectResponse("/login", status_code=303)
    response.delete_cookie(SESSION_COOKIE)
    return response


def _local(path: str) -> str:
    """A path of this site and nothing else, whatever was given."""
    plain = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable() and "\\" not in path
    return path if plain else "/"


__all__ = ["Door", "asker_of", "needs_admin", "needs_decide", "router"]
