"""``exeat screen`` and the decisions of reviewers on what it finds."""

from __future__ import annotations

from typing import Annotated

from cyclopts import App, Parameter

screen_app = App(name="screen", help="Look for a name in the lists held; keep what a reviewer decides on a hit.")

_Day = Annotated[str | None, Parameter(help="The day, YYYY-MM-DD (default: today).")]


@screen_app.default
def screen(
    name: str,
    /,
    *,
    country: str = "",
    on: _Day = None,
    list: list[str] | None = None,
    column: list[str] | None = None,
    sheet: str | None = None,
    changed_since: str | None = None,
    json: bool = False,
) -> int:
    """Look for a name, or each name of a file, in the lists held (at least the list that ships with the package).

    Exit code 0: no match found in lists of their day; 3: a match, a possible one, or a name that cannot be screened.

    Parameters
    ----------
    name
        A name, or a file: a CSV or an Excel sheet with the column name (and country, address, identifiers, key …), or
        one name a line.
    country
        Where the party is, two letters.
    list
        Show hits on this list only (EL, SDN …); repeatable.
    column
        FIELD=COLUMN, for a file whose columns are named otherwise (name=Customer, country=Land …); repeatable.
    sheet
        The sheet of an Excel file.
    changed_since
        Screen only those whom an entry may be that was added, changed or removed since the lists of this day.
    """
    from exeat.cli.screen import Asked, run_screen

    return run_screen(name, Asked(country, on, list or [], column or [], sheet, changed_since), as_json=json)


@screen_app.command
def clear(
    name: str, /, *, entry: str, who: str, why: str, until: str, country: str = "", address: str = "", key: str = "",
    json: bool = False,
) -> int:  # fmt: skip
    """Keep that a name is not the listed party, until a day. Void when the entry or the customer's record changes.

    Parameters
    ----------
    name
        The name as it is screened.
    entry
        The entry's key, as exeat screen shows it.
    who
        Who decided.
    why
        Why.
    until
        The last day on which this holds, YYYY-MM-DD.
    country
        The country with which the name is screened, two letters; likewise address.
    key
        Your own number of the customer, if the file of names gives one.
    """
    from exeat.cli.screen import run_decide

    return run_decide("cleared", name, (country, address, key), entry, (who, why, until), as_json=json)


@screen_app.command
def confirm(
    name: str, /, *, entry: str, who: str, why: str, until: str, country: str = "", address: str = "", key: str = "",
    json: bool = False,
) -> int:  # fmt: skip
    """Keep that a name is the listed party: a possible match then counts as a match. Flags as for clear."""
    from exeat.cli.screen import run_decide

    return run_decide("confirmed", name, (country, address, key), entry, (who, why, until), as_json=json)


@screen_app.command
def decisions(*, json: bool = False) -> int:
    """Tell every decision on a name and an entry: who, when, why, until, and whether it still stands."""
    from exeat.cli.screen import run_decisions

    return run_decisions(as_json=json)


__all__ = ["screen_app"]
