"""The answer that a class of rows shares, and the trace behind it: paragraphs, dates and reasons."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias
from weakref import WeakKeyDictionary

from exeat.determination.answer import Determination
from exeat.determination.determine import Engine
from exeat.determination.program import TRACKS
from exeat.determination.reader import TRUTH
from exeat.determination.step import Track
from exeat.lawbook.instrument import Prohibition, RedFlag, Relief, Requirement, Section

#: The columns an answer adds to a table, in order.
ANSWER_COLUMNS = (
    "outcome_text", "outcome_enforced", "eccn", "requirements_text", "requirements_enforced", "exceptions_text",
    "exceptions_enforced", "review_policy_text", "review_policy_enforced", "red_flags", "ask", "trace_id",
)  # fmt: skip

#: The columns of the table of traces.
TRACE_COLUMNS = (
    "trace_id", "first_date", "last_date", "rows", "outcome_text", "outcome_enforced", "eccn", "reason", "paragraphs",
    "law", "engine",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Decision:
    """One answer. Lists are texts joined by ``; ``; a ``?`` after an id says that a missing fact decides."""

    answer: tuple[str | None, ...]
    trace: Trace


@dataclass(frozen=True, slots=True)
class Trace:
    """The truth of every paragraph that bears on an answer, cited, and the reason in words."""

    id: str
    outcomes: tuple[str, str]
    eccn: str
    reason: str
    paragraphs: str


def decision_of(found: Determination, ask: str | None) -> Decision:
    """The answer and its trace, from a determination of one row of the class; ``ask`` as :func:`asks_of` tells it."""
    held = list(_held(found))
    trace = _trace(found, held)
    return Decision(
        (
            *(found.outcome_on(track) for track in TRACKS),
            found.eccn or "unknown",
            *(_joined(_named(held, ("prohibition", "license requirement"), track)) for track in TRACKS),
            *(_joined(_named(held, ("exception or authorization",), track)) for track in TRACKS),
            *(review_policy(found, track) for track in TRACKS),
            _joined(_named(held, ("red flag",), "text")),
            ask,
            trace.id,
        ),
        trace,
    )


class Decisions:
    """Decisions without asks, each made once: rows that differ in nothing an answer or a trace shows share one."""

    def __init__(self) -> None:
        self._made: dict[tuple[object, ...], Decision] = {}
        self._names: dict[Engine, tuple[str, ...]] = {}

    def of(self, found: Determination) -> Decision:
        """What :func:`decision_of` says of a determination."""
        names = self._names.get(found.engine)
        if names is None:
            names = self._names[found.engine] = tuple(shown_names(found.engine))
        valuation = found.valuation
        key = (
            found.engine,
            *(found.outcome_on(track) for track in TRACKS),
            found.eccn,
            *(review_policy(found, track) for track in TRACKS),
            *(valuation.values.get(f"{track}.any_requirement") is False for track in TRACKS),
            *map(valuation.truth, names),
        )
        made = self._made.get(key)
        if made is None:
            made = self._made[key] = decision_of(found, None)
        return made


def shown_names(engine: Engine) -> Iterator[str]:
    """The expressions whose truth a decision tells, besides the outcome, the entry and the review policy."""
    for section in engine.words.classifications:
        assert section.rule is not None
        yield section.rule.name
    for track in TRACKS:
        yield from engine.words.ban_names[track].values()
        for section in engine.program.requirements:
            yield engine.words.truth_names[track][section.key]
        yield from engine.relief_names[track]
    for section in engine.words.red_flags:
        assert section.rule is not None
        yield section.rule.name


def _joined(words: Iterator[str]) -> str | None:
    return "; ".join(words) or None


def _marked(id_: str, truth: bool | None) -> str:
    return id_ if truth else f"{id_}?"


def requirements(found: Determination, track: Track) -> Iterator[str]:
    """What forbids or asks for a license on the track: prohibitions, then requirements, that apply or may."""
    return _named(_held(found), ("prohibition", "license requirement"), track)


def exceptions(found: Determination, track: Track) -> Iterator[str]:
    """The exceptions and authorizations that are, or may be, usable."""
    return _named(_held(found), ("exception or authorization",), track)


def review_policy(found: Determination, track: Track) -> str | None:
    """How an application would be met, where one would be made."""
    if found.outcome_on(track) not in ("license_required", "unknown"):
        return None
    policy = found.valuation.review_policy(track)
    return policy.replace(" ", "_") if policy else None


def flags(found: Determination) -> Iterator[str]:
    """The red flags raised: each holds the row until it is resolved."""
    return _named(_held(found), ("red flag",), "text")


def asks_of(found: Determination) -> str | None:
    """The facts that would settle the answer, most decisive first, with the party's role where it is a party's."""
    seen: dict[str, None] = {}
    for ask in found.asks:
        number = ask.missing.party
        role = f"{found.asked.parties[number].get('role', 'a party')} " if number is not None else ""
        seen[f"{role}{ask.missing.fact}"] = None
    return _joined(iter(seen))


class _Line(NamedTuple):
    """What an era's law may show in a paragraph whatever the row: it is written once."""

    step: str
    expressions: tuple[str, str]
    id: str
    cited: str
    data: str


# A paragraph that applies or may, and its truth on each track where it is shown.
_Held: TypeAlias = tuple[_Line, dict[Track, bool | None]]
_LINES: WeakKeyDictionary[Engine, tuple[_Line, ...]] = WeakKeyDictionary()


