"""The first lines: what was asked, and the answer on each track."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from exeat.determination.track_report import BEST
from exeat.explanation.layout import Page, listed
from exeat.explanation.screened import holds, supplied_names

if TYPE_CHECKING:
    from exeat.determination.answer import Determination

TRACKS = ("text", "enforced")
TRACK_WORDS = {"text": "the regulations in force", "enforced": "what BIS says it enforces"}


class Places:
    """Codes with their names, each name told once."""

    def __init__(self, determination: Determination) -> None:
        self._known = determination.lawbook.groups.destinations
        self._told: set[str] = set()

    def say(self, code: object) -> str:
        """``DE (Germany)`` the first time, then ``DE``; ``not stated`` for nothing."""
        if code is None:
            return "not stated"
        word = str(code)
        place = self._known.get(word)
        if place is None or word in self._told:
            return word
        self._told.add(word)
        return f"{word} ({place.name})"


def question(page: Page, determination: Determination, data: Mapping[str, Any]) -> None:
    """What was asked: item, quantity, activity, places, parties, dates."""
    facts, places = data["facts"], Places(determination)
    name = data["item"]["name"] if data["item"] else "an item without stated figures"
    units = f"{facts['quantity']} x " if "quantity" in facts else ""
    act = str(facts.get("activity", "activity not stated")).replace("_", " ")
    origin, destination = places.say(facts.get("origin")), places.say(facts.get("destination"))
    page.text(f"{units}{name}: {act} from {origin} to {destination} on {data['date']}", 0, 2)
    if data["known_on"]:
        page.text(f"by the law as it was public on {data['known_on']}")
    for number, party in enumerate(data["parties"]):
        page.text("; ".join(_party(party, places, supplied_names(data, number))), 2, 4)
    if "end_use" in facts:
        page.text(f"end use: {str(facts['end_use']).replace('_', ' ')}")


def _party(party: Mapping[str, Any], places: Places, supplied: Collection[str]) -> Iterator[str]:
    role = str(party.get("role", "a party")).replace("_", " ")
    yield f"{role}{' ' + party['name'] if 'name' in party else ''}: located in {places.say(party.get('location'))}"
    yield f"headquarters {places.say(party.get('headquarters'))}"
    yield f"ultimate parent's headquarters {places.say(party.get('ultimate_parent_headquarters'))}"
    told = ("role", "name", "location", "headquarters", "ultimate_parent_headquarters")
    for name, value in party.items():
        if name not in told and name not in supplied:
            yield f"{name} {_said(value)}"


def _said(value: object) -> str:
    return {True: "yes", False: "no"}.get(value, str(value)) if isinstance(value, bool) else str(value)


def answer(page: Page, data: Mapping[str, Any]) -> None:
    """Each track's outcome in words, and why nothing is required where nothing is."""
    page.heading(f"ANSWER for {data['date']}")
    for track in TRACKS:
        page.item(track, outcome_words(data, track), 2, 10)
        for reason in reasons(data, track):
            page.text(reason, 12)
    if data["hold"]:
        flags = ", ".join(flag["id"] for flag in data["red_flags"] if flag["resolved"] is None)
        if flags:
            page.item(
                "HOLD", f"an unresolved red flag ({flags}): refrain, or apply to BIS, until it is resolved", 2, 10
            )
        for why in holds(data):
            page.item("HOLD", why, 2, 10)
    for figure in data["uncertain_figures"]:
        page.text(uncertain_words(figure), 2, 4)


def outcome_words(data: Mapping[str, Any], track: str) -> str:
    """A track's outcome as a sentence; the best answer is that no requirement was found."""
    found = data[track]
    outcome = found["outcome"]
    if outcome == "no_license_required":
        return BEST
    if outcome in ("license_exception", "authorized"):
        kind = "license exception" if outcome == "license_exception" else "authorization"
        usable = [e["symbol"] for e in found["exceptions"] if e["usable"] and (e["kind"] == kind)]
        duties = any(e["duties"] for e in found["exceptions"] if e["usable"])
        more = "; its duties are below" if duties else ""
        return f"{kind} {listed(usable, 'or')}: usable in place of a license{more}"
    if outcome == "license_required":
        ids = [r["id"] for r in found["requirements"] if r["applies"] == "yes"]
        policy = (found["review_policy"] or "not known").replace("_", " ")
        return f"license required ({', '.join(ids)}); review of an application: {policy}"
    if outcome == "prohibited":
        return f"prohibited ({', '.join(p['id'] for p in found['prohibitions'] if p['applies'] == 'yes')})"
    if outcome == "unknown":
        names = [ask["fact"] for ask in data["ask"]]
        more = " …" if len(names) > 3 else ""
        return f"unknown; it turns on: {', '.join(names[:3])}{more}" if names else "unknown; see NOT MODELED, below"
    return str(outcome).replace("_", " ")


def reasons(data: Mapping[str, Any], track: str) -> Iterator[str]:
    """Why nothing is required on a track where nothing is: what is not enforced, what is not yet due."""
    if data[track]["outcome"] != "no_license_required":
        return
    if track == "enforced":
        for difference in data["differences"]:
            required = any(r["id"] == difference["provision"].removeprefix("§ ") for r in data["text"]["requirements"])
            if required and difference["stance"] == "not_enforced":
                said = f"{difference['instrument']}, since {difference['since']}"
                yield f"because {difference['provision']} is not enforced here ({said})"
    for pending in data["pending"]:
        yield f"{pending['instrument']} is in the CFR; compliance is due on {pending['compliance']}, not yet"


def uncertain_words(figure: Mapping[str, Any]) -> str:
    """Whether the answer holds over the whole of a figure known within bounds, and where it turns."""
    low, high = figure["low"], figure["high"]
    span = f"{low} or more" if high is None else f"{low} to {high}"
    if figure["verdict"] == "robust":
        return f"robust: the answer is the same for every {figure['fact']} of {span}"
    if not figure["turns_at"]:
        return f"{figure['fact']} is known only as {span}; no value within it settles or turns the answer"
    turns = listed([str(t) for t in figure["turns_at"]])
    answers = {(a["text"], a["enforced"]) for a in figure["answers"]}
    given = " / ".join(sorted(f"{text} (text), {enforced} (enforced)" for text, enforced in answers))
    return f"fragile: {figure['fact']} is known only as {span}; the answer turns at {turns}: {given.replace('_', ' ')}"
