"""The commands and their flags. Each command imports what it needs when it runs, so that the others start quickly."""

from __future__ import annotations

from typing import Annotated

from cyclopts import App, CycloptsError, Parameter, UnknownOptionError
from cyclopts.exceptions import UnknownCommandError

from exeat import __version__
from exeat.terms import InputError

Flag = Annotated[bool, Parameter(negative=())]
Words = Annotated[list[str] | None, Parameter(consume_multiple=False, negative=())]

app = App(
    name="exeat",
    version=f"exeat {__version__}",
    help="US export control of AI chips as dated, cited, executable law.",
    version_flags=["--version"],
)
law_app = App(name="law", help="The encoded law: what is in force, since when, and by which instrument.")
app.command(law_app)


class Refused(Exception):  # noqa: N818 - a refusal of input, told in one line
    """What was given cannot be read."""


def run(argv: list[str]) -> int:
    """Run one command line and return its exit code.

    Raises:
        Refused: bad input of any kind; the message is one line.
    """
    from exeat.lawbook.instrument import LawError

    # A lone hyphen is standard input; the parser would take it for an option without a name.
    tokens = ["<stdin>" if token == "-" else token for token in argv]
    try:
        code = app(tokens, exit_on_error=False, print_error=False, result_action="return_value")
    except CycloptsError as error:
        raise Refused(_parser_words(error)) from None
    except (InputError, LawError) as error:
        raise Refused(str(error)) from None
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
    item: str | None = None,
    /,
    *,
    to: str | None = None,
    on: str | None = None,
    known_on: str | None = None,
    quantity: str | None = None,
    from_: Annotated[str | None, Parameter(name="--from")] = None,
    headquarters: str | None = None,
    parent: str | None = None,
    name: str | None = None,
    role: str | None = None,
    party_fact: Words = None,
    end_use: str | None = None,
    activity: str | None = None,
    fact: Words = None,
    tpp: str | None = None,
    performance_density: str | None = None,
    die_area: str | None = None,
    marketed_for_datacenters: str | None = None,
    io: str | None = None,
    dram_bandwidth: str | None = None,
    figure: Words = None,
    json: Flag = False,
    full: Flag = False,
) -> int:
    """Decide a transaction on both tracks: what the text says, and what the agency says it enforces.

    Exit code 0: decided on both tracks; 3: unknown on a track; 2: something given cannot be read.

    Parameters
    ----------
    item
        A name of the catalog (exeat items), a transaction file (FILE.json), or - for standard input.
    to
        The destination: a two-letter code or a name.
    on
        The day of the export, YYYY-MM-DD (default: today).
    known_on
        Read the law as it was public on this day.
    quantity
        How many units.
    from_
        The place the item leaves from (default: US).
    headquarters
        Where the ultimate consignee is headquartered; left out it is unknown, and asked for.
    parent
        Where its ultimate parent is headquartered (its own headquarters if it has no parent).
    name
        The ultimate consignee's name.
    role
        The role of the party described (default: ultimate_consignee).
    party_fact
        NAME=VALUE, any other declared fact of that party; repeatable.
    end_use
        What the item will be used for.
    activity
        export, reexport, transfer … (default: export).
    fact
        NAME=VALUE, any declared fact; wins over what is derived; repeatable.
    tpp
        Total processing performance, a number or a range such as 4000..5000.
    performance_density
        TPP per square millimeter of applicable die area.
    die_area
        Applicable die area, mm2.
    marketed_for_datacenters
        yes or no.
    io
        Two-way transfer rate without volatile memory, GB/s.
    dram_bandwidth
        Total DRAM bandwidth, GB/s.
    figure
        NAME=VALUE, any other figure of the item; repeatable.
    json
        The whole answer as data (exeat schema prints its form).
    full
        Every condition, reason and source.
    """
    from exeat.cli.check import Given, run_check

    figures = {
        "tpp": tpp,
        "performance_density": performance_density,
        "applicable_die_area_mm2": die_area,
        "marketed_for_datacenters": marketed_for_datacenters,
        "io_bidirectional_gbs": io,
        "total_dram_bandwidth_gbs": dram_bandwidth,
    }
    short = {
        "to": to,
        "quantity": quantity,
        "from_": from_,
        "headquarters": headquarters,
        "parent": parent,
        "name": name,
        "role": role,
        "end_use": end_use,
        "activity": activity,
    }
    given = Given(item, on, known_on, short, figures, figure or [], fact or [], party_fact or [])
    return run_check(given, as_json=json, full=full)


@app.command
def classify(
    item: str | None = None,
    /,
    *,
    on: str | None = None,
    known_on: str | None = None,
    tpp: str | None = None,
    performance_density: str | None = None,
    die_area: str | None = None,
    marketed_for_datacenters: str | None = None,
    io: str | None = None,
    dram_bandwidth: str | None = None,
    figure: Words = None,
    fact: Words = None,
    json: Flag = False,
) -> int:
    """Classify an item of the catalog, or figures of your own, on a day (default: today).

    Exit code 0: classified; 3: a missing figure decides; 2: something given cannot be read.
    """
    from exeat.cli.check import Given
    from exeat.cli.classify import run_classify

    figures = {
        "tpp": tpp,
        "performance_density": performance_density,
        "applicable_die_area_mm2": die_area,
        "marketed_for_datacenters": marketed_for_datacenters,
        "io_bidirectional_gbs": io,
        "total_dram_bandwidth_gbs": dram_bandwidth,
    }
    given = Given(item, on, known_on, {}, figures, figure or [], fact or [], [])
    return run_classify(given.keywords(), as_json=json)


@app.command
def items(query: str = "", /, *, on: str | None = None, limit: int = 1000, json: Flag = False) -> int:
    """List the items of the catalog whose names have the words of QUERY, with their ECCN on a day."""
    from exeat.catalog import CatalogError
    from exeat.cli.classify import run_items

    try:
        return run_items(query, on, limit, as_json=json)
    except CatalogError as error:
        raise InputError(str(error)) from None


@app.command
def schema() -> int:
    """Print the JSON Schema of what `exeat check --json` prints."""
    from exeat.cli.schema import run_schema

    return run_schema()


@law_app.command
def instruments(*, json: Flag = False) -> int:
    """List the instruments: Federal Register documents, press releases, guidance papers."""
    from exeat.cli.law import run_instruments

    return run_instruments(as_json=json)


@law_app.command
def timeline(*, json: Flag = False) -> int:
    """Tell every dated change: when each instrument was public, took effect and came due; groups."""
    from exeat.cli.law import run_timeline

    return run_timeline(as_json=json)


@law_app.command
def show(provision: str, /, *, on: str | None = None, known_on: str | None = None, json: Flag = False) -> int:
    """Show a provision (740.27, 3A090.a, AIA) as in force on a day: words, conditions, posture, history."""
    from exeat.cli.law_show import run_show

    return run_show(provision, on, known_on, as_json=json)


@law_app.command
def diff(first: str, second: str, /, *, json: Flag = False) -> int:
    """Tell what changed in the law between two days."""
    from exeat.cli.law_diff import run_diff

    return run_diff(first, second, as_json=json)


@law_app.command(name="check")
def law_check(*, law: str | None = None, json: Flag = False) -> int:
    """Read, lint and test the law (of this installation, or of a folder --law). Exit code 2 when something is wrong."""
    from exeat.cli.law import run_law_check

    return run_law_check(law, as_json=json)
