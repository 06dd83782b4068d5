"""``exeat mcp``: the desk as tools of the Model Context Protocol."""

from __future__ import annotations

from exeat.cli import DECIDED


def run_mcp() -> int:
    """Serve over standard input and output until the client hangs up.

    Raises:
        InputError: the MCP SDK is not installed.
    """
    from exeat.mcp.server import serve

    serve()
    return DECIDED
