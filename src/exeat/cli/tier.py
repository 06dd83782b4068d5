"""``exeat tier``: the press's word for a destination, in the rule's own terms, with its groups and their dates."""

from __future__ import annotations

from typing import Any

from exeat.cli import DECIDED, UNKNOWN
from exeat.cli.options import Seen
from exeat.cli.show import write, write_json
from exeat.explanation.instrument_data import memberships
from exeat.explanation.layout import Page, draft_line
from exeat.lawbook.groups import Destination
from exeat.lawbook.places import Places
from exeat.lawbook.status import Status, find_instrument, status
from exeat.library import LawView, law
from exeat.logic.errors import LogicError
from exeat.terms import InputError

#: The rule whose three kinds of destination the press called tiers, and the paragraph its posture is stated on.
RULE, REQUIREMENT = "90 FR 4544", "§ 742.6(a)(6)(iii)(A)"
NO_TIERS = (
    "The rule has no tiers. It knows destinations of supplement no. 5(a) to part 740 (the press: tier 1), Macau and "
    "Country Group D:5 (tier 3), and all others (tier 2)."
)


def run_tier(place: str, on: str | None, seen: Seen, *, as_json: bool) -> int:
    """Tell the press's tier of a place in the rule's terms, and its groups; exit code 3 where the tables are silent.

    Raises:
        InputError: an unknown place or day.
    """
    view = law(on, seen.known_on, seen.drafts)
    try:
        found = Places(view.lawbook.groups).find(place)
    except LogicError as error:
        raise InputError(str(error)) from None
    data = {"drafts": list(seen.drafts), **_data(found, view)}
    if as_json:
        write_json(data)
    else:
        page = Page()
        page.extend(draft_line(seen.drafts))
        _write(page, data)
        write(page.lines)
    return UNKNOWN if found.standing == "indeterminate" else DECIDED


def _data(place: Destination, view: LawView) -> dict[str, Any]:
    rule = status(view.lawbook, find_instrument(view.lawbook, RULE), view.on, view.known_on)
    groups = view.in_force.groups
    unknown = place.standing == "indeterminate"
    tier, terms = None, "the tables of the EAR say nothing of this place: its groups are unknown, never none"
    if not unknown:
        tier, terms = _tier(place.code, groups)
    return {
        "place": place.code,
        "name": place.name,
        "follows": place.parent or None,
        "on": view.on.isoformat(),
        "known_on": view.known_on.isoformat() if view.known_on else None,
        "tier": tier,
        "terms": terms,
        "says": NO_TIERS,
        "rule": _rule_words(rule),
        "groups": None if unknown else [name for name, members in sorted(groups.items()) if place.code in members],
        "memberships": [] if unknown else list(memberships(place.code, view)),
    }


def _tier(code: str, groups: dict[str, frozenset[str]]) -> tuple[str | None, str]:
    if not groups.get("AIA"):
        return None, f"{RULE} was not in the CFR on this day: the word had no meaning yet"
    if code in groups["AIA"]:
        return "tier 1", "a destination of supplement no. 5(a) to part 740 (License Exception AIA)"
    if code in groups["D5M"]:
        return "tier 3", "Macau or a destination in Country Group D:5 (policy of denial; no AIA, ACM, LPP)"
    return (
        "tier 2",
        "neither in supplement no. 5(a) to part 740 nor Macau or Country Group D:5 (LPP, country allocation)",
    )


def _rule_words(rule: Status) -> str:
    """Whether the rule asks anything on the day, in words."""
    posture = next((p for p in rule.postures if p.provision == REQUIREMENT), None)
    enforced = ""
    if posture is not None:
        stance, since = getattr(posture.rule, "stance", ""), getattr(posture.rule, "since", posture.effective)
        enforced = f"; its requirement by destination: {stance} (latest word: {posture.citation}, {since})"
    if rule.on < min(rule.effective) or (rule.known_on is not None and rule.instrument.known > rule.known_on):
        return f"{RULE} is not in the CFR on this day"
    if rule.on < rule.instrument.compliance:
        return f"{RULE} is in the CFR; compliance is due on {rule.instrument.compliance}{enforced}"
    return f"{RULE} is in the CFR and due{enforced}"


def _write(page: Page, data: dict[str, Any]) -> None:
    public = f", as public on {data['known_on']}" if data["known_on"] else ""
    page.text(f"{data['place']} ({data['name']}) on {data['on']}{public}: {data['tier'] or 'no tier'}", 0, 2)
    page.text(data["terms"])
    page.text(data["says"])
    page.text(data["rule"])
    if data["follows"]:
        page.text(f"listed with {data['follows']}, whose treatment it follows (15 CFR 738.3(b))")
    if data["groups"] is None:
        return
    page.heading(f"GROUPS on {data['on']}: {', '.join(data['groups']) or 'none'}")
    for found in data["memberships"]:
        since = f"from {found['from']}" if found["from"] else "from before the encoded law"
        until = f" through {found['until']}" if found["until"] else ""
        source = found["citation"] or (f"computed: {found['computed']}" if found["computed"] else "")
        then = "" if found["on"] else " (not on this day)"
        page.item(found["group"], f"{since}{until}{then}; {source}", 2, 10)
