"""The commands and their flags. Each command imports what it needs when it runs, so that the others start quickly."""

from __future__ import annotations

from typing import Annotated

from cyclopts import App, CycloptsError, Parameter, UnknownOptionError
from cyclopts.exceptions import UnknownCommandError

from exeat import __version__
from exeat.cli import Refused
from exeat.cli.batch_options import TableOptions
from exeat.cli.ledger import ledger_app
from exeat.cli.lists import lists_app
from exeat.cli.options import Figures, Kept, Order, Seen
from exeat.cli.records import records_app
from exeat.cli.reviews import screen_app
from exeat.cli.serve import serve_app
from exeat.cli.sql_options import SqlOptions
from exeat.terms import InputError

_Seen = Annotated[Seen | None, Parameter(name="*")]
_Figures = Annotated[Figures | None, Parameter(name="*")]
_Order = Annotated[Order | None, Parameter(name="*")]
_Table = Annotated[TableOptions | None, Parameter(name="*")]
_Sql = Annotated[SqlOptions | None, Parameter(name="*")]
_Kept = Annotated[Kept | None, Parameter(name="*")]
_Day = Annotated[str | None, Parameter(help="The day, YYYY-MM-DD (default: today).")]

app = App(
    name="exeat",
    version=f"exeat {__version__}",
    help="US export control of AI chips as dated, cited, executable law.",
    version_flags=["--version"],
    default_parameter=Parameter(negative=(), consume_multiple=False),
)
app.command(lists_app)
app.command(screen_app)
app.command(ledger_app)
app.command(records_app)
app.command(serve_app)
law_app = App(name="law", help="The encoded law: what is in force, since when, and by which instrument.")
app.command(law_app)


def run(argv: list[str]) -> int:
    """Run one command line and return its exit code.

    Raises:
        Refused: words the parser cannot read; the message is one line.
        InputError, LawError: what they mean cannot be read.
    """
    # A lone hyphen is standard input; the parser would take it for an option without a name.
    tokens = ["<stdin>" if token == "-" else token for token in argv]
    try:
        code = app(tokens, exit_on_error=False, print_error=False, result_action="return_value")
    except CycloptsError as error:
        raise Refused(_parser_words(error)) from None
    return code if isinstance(code, int) else 0


def _parser_words(error: CycloptsError) -> str:
    words = " ".join(str(error).split())
    if isinstance(error, UnknownOptionError) and "Did you mean" not in words:
        words = f"{words} (exeat COMMAND --help lists the options)"
    if isinstance(error, UnknownCommandError):
        words = words.replace("Available commands", "commands")
    return words


@app.command
def check(
    item: str | None = None, /, *, order: _Order = None, kept: _Kept = None, json: bool = False, full: bool = False
) -> int:
    """Decide a transaction on both tracks: what the text says, and what the agency says it enforces.

    Exit code 0: decided on both tracks; 3: unknown on a track; 2: something given cannot be read.

    Parameters
    ----------
    item
        A name of the catalog (exeat items), a transaction file (FILE.json), or - for standard input.
    json
        The whole answer as data (exeat schema prints its form).
    full
        Every condition, reason and source.
    """
    from exeat.cli.check import run_check

    return run_check(item, order or Order(), as_json=json, full=full, kept=kept)


@app.command
def classify(item: str | None = None, /, *, figures: _Figures = None, json: bool = False) -> int:
    """Classify an item of the catalog, or figures of your own, on a day (default: today).

    Exit code 0: classified; 3: a missing figure decides; 2: something given cannot be read.
    """
    from exeat.cli.classify import run_classify

    return run_classify(item, figures or Figures(), as_json=json)


@app.command
def flags(item: str | None = None, /, *, order: _Order = None, json: bool = False) -> int:
    """Tell of each red flag whether it is raised, is not, or cannot be told, with the question to ask next.

    Exit code 0: no unresolved flag is raised; 3: the transaction is held; 2: something given cannot be read.

    Parameters
    ----------
    item
        A transaction file (FILE.json), - for standard input, or a name of the catalog.
    """
    from exeat.cli.flags import run_flags

    return run_flags(item, order or Order(), as_json=json)


@app.command
def interview(
    item: str | None = None,
    /,
    *,
    order: _Order = None,
    answers: str | None = None,
    json: bool = False,
    full: bool = False,
) -> int:
    """Ask, one at a time, only the facts that still matter, those first that settle soonest; then answer as check does.

    Exit code 0: decided on both tracks; 3: still unknown, what is open is told; 2: something given cannot be read.

    Parameters
    ----------
    item
        A name of the catalog, a transaction file, or nothing.
    answers
        A file of answers: a JSON mapping, or a line "fact: value" for each ("don't know" is an answer). A fact of the
        second party is 2.fact.
    """
    from exeat.cli.interview import run_interview

    return run_interview(item, order or Order(), answers, as_json=json, full=full)


@app.command
def items(query: str = "", /, *, on: _Day = None, limit: int = 1000, json: bool = False) -> int:
    """List the items of the catalog whose names have the words of QUERY, with their ECCN on a day."""
    from exeat.catalog import CatalogError
    from exeat.cli.classify import run_items

    try:
        return run_items(query, on, limit, as_json=json)
    except CatalogError as error:
        raise InputError(str(error)) from None


