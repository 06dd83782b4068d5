"""What must hold of every answer on the real law, whatever the facts.

Facts are drawn from the values at which some condition of the day's program turns (``engine.turning.candidates``),
about a third of them left unknown. Presumed facts are always stated, derived ones too: the presumption is the one
open way in which a missing fact moves an answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache

from hypothesis import HealthCheck, event, example, given, note, settings
from hypothesis import strategies as st

from exeat.desk import Desk
from exeat.determination.determine import Engine, Valuation
from exeat.determination.program import TRACKS
from exeat.determination.step import Track
from exeat.lawbook.instrument import Definition
from exeat.logic.evaluate import evaluate
from exeat.logic.tree import Value

MANY = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
FIRST, LAST = date(2022, 1, 1), date(2026, 12, 31)
RULE_2023, RELEASE = date(2023, 11, 17), date(2025, 5, 13)
Facts = dict[str, Value]


@cache
def desk() -> Desk:
    return Desk()


def engine_on(day: date) -> Engine:
    return desk().engines.on(day)


@dataclass(frozen=True)
class Asked:
    """What one day's program asks: facts and party facts that are stated, not derived, with the values that matter."""

    facts: Mapping[str, tuple[Value, ...]]
    party: Mapping[str, tuple[Value, ...]]
    presumed: frozenset[str]


@cache
def _asked_by(engine: Engine) -> Asked:
    program = engine.program
    derived = {s.rule.name for s in program.law.governing if isinstance(s.rule, Definition)}
    derived |= engine.definitions
    names = sorted(n for n in program.input_facts if n not in derived or program.vocabulary[n].presumed is not None)
    # A derived fact is drawn through its parts; a ratio as itself and, where it is not stated, through its parts.
    vocabulary = program.vocabulary
    names += [p for n in names for p in (vocabulary[n].ratio or ()) if p not in names]
    values = {name: tuple(engine.turning.candidates(name, {})) for name in names}
    values = {name: found for name, found in values.items() if found}
    return Asked(
        {name: found for name, found in values.items() if not vocabulary[name].party},
        {name: found for name, found in values.items() if vocabulary[name].party},
        frozenset(name for name in values if vocabulary[name].presumed is not None),
    )


def _some(draw: st.DrawFn, values: Mapping[str, tuple[Value, ...]], always: frozenset[str], sparse: bool) -> Facts:
    found: Facts = {}
    for name, candidates in values.items():
        if name in always or draw(st.integers(0, 2)) or not sparse:
            found[name] = draw(st.sampled_from(candidates))
    return found


@st.composite
def asked(draw: st.DrawFn, first: date = FIRST, last: date = LAST) -> tuple[date, Facts, list[Facts]]:
    """A day, facts and one to three parties; goods of a level that matters more often than chance would have it."""
    day = draw(st.dates(first, last))
    known = _asked_by(engine_on(day))
    facts = _some(draw, known.facts, known.presumed, sparse=True)
    likely: dict[str, tuple[Value, ...]] = {
        "form": ("integrated_circuit",),
        "specified_in_eccn": ("none",),
        "activity": ("export", "reexport", "transfer"),
        "subject_to_ear": (True,),
    }
    for name, values in likely.items():
        if name in known.facts and draw(st.integers(0, 3)):
            facts[name] = draw(st.sampled_from(values))
    count = draw(st.integers(1, 3))
    parties = [_some(draw, known.party, known.presumed, sparse=True) for _ in range(count)]
    return day, facts, parties


@st.composite
def asked_twice(draw: st.DrawFn) -> tuple[date, Facts, list[Facts], Facts, list[Facts]]:
    """As :func:`asked`, and the same with some of what was unknown now stated."""
    day, facts, parties = draw(asked())
    known = _asked_by(engine_on(day))
    vocabulary = engine_on(day).program.vocabulary
    more = {name: values for name, values in known.facts.items() if name not in facts}
    added = _some(draw, more, frozenset(), sparse=True)
    for name in list(added):
        ratio = vocabulary[name].ratio
        if ratio and all({**facts, **added}.get(part) is not None for part in ratio):
            del added[name]  # it follows from its parts: stating it otherwise would be a contradiction, not news
    fuller = []
    for party in parties:
        rest = {name: values for name, values in known.party.items() if name not in party}
        fuller.append({**party, **_some(draw, rest, frozenset(), sparse=True)})
    return day, facts, parties, {**facts, **added}, fuller


