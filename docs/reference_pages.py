"""The reference pages, made from the law and the code when the documents are built (`make docs`): never by hand."""

from __future__ import annotations

import csv
import inspect
import json
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import Any

import exeat
from exeat.cli.app import app
from exeat.lawbook.folder import law_folder
from exeat.library import desk


def _cell(text: object) -> str:
    return " ".join(str(text).split()).replace("|", "\\|")


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(_cell(cell) for cell in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def commands() -> str:
    """Every command with its options, as the program itself tells them."""
    return str(app.generate_docs(output_format="markdown", recursive=True)).replace("# exeat\n", "# Commands\n", 1)


def facts() -> str:
    """The dictionary of facts is the law's own page."""
    return (law_folder() / "facts.md").read_text(encoding="utf-8")


def instruments() -> str:
    """Every encoded instrument with its dates and what is not encoded, with the reason."""
    book = desk().lawbook
    parts = [f"# Instruments\n\nLaw digest `{book.digest}`; sources last checked on {book.checked}.\n"]
    for one in sorted(book.instruments, key=lambda i: (i.effective, i.citation)):
        parts.append(f"\n## {one.citation}\n\n{_cell(one.title)} ({one.kind}).\n")
        parts.append(
            f"\nKnown {one.known}, published {one.published}, effective {one.effective}, compliance {one.compliance}; "
            f"{one.confidence}. [Source]({one.source}).\n\n"
        )
        parts.append(_table(("what", "provision"), [(s.verb, s.provision) for s in one.sections]))
        if one.gaps:
            parts.append("\nNot encoded:\n\n" + "\n".join(f"- {_cell(gap.what)}: {_cell(gap.why)}" for gap in one.gaps))
            parts.append("\n")
    return "".join(parts)


def provisions() -> str:
    """Every provision with its versions."""
    rows = []
    for name, chain in sorted(desk().lawbook.chains.items()):
        for section in chain:
            kind = section.rule.kind if section.rule else ""
            rows.append((name, section.verb, section.citation, section.effective, section.compliance, kind))
    head = ("provision", "what", "instrument", "effective", "compliance", "kind of rule")
    return "# Provisions\n\nEach version of each provision, in order of date.\n\n" + _table(head, rows)


def groups() -> str:
    """The groups of the day the documents are built."""
    today = date.today()
    found = desk().lawbook.groups.on(today)
    words = desk().lawbook.groups.groups
    rows = [
        (name, words[name].words, len(members), " ".join(sorted(members))) for name, members in sorted(found.items())
    ]
    text = f"# Groups of places\n\nAs of {today}; `exeat tier PLACE --on DAY` tells any other day.\n\n"
    return text + _table(("group", "in words", "places", "members"), rows)


def limits() -> str:
    """The figures of caps and terms."""
    with (law_folder() / "limits.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    return "# Limits\n\n" + _table(rows[0], rows[1:])


def python() -> str:
    """The public names of the package with their docstrings."""
    parts = ["# Python\n"]
    for name in exeat.__all__:
        found: Any = getattr(exeat, name)
        if not callable(found):
            continue
        signature = "" if inspect.isclass(found) else str(inspect.signature(found))
        parts.append(
            f"\n## `exeat.{name}`\n\n```python\n{name}{signature}\n```\n\n```text\n{inspect.getdoc(found)}\n```\n"
        )
    return "".join(parts)


def answer() -> str:
    """The JSON Schema of an answer, first as a table of its keys."""
    schema = json.loads((law_folder().parent / "docs" / "determination.schema.json").read_text(encoding="utf-8"))
    rows = [(f"`{key}`", value.get("description", "")) for key, value in schema["properties"].items()]
    text = "# The form of an answer\n\nWhat `exeat check --json`, the API and `Determination.to_dict()` give.\n\n"
    shown = json.dumps(schema, indent=2, ensure_ascii=False)
    return text + _table(("key", "what it holds"), rows) + f"\n```json\n{shown}\n```\n"


PAGES: dict[str, Callable[[], str]] = {
    one.__name__: one for one in (commands, facts, instruments, provisions, groups, limits, python, answer)
}


def on_files(files: Any, config: Any) -> Any:
    """MkDocs' hook: add the pages made here."""
    from mkdocs.structure.files import File

    for name, make in PAGES.items():
        files.append(File.generated(config, f"reference/{name}.md", content=make()))
    return files