@app.command
def owners(file: str, name: str, /, *, on: _Day = None, json: bool = False) -> int:
    """Tell whether listed parties own 50 percent or more of a party, by BIS's and by OFAC's method.

    Exit code 0: not caught by either; 3: caught, could be, or not known.

    Parameters
    ----------
    file
        A CSV with the columns owner, owned, share (and since, until, owner_headquarters, owned_headquarters), or
        FollowTheMoney JSON lines.
    """
    from exeat.cli.screen import run_owners

    return run_owners(file, name, on, as_json=json)


@app.command
def doctor(*, ledger: str | None = None, json: bool = False) -> int:
    """Tell what is configured and reachable: the law, the lists, the ledger. Exit code 1: something does not serve."""
    from exeat.cli.records import run_doctor

    return run_doctor(ledger, as_json=json)


@app.command
def tier(place: str, /, *, on: _Day = None, seen: _Seen = None, json: bool = False) -> int:
    """Map the press's word "tier" to the rule's terms for a place, with all its groups and their dates."""
    from exeat.cli.tier import run_tier

    return run_tier(place, on, seen or Seen(), as_json=json)


@app.command
def schema() -> int:
    """Print the JSON Schema of what `exeat check --json` prints."""
    from exeat.cli.schema import run_schema

    return run_schema()


@law_app.command
def instruments(*, seen: _Seen = None, json: bool = False) -> int:
    """List the instruments: Federal Register documents, press releases, guidance papers."""
    from exeat.cli.law import run_instruments

    return run_instruments(seen or Seen(), as_json=json)


@law_app.command
def timeline(*, seen: _Seen = None, json: bool = False) -> int:
    """Tell every dated change: when each instrument was public, took effect and came due; stays; postures; groups."""
    from exeat.cli.law import run_timeline

    return run_timeline(seen or Seen(), as_json=json)


@law_app.command
def calendar(*, from_: _Day = None, seen: _Seen = None, json: bool = False) -> int:
    """Tell what is scheduled to change next, from a day on (default: today)."""
    from exeat.cli.law import run_calendar

    return run_calendar(from_, seen or Seen(), as_json=json)


@law_app.command
def coverage(citation: str | None = None, /, *, seen: _Seen = None, json: bool = False) -> int:
    """Tell instrument by instrument what is encoded, and what is not and why."""
    from exeat.cli.law_status import run_coverage

    return run_coverage(citation, seen or Seen(), as_json=json)


@law_app.command
def status(citation: str, /, *, on: _Day = None, seen: _Seen = None, json: bool = False) -> int:
    """Tell where an instrument (90-FR-4544) stands on a day: effective, due, pending, posture, stayed, rescinded."""
    from exeat.cli.law_status import run_status

    return run_status(citation, on, seen or Seen(), as_json=json)


@law_app.command
def show(provision: str, /, *, on: _Day = None, seen: _Seen = None, json: bool = False) -> int:
    """Show a provision (740.27, 3A090.a, AIA) as in force on a day: words, conditions, posture, history."""
    from exeat.cli.law_show import run_show

    return run_show(provision, on, seen or Seen(), as_json=json)


@law_app.command
def diff(first: str, second: str, /, *, seen: _Seen = None, json: bool = False) -> int:
    """Tell what changed in the law between two days."""
    from exeat.cli.law_diff import run_diff

    return run_diff(first, second, seen or Seen(), as_json=json)


@law_app.command(name="check")
def law_check(*, law: str | None = None, solver: bool = False, json: bool = False) -> int:
    """Read, lint and test the law (of this installation, or of a folder --law). Exit code 2 when something is wrong.

    Parameters
    ----------
    solver
        Also look for overlaps, gaps and dead rules with the solver (half a minute the first time).
    """
    from exeat.cli.law import run_law_check

    return run_law_check(law, as_json=json, solver=solver)


@app.command
def batch(table: str, /, *, options: _Table = None, json: bool = False) -> int:
    """Decide every row of a table (Parquet, CSV, Excel, JSON); each comes back in its order, with its answer or its
    error. With --compare or --compare-law: only the rows whose answer moves, and what moved them.

    Exit code 0: every row was decided; 3: some row could not be read; 2: the table could not be read.

    Parameters
    ----------
    table
        The file. Columns are named as facts (item, date, destination, quantity, ultimate_consignee_headquarters ...).
    """
    from exeat.cli.batch import run_batch

    return run_batch(table, options or TableOptions(), as_json=json)


@app.command
def sql(*, options: _Sql = None) -> int:
    """Print one query that decides every row of a table in your own warehouse, paragraph by paragraph.

    Exit code 0: printed; 2: a day, column, table or dialect that cannot be read.
    """
    from exeat.cli.sql import run_sql

    return run_sql(options or SqlOptions())


@app.command
def mcp() -> int:
    """Serve check, classify, screen and law lookup to an MCP client over standard input and output."""
    from exeat.cli.mcp import run_mcp

    return run_mcp()
