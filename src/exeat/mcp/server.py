"""The MCP server: the tools of :mod:`exeat.mcp.tools` under the official SDK, over standard input and output."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from exeat import __version__
from exeat.logic.errors import LogicError
from exeat.mcp import tools
from exeat.terms import InputError

if TYPE_CHECKING:
    from mcp.server import MCPServer

INSTRUCTIONS = """\
US export control of AI chips and models as dated, cited law, from October 2022. Every answer has two tracks: `text`
is what the regulations in force say, `enforced` is what the agency says it enforces; report both where they differ
(the AI Diffusion Rule is still in the CFR and not enforced). `unknown` is an answer: the facts under `ask` would
settle it. Never fill a missing fact by guessing, and never turn `no_license_required` into an approval: the best
answer is that no license requirement was found under the encoded provisions, on these facts. `hold` means a red flag
or a possible listed party is open. Cite the paragraphs and instruments given. This is not legal advice."""

_Day = Annotated[str | None, Field(description="The day, as 2025-07-01; without one, today.")]
_TRANSACTION = """\
Keys: date, activity (export, reexport, transfer_in_country, deemed_export ...), item (a catalog name, or figures such
as {"tpp": 15824}), quantity, value_usd, origin, destination (ISO code), end_use, parties: a list of {role, name,
country, headquarters, ultimate_parent_headquarters}, certifications, facts (any declared fact by name). What is not
stated is unknown; an unknown key or value is refused with the nearest valid word."""


def server() -> MCPServer[Any]:
    """The server with its tools; nothing is opened before the first question.

    Raises:
        InputError: the SDK is not installed.
    """
    try:
        from mcp.server import MCPServer
        from mcp.server.mcpserver.exceptions import ToolError
        from mcp.types import ToolAnnotations
    except ImportError:
        raise InputError("the MCP server needs the MCP SDK: pip install 'exeat[mcp]'") from None

    made: MCPServer[Any] = MCPServer("exeat", title="exeat", instructions=INSTRUCTIONS, version=__version__)
    reads = ToolAnnotations(read_only_hint=True, idempotent_hint=True, open_world_hint=False)

    def answered(work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        try:
            return work()
        except (InputError, LogicError) as error:
            raise ToolError(str(error)) from None

    @made.tool(annotations=reads)
    def check_transaction(
        transaction: Annotated[dict[str, Any], Field(description=_TRANSACTION)],
        full: Annotated[bool, Field(description="Every reason, also of what does not apply.")] = False,
    ) -> dict[str, Any]:
        """Whether an item may go to a party in a place for a use, on a day: both tracks, with causes and citations."""
        return answered(lambda: tools.check(transaction, full))

    @made.tool(annotations=reads)
    def classify_item(
        item: Annotated[str | None, Field(description="A name of the catalog, such as NVIDIA H100 SXM.")] = None,
        figures: Annotated[
            dict[str, Any] | None,
            Field(description="Or its figures: tpp, performance_density, marketed_for_datacenters ..."),
        ] = None,
        on: _Day = None,
    ) -> dict[str, Any]:
        """The ECCN of an item on a day, limb by limb, and what is missing where it is not known."""
        return answered(lambda: tools.classify(item, figures, on))

    @made.tool(annotations=reads)
    def search_items(query: str, on: _Day = None, limit: int = 10) -> dict[str, Any]:
        """Chips and servers of the catalog by name, with their ECCN on a day."""
        return answered(lambda: tools.search_items(query, on, limit))

    @made.tool(annotations=reads)
    def screen_party(
        name: str,
        country: Annotated[str, Field(description="ISO code, if known: evidence for or against a match.")] = "",
        on: _Day = None,
    ) -> dict[str, Any]:
        """Whether a name is, or may be, on a restricted-party list held here; says of which date the lists are."""
        return answered(lambda: tools.screen(name, country, on))

    @made.tool(annotations=reads)
    def look_up_law(
        provision: Annotated[str, Field(description="740.27, 3A090.a, AIA ...")],
        on: _Day = None,
        known_on: Annotated[str | None, Field(description="As the law was public on this day.")] = None,
    ) -> dict[str, Any]:
        """A provision as in force on a day: words, conditions, what is pending, the agency's posture, its history."""
        return answered(lambda: tools.provision(provision, on, known_on))

    @made.tool(annotations=reads)
    def list_law(on: _Day = None) -> dict[str, Any]:
        """The encoded provisions that govern a day, with their instruments and postures."""
        return answered(lambda: tools.provisions(on))

    @made.tool(annotations=reads)
    def law_changes(first: str, second: str) -> dict[str, Any]:
        """What changed in the law from one day to a later one: provisions, postures, groups of countries."""
        return answered(lambda: tools.changes(first, second))

    return made


def serve() -> None:
    """Serve over standard input and output until the other side hangs up."""
    server().run("stdio")
