"""Who may ask, and from where: loopback, hosts, origins, forms, headers of every answer."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import secrets

from markupsafe import Markup
from starlette.requests import Request

#: Name of the hidden input of every form, of the header that scripts send, and of the cookie both are compared with.
CSRF_FIELD = "csrf"
CSRF_HEADER = "x-csrf-token"
CSRF_COOKIE = "exeat_csrf"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

#: No inline script, no inline style, nothing from elsewhere.
POLICY = (
    "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'; "
    "img-src 'self' data:"
)
HEADERS = (
    ("content-security-policy", POLICY),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "same-origin"),
    ("x-frame-options", "DENY"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("permissions-policy", "camera=(), geolocation=(), microphone=()"),
)


class Forbidden(Exception):  # noqa: N818 - a refusal, told in one line
    """A request that is understood and refused. ``status`` 401 asks for a token, 403 refuses, 421 is another host."""

    def __init__(self, message: str, status: int = 403) -> None:
        super().__init__(message)
        self.status = status


def is_loopback(host: str) -> bool:
    """Whether an address to listen on can be reached from this machine alone."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def csrf_token(request: Request) -> str:
    """The token that forms of this visitor carry: the visitor's own random cookie, under a key of this process."""
    cookie = request.cookies.get(CSRF_COOKIE) or getattr(request.state, "csrf_cookie", None)
    if not cookie:
        cookie = secrets.token_urlsafe(32)
        request.state.csrf_cookie = cookie  # the middleware sets it
    return _bound(request, cookie)


def _bound(request: Request, cookie: str) -> str:
    key: bytes = request.app.state.secret
    return hmac.new(key, b"csrf " + cookie.encode("utf-8", "replace"), hashlib.sha256).hexdigest()


def csrf_field(request: Request) -> Markup:
    """The hidden input that every form with method="post" must hold."""
    return Markup('<input type="hidden" name="{}" value="{}">').format(CSRF_FIELD, csrf_token(request))


async def csrf_checked(request: Request) -> None:
    """Refuse a form that this site did not give to this visitor. Every page's router depends on this.

    Raises:
        Forbidden: the token is missing or another's.
    """
    if request.method in SAFE_METHODS:
        return
    cookie = request.cookies.get(CSRF_COOKIE)
    given: object = request.headers.get(CSRF_HEADER)
    if given is None:
        given = (await request.form()).get(CSRF_FIELD)
    known = _bound(request, cookie) if cookie else ""
    if not cookie or not isinstance(given, str) or not hmac.compare_digest(given.encode(), known.encode()):
        raise Forbidden("the form is not one this page gave out (or the service was restarted); load the page again")


__all__ = ["CSRF_FIELD", "CSRF_HEADER", "HEADERS", "POLICY", "Forbidden", "csrf_checked", "csrf_field", "csrf_token",
           "is_loopback"]  # fmt: skip