def _policy(found: Valuation, track: Track) -> object:
    return found.values.get(f"{track}.review_policy")


@MANY
@given(asked_twice())
def test_what_is_known_stays_so_when_more_is_known(case: tuple[date, Facts, list[Facts], Facts, list[Facts]]) -> None:
    """Soundness: a known outcome never hangs on a fact nobody stated. Above all no ``no_license_required`` does."""
    day, facts, parties, more, fuller = case
    engine = engine_on(day)
    before, after = engine.determine(facts, parties), engine.determine(more, fuller)
    note(f"added { ({k: v for k, v in more.items() if k not in facts}) }")
    event(f"{before.outcome('text')}, {before.outcome('enforced')}")
    for track in TRACKS:
        if before.outcome(track) != "unknown":
            assert after.outcome(track) == before.outcome(track), track
            policy = _policy(before, track)
            if policy is not None and before.outcome(track) == "license_required":
                assert _policy(after, track) == policy, track
    if before.eccn is not None:
        assert after.eccn == before.eccn


@st.composite
def chinese_buyers(draw: st.DrawFn) -> tuple[date, Facts, list[Facts]]:
    """A data-center chip at 3A090.a going abroad, one party tied to Macau or D:5, the rest as it comes."""
    day, facts, parties = draw(asked(first=RULE_2023))
    engine = engine_on(day)
    tied = sorted(engine.program.law.groups["D5M"])
    how = draw(st.sampled_from(["headquarters", "ultimate_parent_headquarters"]))
    one = draw(st.integers(0, len(parties) - 1))
    parties[one] = {**parties[one], how: draw(st.sampled_from(tied))}
    chip: Facts = {"form": "integrated_circuit", "tpp": draw(st.sampled_from(_asked_by(engine).facts["tpp"]))}
    assert not isinstance(chip["tpp"], (str, bool, type(None)))
    chip["tpp"] = max(chip["tpp"], type(chip["tpp"])(4800))
    facts = {**facts, **chip, "marketed_for_datacenters": True, "subject_to_ear": True, "specified_in_eccn": "none"}
    facts["activity"] = draw(st.sampled_from(["export", "reexport", "transfer"]))
    facts["destination"] = draw(st.sampled_from([d for d in _asked_by(engine).facts["destination"] if d != "US"]))
    for name in _asked_by(engine).presumed:
        declared = engine.program.vocabulary[name]
        if name.startswith(("fits_", "claims_")) and declared.type == "yes/no":
            facts[name] = False
    return day, facts, parties


@MANY
@given(chinese_buyers())
def test_headquarters_rule_has_no_hole(case: tuple[date, Facts, list[Facts]]) -> None:
    """From 2023-11-17 an item at 3A090.a for a party of Macau or D:5 never goes without a license, on either track."""
    day, facts, parties = case
    found = engine_on(day).determine(facts, parties)
    for track in TRACKS:
        assert found.outcome(track) != "no_license_required", track
        if all(party.get("role") == "ultimate_consignee" and _tied(day, party) for party in parties):
            assert found.outcome(track) in ("license_required", "prohibited", "unknown"), track


def _tied(day: date, party: Facts) -> bool:
    tied = engine_on(day).program.law.groups["D5M"]
    return party.get("headquarters") in tied or party.get("ultimate_parent_headquarters") in tied


@MANY
@given(asked())
def test_compiled_is_what_evaluate_says(case: tuple[date, Facts, list[Facts]]) -> None:
    """Every expression the engine ran has the value :func:`evaluate` gives it."""
    day, facts, parties = case
    engine = engine_on(day)
    program = engine.program
    found = engine.determine(facts, parties)
    values: Facts = {**dict(engine.presumable), **facts}
    for step in program.steps:
        if step.name not in values:
            values[step.name] = evaluate(step.tree, values, parties, program.law.groups)
    for name, value in found.values.items():
        if name != "parties":
            assert value == values.get(name), name


@MANY
@example((date(2025, 5, 12), {}, [{}]))
@given(asked(last=date(2025, 5, 12)))
def test_tracks_agree_before_the_release(case: tuple[date, Facts, list[Facts]]) -> None:
    """Until 2025-05-13 nothing was said against the text."""
    day, facts, parties = case
    assert day < RELEASE
    found = engine_on(day).determine(facts, parties)
    assert found.outcome("text") == found.outcome("enforced")
    assert _policy(found, "text") == _policy(found, "enforced")
