"""The answer that a class of rows shares, and the trace behind it: paragraphs, dates and reasons."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

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
    trace = _trace(found)
    return Decision(
        (
            *(found.outcome_on(track) for track in TRACKS),
            found.eccn or "unknown",
            *(_joined(requirements(found, track)) for track in TRACKS),
            *(_joined(exceptions(found, track)) for track in TRACKS),
            *(review_policy(found, track) for track in TRACKS),
            _joined(flags(found)),
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
    engine = found.engine
    for section in engine.words.prohibitions:
        assert isinstance(section.rule, Prohibition)
        truth = found.valuation.truth(engine.words.ban_names[track][section.key])
        if truth is not False:
            yield _marked(section.rule.id, truth)
    for section in engine.program.requirements:
        assert isinstance(section.rule, Requirement)
        truth = found.valuation.truth(engine.words.truth_names[track][section.key])
        if truth is not False:
            yield _marked(section.rule.id, truth)


def exceptions(found: Determination, track: Track) -> Iterator[str]:
    """The exceptions and authorizations that are, or may be, usable."""
    if found.valuation.values.get(f"{track}.any_requirement") is False:
        return
    for section, name in zip(found.engine.program.reliefs, found.engine.relief_names[track], strict=True):
        assert isinstance(section.rule, Relief)
        truth = found.valuation.truth(name)
        if truth is not False:
            yield _marked(section.rule.symbol, truth)


def review_policy(found: Determination, track: Track) -> str | None:
    """How an application would be met, where one would be made."""
    if found.outcome_on(track) not in ("license_required", "unknown"):
        return None
    policy = found.valuation.review_policy(track)
    return policy.replace(" ", "_") if policy else None


def flags(found: Determination) -> Iterator[str]:
    """The red flags raised: each holds the row until it is resolved."""
    for section in found.engine.words.red_flags:
        assert isinstance(section.rule, RedFlag)
        if found.valuation.truth(section.rule.name) is True:
            yield section.rule.id


def asks_of(found: Determination) -> str | None:
    """The facts that would settle the answer, most decisive first, with the party's role where it is a party's."""
    seen: dict[str, None] = {}
    for ask in found.asks:
        number = ask.missing.party
        role = f"{found.asked.parties[number].get('role', 'a party')} " if number is not None else ""
        seen[f"{role}{ask.missing.fact}"] = None
    return _joined(iter(seen))


def _trace(found: Determination) -> Trace:
    paragraphs = list(_paragraphs(found))
    outcomes = (found.outcome_on("text"), found.outcome_on("enforced"))
    eccn = found.eccn or "unknown"
    text = json.dumps(paragraphs, ensure_ascii=False, separators=(",", ":"))
    named = json.dumps([found.lawbook.digest, outcomes, eccn, text])
    id_ = hashlib.sha256(named.encode()).hexdigest()[:16]
    return Trace(id_, outcomes, eccn, reason(found, paragraphs), text)


def _paragraphs(found: Determination) -> Iterator[dict[str, Any]]:
    """Every paragraph that applies or may, by track where the tracks part."""
    engine, valuation = found.engine, found.valuation
    words = engine.words
    for section in words.classifications:
        assert section.rule is not None
        yield from _entry(found, section, "classification", {"": valuation.truth(section.rule.name)})
    for section in words.prohibitions:
        truths: dict[str, bool | None] = {t: valuation.truth(words.ban_names[t][section.key]) for t in TRACKS}
        yield from _entry(found, section, "prohibition", truths)
    for section in engine.program.requirements:
        truths = {t: valuation.truth(words.truth_names[t][section.key]) for t in TRACKS}
        yield from _entry(found, section, "license requirement", truths)
    for place, section in enumerate(engine.program.reliefs):
        truths = {
            t: valuation.truth(engine.relief_names[t][place])
            for t in TRACKS
            if valuation.values.get(f"{t}.any_requirement") is not False
        }
        yield from _entry(found, section, "exception or authorization", truths)
    for section in words.red_flags:
        assert section.rule is not None
        truth = valuation.truth(section.rule.name)
        if truth is True:
            yield from _entry(found, section, "red flag", {"": truth})


def _entry(
    found: Determination, section: Section, step: str, truths: dict[str, bool | None]
) -> Iterator[dict[str, Any]]:
    if not truths or set(truths.values()) == {False}:
        return
    says: Any = {track: TRUTH[truth] for track, truth in truths.items()}
    if len(set(truths.values())) == 1:
        says = next(iter(says.values()))
    cited = found.engine.words.cite(section)
    yield {"step": step, **cited, "applies": says}


def reason(found: Determination, paragraphs: list[dict[str, Any]]) -> str:
    """The answer in words, one sentence for each track where they part."""
    texts = [_sentence(found, track, paragraphs) for track in TRACKS]
    if texts[0] == texts[1]:
        return texts[0]
    return f"By the text: {texts[0]} As enforced: {texts[1]}"


def _sentence(found: Determination, track: Track, paragraphs: list[dict[str, Any]]) -> str:
    def those(step: str, truth: str) -> str:
        names = [
            f"{p['provision']} ({p['instrument']})"
            for p in paragraphs
            if p["step"] == step
            and (p["applies"] if isinstance(p["applies"], str) else p["applies"].get(track)) == truth
        ]
        return ", ".join(dict.fromkeys(names))

    outcome = found.outcome_on(track)
    needed = those("license requirement", "yes")
    match outcome:
        case "prohibited":
            return f"Prohibited by {those('prohibition', 'yes')}."
        case "no_license_required":
            return "No license requirement found under the encoded provisions, on these facts."
        case "license_exception" | "authorized":
            what = "License exception" if outcome == "license_exception" else "Authorized"
            return f"{what}: {those('exception or authorization', 'yes')}; needed because of {needed}."
        case "license_required":
            return f"A license is required by {needed}."
    open_ = (
        those("license requirement", "unknown") or those("exception or authorization", "unknown") or "the item's class"
    )
    return f"Unknown: a missing fact decides {open_}" + (f"; {needed} applies." if needed else ".")