def _lines(engine: Engine) -> tuple[_Line, ...]:
    """The paragraphs that an answer can show, in their order."""
    found = _LINES.get(engine)
    if found is None:
        found = _LINES[engine] = tuple(_written(engine))
    return found


def marks_of(engine: Engine) -> dict[str, tuple[object, ...]]:
    """For each expression whose truth a decision tells, all that is shown of it but its truth."""
    found: dict[str, tuple[object, ...]] = {}
    for line in _lines(engine):
        for place, name in enumerate(line.expressions):
            found.setdefault(name, (place, line.id, line.data))
    return found


def _written(engine: Engine) -> Iterator[_Line]:
    words = engine.words

    def line(step: str, section: Section, expressions: Sequence[str], id_: str) -> _Line:
        cited = words.cite(section)
        data = json.dumps({"step": step, **cited}, ensure_ascii=False, separators=(",", ":"))
        text, enforced = expressions
        return _Line(step, (text, enforced), id_, f"{cited['provision']} ({cited['instrument']})", data)

    for section in words.classifications:
        assert section.rule is not None
        yield line("classification", section, [section.rule.name] * 2, section.rule.name)
    for section in words.prohibitions:
        assert isinstance(section.rule, Prohibition)
        yield line("prohibition", section, [words.ban_names[t][section.key] for t in TRACKS], section.rule.id)
    for section in engine.program.requirements:
        assert isinstance(section.rule, Requirement)
        names = [words.truth_names[t][section.key] for t in TRACKS]
        yield line("license requirement", section, names, section.rule.id)
    for place, section in enumerate(engine.program.reliefs):
        assert isinstance(section.rule, Relief)
        names = [engine.relief_names[t][place] for t in TRACKS]
        yield line("exception or authorization", section, names, section.rule.symbol)
    for section in words.red_flags:
        assert isinstance(section.rule, RedFlag)
        yield line("red flag", section, [section.rule.name] * 2, section.rule.id)


def _held(found: Determination) -> Iterator[_Held]:
    """Every paragraph that applies or may: exceptions where something may need a license, red flags where raised."""
    valuation = found.valuation
    known, truth_of = valuation.values.get, valuation.truth
    needing = [t for t in TRACKS if known(f"{t}.any_requirement") is not False]
    for line in _lines(found.engine):
        first, second = line.expressions
        # Most are known to be no, and nothing of them is shown.
        text = False if known(first) is False else truth_of(first)
        enforced = text if second == first else False if known(second) is False else truth_of(second)
        if text is False and enforced is False:
            continue
        truths: dict[Track, bool | None] = {"text": text, "enforced": enforced}
        if line.step == "exception or authorization" and len(needing) < len(TRACKS):
            truths = {track: truths[track] for track in needing}
            if all(truth is False for truth in truths.values()):
                continue
        if line.step != "red flag" or text is True:
            yield line, truths


def _named(held: Iterable[_Held], steps: tuple[str, ...], track: Track) -> Iterator[str]:
    """The ids of what applies or may on a track."""
    for line, truths in held:
        if line.step in steps and (truth := truths.get(track, False)) is not False:
            yield _marked(line.id, truth)


def _trace(found: Determination, held: Sequence[_Held]) -> Trace:
    outcomes = (found.outcome_on("text"), found.outcome_on("enforced"))
    eccn = found.eccn or "unknown"
    text = f"[{','.join(_data(line, truths) for line, truths in held)}]"
    named = json.dumps([found.lawbook.digest, outcomes, eccn, text])
    id_ = hashlib.sha256(named.encode()).hexdigest()[:16]
    return Trace(id_, outcomes, eccn, _reason(outcomes, held), text)


def _data(line: _Line, truths: Mapping[Track, bool | None]) -> str:
    """A paragraph as data: by track only where the tracks part."""
    words = [TRUTH[truth] for truth in truths.values()]
    parting = ",".join(f'"{track}":"{word}"' for track, word in zip(truths, words, strict=True))
    applies = f'"{words[0]}"' if len(set(words)) == 1 else f"{{{parting}}}"
    return f'{line.data[:-1]},"applies":{applies}}}'


def _reason(outcomes: Sequence[str], held: Sequence[_Held]) -> str:
    """The answer in words, one sentence for each track where they part."""
    texts = [_sentence(outcome, track, held) for outcome, track in zip(outcomes, TRACKS, strict=True)]
    if texts[0] == texts[1]:
        return texts[0]
    return f"By the text: {texts[0]} As enforced: {texts[1]}"


def _sentence(outcome: str, track: Track, held: Sequence[_Held]) -> str:
    def those(step: str, truth: bool | None) -> str:
        # What is shown on one track alone is told of both.
        names = [
            line.cited
            for line, truths in held
            if line.step == step and truths.get(track, next(iter(truths.values()))) is truth
        ]
        return ", ".join(dict.fromkeys(names))

    needed = those("license requirement", True)
    match outcome:
        case "prohibited":
            return f"Prohibited by {those('prohibition', True)}."
        case "no_license_required":
            return "No license requirement found under the encoded provisions, on these facts."
        case "license_exception" | "authorized":
            what = "License exception" if outcome == "license_exception" else "Authorized"
            return f"{what}: {those('exception or authorization', True)}; needed because of {needed}."
        case "license_required":
            return f"A license is required by {needed}."
    open_ = those("license requirement", None) or those("exception or authorization", None) or "the item's class"
    return f"Unknown: a missing fact decides {open_}" + (f"; {needed} applies." if needed else ".")
