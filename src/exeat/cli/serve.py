"""``exeat serve``: the HTTP API and the pages; ``exeat serve token``: a token for those who ask from elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from exeat.cli import DECIDED
from exeat.cli.show import write

serve_app = App(
    name="serve",
    help="The service: HTTP API and pages in one process.",
    default_parameter=Parameter(negative=(), consume_multiple=False),
)


@serve_app.default
def serve(
    *,
    host: str | None = None,
    port: int | None = None,
    database: str | None = None,
    tokens: str | None = None,
    proxy_header: str | None = None,
    name: Annotated[list[str] | None, Parameter(name="--name")] = None,
) -> int:
    """Serve the API and the pages until interrupted. On loopback nobody has to log in; elsewhere it needs --tokens.

    Parameters
    ----------
    host
        The address to listen on (default: 127.0.0.1, this machine alone).
    port
        The port (default: 8000).
    database
        The ledger's URL (default: EXEAT_LEDGER, else none).
    tokens
        The file of token hashes that `exeat serve token` writes.
    proxy_header
        A header in which a trusted proxy in front says who is asking.
    name
        A name under which the service is asked for, besides localhost; repeatable.
    """
    from exeat.web.run import serve as run
    from exeat.web.settings import read_settings

    given = {"host": host, "port": port, "ledger": database, "tokens": tokens, "proxy_header": proxy_header,
             "hosts": name}  # fmt: skip
    run(read_settings(given), lambda line: write([line]))
    return DECIDED


@serve_app.command
def token(name: str, /, *, scope: str = "read", tokens: str) -> int:
    """Make a token, print it once, and keep its hash in a file.

    Parameters
    ----------
    name
        Whose token it is (letters, digits, - _ .).
    scope
        read (law, items, maps, lists), decide (determinations, batches, ledger) or admin.
    tokens
        The file; made if it does not exist.
    """
    from exeat.web.tokens import make_token

    write([make_token(name, scope, Path(tokens))])
    return DECIDED


__all__ = ["serve_app"]
