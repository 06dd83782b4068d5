"""Reads worked examples from YAML and sets a determination against what an example expects.

An example, in a file a lawyer can read (every scalar is read as text, so that ``NO`` stays Norway)::

    - id: W5
      title: H100 SXM to a Saudi-owned Saudi company
      cite: section 12, W5
      implied: [a private company, a shipment straight to it]     # what we added to the facts
      transaction: {date: ..., item: ..., destination: SA, parties: [...]}
      expect:
        eccn: 3A090.a
        both: {outcome: license_required, requirements: [742.6(a)(6)(iii)], review_policy: presumption of approval}

``both`` holds for either track; ``text`` and ``enforced`` for one; an outcome may be ``a or b``.
``variants`` are the same transaction with other words: ``with`` replaces keys of the transaction (``facts`` is merged),
``expect`` is the variant's own. ``like: W5`` in a transaction takes over that of another example.
``judged: wrong`` or ``open`` keeps an example we do not follow: ``example_says`` and ``because`` tell why, ``expect``
is what we hold. ``pending: reason`` marks what the encoded law does not cover: nothing is asserted but that the answer
says so, by ``unknown`` or under *not modeled*.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

TRACKS = ("text", "enforced")
EXAMPLE_KEYS = {
    "id", "title", "cite", "implied", "note", "transaction", "variants", "expect",
    "judged", "because", "example_says", "pending",
}  # fmt: skip
VARIANT_KEYS = {
    "id",
    "title",
    "cite",
    "with",
    "expect",
    "judged",
    "because",
    "example_says",
    "pending",
    "note",
    "implied",
}
EXPECT_KEYS = {
    "eccn", "both", "text", "enforced",
    "ask_includes", "conflicts", "not_modeled", "instruments_pending", "differences", "red_flags",
}  # fmt: skip
TRACK_KEYS = {
    "outcome", "requirements", "requirements_absent", "exceptions_usable", "exceptions_failed", "exceptions_unknown",
    "review_policy", "duties", "duties_absent", "prohibitions",
}  # fmt: skip


@dataclass(frozen=True)
class Example:
    """One transaction with what is expected of its answer, and where it stands."""

    id: str
    title: str
    cite: str
    transaction: Mapping[str, Any]
    expect: Mapping[str, Any]
    file: str
    judged: str | None = None
    pending: str | None = None
    reason: str = ""
    said: str = ""
    where: str = field(default="", compare=False)


def read(path: Path) -> list[Any]:
    """A YAML file with every scalar as text."""
    with path.open(encoding="utf-8") as file:
        return yaml.load(file, Loader=yaml.BaseLoader) or []


def examples(path: Path) -> list[Example]:
    """Every example of a file, variants written out."""
    entries = read(path)
    transactions = {entry["id"]: entry["transaction"] for entry in entries}
    for entry in entries:
        entry["transaction"] = _like(entry["transaction"], transactions, f"{path.name}: {entry['id']}")
    found = [example for entry in entries for example in _written_out(entry, path.name)]
    ids = [example.id for example in found]
    twice = {name for name in ids if ids.count(name) > 1}
    assert not twice, f"{path.name}: these ids stand twice: {sorted(twice)}"
    return found


def _like(own: Mapping[str, Any], transactions: Mapping[str, Any], where: str) -> dict[str, Any]:
    """The transaction with what it takes over from the one it is ``like``; ``facts`` is merged."""
    if "like" not in own:
        return dict(own)
    assert own["like"] in transactions, f"{where}: like {own['like']!r}, which is no example of this file"
    first = _like(transactions[own["like"]], transactions, where)
    rest = {key: value for key, value in own.items() if key != "like"}
    return {**first, **rest, "facts": {**first.get("facts", {}), **rest.get("facts", {})}}


def _written_out(entry: Mapping[str, Any], file: str) -> Iterator[Example]:
    _only(entry, EXAMPLE_KEYS, f"{file}: {entry.get('id')}")
    variants = entry.get("variants")
    if not variants:
        yield _example(entry, entry["transaction"], entry, file, entry["id"], entry["title"])
        return
    for variant in variants:
        name = f"{entry['id']}-{variant['id']}"
        _only(variant, VARIANT_KEYS, f"{file}: {name}")
        changed = variant.get("with") or {}
        transaction = {**entry["transaction"], **changed}
        transaction["facts"] = {**entry["transaction"].get("facts", {}), **changed.get("facts", {})}
        title = f"{entry['title']}: {variant.get('title', variant['id'])}"
        yield _example(entry, transaction, variant, file, name, title)


def _example(
    entry: Mapping[str, Any], transaction: Mapping[str, Any], own: Mapping[str, Any], file: str, name: str, title: str
) -> Example:
    expect = own.get("expect") or {}
    where = f"{file}: {name}"
    _only(expect, EXPECT_KEYS, where)
    for track in ("both", *TRACKS):
        _only(expect.get(track) or {}, TRACK_KEYS, f"{where}: {track}")
    judged = own.get("judged")
    assert judged in (None, "wrong", "open"), f"{where}: judged is {judged!r}, not wrong or open"
    assert not judged or own.get("because"), f"{where}: judged {judged} without a reason"
    pending = own.get("pending")
    assert pending or expect, f"{where}: expects nothing"
    return Example(
        id=name,
        title=title,
        cite=own.get("cite") or entry.get("cite", ""),
        transaction=transaction,
        expect=expect,
        file=file,
        judged=judged,
        pending=pending,
        reason=own.get("because", ""),
        said=own.get("example_says", ""),
    )


def _only(found: Mapping[str, Any], allowed: set[str], where: str) -> None:
    unknown = set(found) - allowed
    assert not unknown, f"{where}: unknown keys {sorted(unknown)}; expected some of {sorted(allowed)}"


def differences(answer: Mapping[str, Any], example: Example) -> list[str]:
    """What the answer has otherwise than the example, a sentence for each."""
    expect = example.expect
    if example.pending and not expect:
        return _pending(answer)
    found = []
    if "eccn" in expect and answer["eccn"] != expect["eccn"]:
        found.append(f"classified in {answer['eccn']}; expected {expect['eccn']}")
    for track in TRACKS:
        wanted = {**(expect.get("both") or {}), **(expect.get(track) or {})}
        found += [f"{track}: {line}" for line in _track(answer[track], wanted)]
    found += _missing("is not asked for", expect.get("ask_includes"), [a["fact"] for a in answer["ask"]])
    raised = [flag["id"] for flag in answer["red_flags"]]
    found += _missing("is not raised", expect.get("red_flags"), raised)
    if expect.get("red_flags") == [] and raised:
        found.append(f"red flags are raised: {raised}; expected none")
    conflicts = [c["id"] for c in answer["conflicts"]]
    found += _missing("is not among the conflicts", expect.get("conflicts"), conflicts)
    waiting = [p["instrument"] for p in answer["pending"]]
    found += _missing("is not shown as pending", expect.get("instruments_pending"), waiting)
    if expect.get("instruments_pending") == [] and waiting:
        found.append(f"shown as pending: {waiting}; expected none")
    apart = [d["instrument"] for d in answer["differences"]]
    found += _missing("does not part the tracks", expect.get("differences"), apart)
    if expect.get("differences") == [] and apart:
        found.append(f"the tracks part by {apart}; expected nothing")
    gaps = [g["what"] for g in answer["not_modeled"]]
    for words in expect.get("not_modeled") or ():
        if not any(words.casefold() in gap.casefold() for gap in gaps):
            found.append(f"not modeled says nothing of {words!r}; it has {gaps}")
    return found


def _pending(answer: Mapping[str, Any]) -> list[str]:
    if answer["not_modeled"] or "unknown" in (answer["text"]["outcome"], answer["enforced"]["outcome"]):
        return []
    return [f"outcome {answer['outcome']}, and not modeled is silent; expected either to own that this is not covered"]


def _track(found: Mapping[str, Any], wanted: Mapping[str, Any]) -> Iterator[str]:
    requirements = {r["id"]: r["applies"] for r in found["requirements"]}
    exceptions = {e["symbol"]: e for e in found["exceptions"]}
    if "outcome" in wanted and found["outcome"] not in wanted["outcome"].split(" or "):
        yield f"outcome is {found['outcome']} (requirements {requirements}); expected {wanted['outcome']}"
    if "prohibitions" in wanted:
        bans = [ban["id"] for ban in found["prohibitions"] if ban["applies"] == "yes"]
        if sorted(bans) != sorted(wanted["prohibitions"]):
            yield f"prohibitions: {bans or 'none'}; expected {wanted['prohibitions'] or 'none'}"
    for name in wanted.get("requirements") or ():
        if requirements.get(name) != "yes":
            yield f"requirement {name} is {requirements.get(name, 'no')} (found {requirements}); expected yes"
    for name in wanted.get("requirements_absent") or ():
        if name in requirements:
            yield f"requirement {name} is {requirements[name]}; expected no"
    if "review_policy" in wanted:
        policy = (found["review_policy"] or "unknown").replace("_", " ")
        if policy != wanted["review_policy"]:
            rows = [(r["requirement"], r.get("at"), r["policy"]) for r in found["review"]]
            yield f"review policy is {policy} ({rows}); expected {wanted['review_policy']}"
    yield from _exceptions(exceptions, wanted)


def _exceptions(exceptions: Mapping[str, Any], wanted: Mapping[str, Any]) -> Iterator[str]:
    for key, truth in (("exceptions_usable", True), ("exceptions_unknown", None)):
        if key in wanted:
            have = sorted(symbol for symbol, entry in exceptions.items() if entry["usable"] is truth)
            if have != sorted(wanted[key]):
                yield f"{key}: {have or 'none'}; expected {sorted(wanted[key]) or 'none'}"
    for symbol, labels in (wanted.get("exceptions_failed") or {}).items():
        entry = exceptions.get(symbol)
        if entry is None:
            yield f"{symbol} is not among the exceptions examined: {sorted(exceptions)}"
            continue
        if entry["usable"] is not False:
            yield f"{symbol} is usable: {entry['usable']}; expected no, by {labels}"
        failed = [c["label"] or "when" for c in entry["conditions"] if c["met"] == "no"]
        failed += [f"closed by {c['provision']}" for c in entry["closed_by"] if c["applies"] == "yes"]
        failed += [f"does not overcome {name}" for name in entry["does_not_overcome"]]
        failed += [f"posture of {entry['posture']['instrument']}"] if "posture" in entry else []
        yield from (
            f"{symbol} fails by {failed}; expected {label!r} among them" for label in labels if label not in failed
        )
    for key, should in (("duties", True), ("duties_absent", False)):
        for symbol, labels in (wanted.get(key) or {}).items():
            entry = exceptions.get(symbol) or {"duties": []}
            due = [d["label"] for d in entry["duties"] if d["applies"] == "yes"]
            yield from (
                f"{symbol}: duty {label} is {'not ' if should else ''}among {due}"
                for label in labels
                if (label in due) != should
            )


def _missing(says: str, wanted: list[str] | None, found: list[str]) -> list[str]:
    return [f"{name} {says}: {found or 'none'}" for name in wanted or () if name not in found]
