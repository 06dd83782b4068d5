"""The lints that need proof: rules that meet, policies that leave a gap, rules and limbs that can never matter.

On every era of the law: two entries true of one item; two rows of a review policy that differ and both fit; two
requirements that say the same twice; a requirement no review policy answers; a rule, row or limb that changes nothing.
What is meant stands in the law file under ``accepts``; everything else, and every stale acceptance, is a finding.
"""

from __future__ import annotations

import importlib.util
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import astuple, dataclass, field
from datetime import date
from pathlib import Path

from exeat.determination.discovery import Discovery, discoveries, what_matters
from exeat.determination.ground import Ground
from exeat.determination.questions import Questions
from exeat.lawbook.check import Finding
from exeat.lawbook.consolidate import Lawbook
from exeat.lawbook.instrument import (
    Acceptance,
    Accepted,
    Section,
)

NOT_EXAMINED = "overlaps and gaps were not examined: that needs z3-solver (pip install 'exeat[solver]')"


@dataclass(slots=True)
class _Record:
    """Discoveries over all eras: which acceptances were needed, and what nobody accepted."""

    governed: Counter[str] = field(default_factory=Counter)
    used: set[tuple[str, int]] = field(default_factory=set)
    times: Counter[tuple[str, Accepted, str]] = field(default_factory=Counter)
    first: dict[tuple[str, Accepted, str], Finding] = field(default_factory=dict)

    def take(self, found: Discovery, since: date) -> None:
        for section in found.sections:
            for acceptance in _acceptances(section):
                if acceptance.kind == found.kind and _same(acceptance.what, found.what):
                    self.used.add((section.file, acceptance.line))
                    return
        where = found.sections[0]
        key = (where.key, found.kind, found.what)
        self.times[key] += 1
        if key not in self.first:
            message = f"from {since}: {found.message}. Mend it or accept it ('{found.kind}: {found.what}', because …)"
            self.first[key] = Finding(where.file, found.line or where.line, found.kind, message)

    def findings(self) -> Iterator[Finding]:
        """What is open. A rule is dead or idle only if it is so in every era that it governs."""
        for key, finding in self.first.items():
            section, kind, _ = key
            if kind in ("overlap", "gap") or self.times[key] == self.governed[section]:
                yield finding


def solver_at_hand() -> bool:
    """Whether z3 is installed; without it nothing is examined (see ``NOT_EXAMINED``)."""
    return importlib.util.find_spec("z3") is not None


def check_overlaps(book: Lawbook) -> Iterator[Finding]:
    """What the solver finds in any era and nobody accepted, and acceptances that nothing needs.

    Raises:
        ModuleNotFoundError: z3-solver is not installed.
        LogicError: the solver did not decide a question in time.
    """
    questions = Questions(book)
    record = _Record()
    found: dict[object, list[Discovery]] = {}
    for since in book.changes():
        law = book.in_force(since)
        key = what_matters(law)
        if key not in found:
            found[key] = list(discoveries(law, Ground(law, questions)))
        record.governed.update(section.key for section in (*law.governing, *law.postures))
        for discovery in found[key]:
            record.take(discovery, since)
    yield from sorted(set(record.findings()))
    for section in book.sections():
        for acceptance in _acceptances(section):
            if (section.file, acceptance.line) not in record.used:
                message = f"nothing needs the acceptance '{acceptance.kind}: {acceptance.what}'; take it out"
                yield Finding(section.file, acceptance.line, "accepts", message)


def _acceptances(section: Section) -> tuple[Acceptance, ...]:
    return () if section.rule is None else section.rule.accepts


def _same(accepted: str, found: str) -> bool:
    """Two requirements may be named in either order; ``A over B`` says which is meant to win and may not be turned."""
    return accepted == found or sorted(accepted.split(" and ")) == sorted(found.split(" and "))


def cached_findings(book: Lawbook) -> list[Finding]:
    """The findings of :func:`check_overlaps`, kept by the law's digest and the state of our own code."""
    from exeat.lawbook.book import cache_folder

    here = Path(__file__).parent
    sources = [here / f"{name}.py" for name in ("discovery", "ground", "overlap", "questions")]
    sources += [*(here.parent / "lawbook").glob("*.py"), *(here.parent / "logic").glob("*.py")]
    stamp = sum(source.stat().st_mtime_ns for source in sources)
    path = cache_folder() / f"overlaps-{book.digest[:32]}-{stamp & 0xFFFFFFFF:08x}.json"
    try:
        return [Finding(*entry) for entry in json.loads(path.read_text(encoding="utf-8"))]
    except (OSError, ValueError, TypeError):
        pass
    found = list(check_overlaps(book))
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.write_text(json.dumps([astuple(finding) for finding in found]), encoding="utf-8")
    except OSError:
        pass  # Only time is lost.
    return found


def main() -> int:
    """Print what the solver finds in the packaged law; the exit code is 1 when there is anything."""
    from exeat.lawbook.book import open_lawbook

    if not solver_at_hand():
        print(NOT_EXAMINED)
        return 0
    findings = cached_findings(open_lawbook())
    for finding in findings:
        print(finding)
    return 1 if findings else 0


if __name__ == "__main__":
    raise SystemExit(main())
