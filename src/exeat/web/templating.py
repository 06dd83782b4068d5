"""Pages from templates: one Jinja2 environment, everything escaped, nothing undefined."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from exeat.web.security import csrf_field
from exeat.web.site import site_of

TEMPLATES = Path(__file__).parent / "templates"
STATIC = Path(__file__).parent / "static"


@cache
def environment() -> Environment:
    """The environment of the templates. Page modules may add filters to it when they are imported."""
    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def render(request: Request, name: str, /, *, status_code: int = 200, **context: Any) -> HTMLResponse:
    """A template as a response. ``request``, ``site``, ``csrf_field`` (a hidden input, for forms) are always there."""
    told = {"request": request, "site": site_of(request), "csrf_field": csrf_field(request), **context}
    return HTMLResponse(environment().get_template(name).render(told), status_code=status_code)


__all__ = ["STATIC", "TEMPLATES", "environment", "render"]
