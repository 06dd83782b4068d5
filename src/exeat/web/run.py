"""Starting the service: settings checked, one worker, uvicorn."""

from __future__ import annotations

import gc
import logging
import socket
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from exeat.bound import extra
from exeat.terms import InputError
from exeat.web.settings import Settings

if TYPE_CHECKING:
    from exeat.web.site import Site


def serve(settings: Settings, say: Callable[[str], None] = print) -> None:
    """Serve until interrupted.

    Raises:
        NotInstalled: the extra ``web`` is missing. InputError: settings that would let anybody in, or an address that
            cannot be listened on.
    """
    with extra("web"):
        import uvicorn

        from exeat.web.app import create_app

    app = create_app(settings)
    _log_to_stderr()
    _warm(app.state.site)
    config = uvicorn.Config(
        app, host=settings.host, port=settings.port, access_log=False, log_config=None, server_header=False,
        proxy_headers=False, timeout_keep_alive=15, h11_max_incomplete_event_size=64 * 1024, lifespan="on",
        ws="none",
    )  # fmt: skip
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        listening = socket.create_server((settings.host, settings.port), family=family, backlog=2048)
    except OSError as error:
        raise InputError(f"cannot listen on {settings.host} port {settings.port}: {error.strerror or error}") from None
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    say(f"exeat is served at http://{host}:{listening.getsockname()[1]}/ (Ctrl-C ends it)")
    uvicorn.Server(config).run(sockets=[listening])


def _log_to_stderr() -> None:
    """One JSON object a line: see :mod:`exeat.web.guard` for what it holds, and what it never does."""
    log = logging.getLogger("exeat.web")
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(message)s"))
    log.handlers[:] = [handler]
    log.setLevel(logging.INFO)
    log.propagate = False


def _warm(site: Site) -> None:
    """Read the law before the first request, and keep the collector of garbage from walking it again and again."""
    today = site.today()
    if today >= site.lawbook.begins:
        site.desk.law_of(today)
    site.catalog.search("", 1)
    gc.collect()
    gc.freeze()


__all__ = ["serve"]
