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
    listening = _listening(settings.host, settings.port)
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    say(f"exeat is served at http://{host}:{listening.getsockname()[1]}/ (Ctrl-C ends it)")
    uvicorn.Server(config).run(sockets=[listening])


def _listening(host: str, port: int) -> socket.socket:
    """A socket that listens.

    Its protocol is stated: only then does asyncio turn off the wait for more to send, which costs 40 ms an answer.

    Raises:
        InputError: the address cannot be listened on.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((host, port))
        made.listen(2048)
    except OSError as error:
        made.close()
        raise InputError(f"cannot listen on {host} port {port}: {error.strerror or error}") from None
    return made


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
