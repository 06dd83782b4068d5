"""A determination arranged for a page: both tracks beside each other, each paragraph once with its standing on both.

Every sentence is one of :mod:`exeat.explanation`; here they are only put in their places.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from exeat.determination.answer import Determination
from exeat.determination.presumption import plainly_unusable
from exeat.explanation import around, head, paragraphs, screened
from exeat.explanation.classified import classification
from exeat.explanation.layout import listed
from exeat.explanation.settle import answers
from exeat.web.asking import Question
from exeat.web.outline import Node, Outline, outlined, under_headings

TRACKS = head.TRACKS
Data = Mapping[str, Any]

#: An outcome as a mark of a few words; the sentence beside it says what it rests on.
OUTCOMES = {
    "no_license_required": "no license requirement found",
    "license_exception": "license exception",
    "authorized": "authorized under a stated condition",
    "license_required": "license required",
    "prohibited": "prohibited",
    "unknown": "unknown",
}
_APPLIES = {"yes": "applies", "no": "does not apply", "unknown": "not known whether it applies"}
_USABLE = {True: "usable", None: "not known whether usable", False: "not usable"}
_STANDING = {"applies": "yes", "usable": "yes", "does not apply": "no", "not usable": "no", "not looked at": "none"}


class Answer:
    """What the templates of the answer and the memo read."""

    def __init__(self, found: Determination, question: Question) -> None:
        self.found = found
        self.question = question
        self.data: Data = found.to_dict()
        self.asked = [node.text for top in outlined(head.question, found, self.data) for _, node in top.flat()]

    def tracks(self) -> list[dict[str, Any]]:
        """Each track: its name, what it means, its outcome as a mark and in a sentence, and why nothing is required."""
        return [
            {
                "name": track,
                "means": head.TRACK_WORDS[track],
                "outcome": self.data[track]["outcome"],
                "mark": OUTCOMES[self.data[track]["outcome"]],
                "says": head.outcome_words(self.data, track).replace(", below", " below"),
                "because": list(head.reasons(self.data, track)),
                "review": self._nodes(paragraphs.review, self.data[track]),
            }
            for track in TRACKS
        ]

    @property
    def differ(self) -> bool:
        """Whether the tracks have different outcomes."""
        return bool(self.data["text"]["outcome"] != self.data["enforced"]["outcome"])

    @property
    def decided(self) -> bool:
        """Whether both tracks have an outcome."""
        return not list(self.found.unknown_tracks())

    def holds(self) -> list[str]:
        """What must be looked into before anything moves."""
        flags = [flag["id"] for flag in self.data["red_flags"] if flag["resolved"] is None]
        found = list(screened.holds(self.data))
        if flags:
            word = "red flag" if len(flags) == 1 else "red flags"
            found.insert(0, f"unresolved {word} ({listed(flags)}): refrain, or apply to BIS, until it is resolved")
        return found

    def uncertain(self) -> list[str]:
        """Figures known within bounds: whether the answer holds over them."""
        return [head.uncertain_words(figure) for figure in self.data["uncertain_figures"]]

    def classified(self) -> tuple[str, list[Node]]:
        """The entry in words, and what it rests on."""
        outline = Outline()
        classification(outline, self.found, self.data)
        for node in outline.nodes:
            node.children = under_headings(node.children)
        return outline.title.removeprefix("CLASSIFICATION: "), outline.nodes

    def requirements(self) -> list[dict[str, Any]]:
        """Every prohibition and requirement that applies or may on a track, once, with its standing on both."""
        return [
            *self._merged("prohibitions", paragraphs.prohibitions),
            *self._merged("requirements", paragraphs.requirements(True, self.data["text"])),
        ]

    def _merged(self, kind: str, write: Any) -> Iterator[dict[str, Any]]:
        places: dict[tuple[str, str], dict[str, Any]] = {}
        for track in TRACKS:
            for one in self.data[track][kind]:
                entry = places.setdefault((one["id"], one["instrument"]), {"one": one, "on": {}})
                entry["on"][track] = one
        for entry in places.values():
            one, on = entry["one"], entry["on"]
            yield {
                "title": f"{one['provision']}, {one['reason']}" if "reason" in one else one["provision"],
                "provision": one["provision"],
                "cited": paragraphs.cited(one),
                "standing": [_standing(t, _APPLIES[on[t]["applies"] if t in on else "no"]) for t in TRACKS],
                "nodes": self._one(write, kind, one),
                "parted": self._parted(one["provision"]),
                "source": one["source"],
            }

    def _one(self, write: Any, kind: str, one: Data) -> list[Node]:
        """What a writer says of one paragraph; its own first line stands in the summary already."""
        alone: dict[str, list[Any]] = {"requirements": [], "prohibitions": [], "exceptions": [], "examined": []}
        alone[kind] = [one]
        nodes = self._nodes(write, alone)
        return nodes[0].children if nodes else []

    def examined(self) -> list[tuple[str, list[str]]]:
        """The requirements looked at that do not apply, by track (once where the tracks agree)."""
        found = [(track, list(self.data[track]["examined"])) for track in TRACKS]
        return [("both tracks", found[0][1])] if found[0][1] == found[1][1] else found

    def exceptions(self) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """The exceptions and authorizations that were looked at; and those nobody claimed, or for other items."""
        plain = {s.provision for s in self.found.engine.program.reliefs if plainly_unusable(self.found, s)}
        places: dict[tuple[str, str, str], dict[str, Data]] = {}
        for track in TRACKS:
            for one in self.data[track]["exceptions"]:
                places.setdefault((one["symbol"], one["provision"], one["kind"]), {})[track] = one
        write = paragraphs.exceptions(True, ())
        found: list[dict[str, Any]] = []
        aside: list[dict[str, Any]] = []
        for on in places.values():
            one = min(on.values(), key=lambda e: {True: 0, None: 1, False: 2}[e["usable"]])
            title = one["symbol"] if one["title"] in ("", one["symbol"]) else f"{one['symbol']}, {one['title']}"
            entry = {
                "title": title,
                "kind": one["kind"],
                "provision": one["provision"],
                "cited": paragraphs.cited(one),
                "standing": [_standing(t, _USABLE[on[t]["usable"]] if t in on else "not looked at") for t in TRACKS],
                "best": one["usable"],
                "nodes": self._one(write, "exceptions", one),
                "parted": self._parted(one["provision"]),
                "source": one["source"],
            }
            unusable = all(e["usable"] is False for e in on.values())
            (aside if unusable and one["provision"] in plain else found).append(entry)
        found.sort(key=lambda e: {True: 0, None: 1, False: 2}[e["best"]])
        return found, aside

    def _parted(self, provision: str) -> list[Node]:
        only = [d for d in self.data["differences"] if d["provision"] == provision]
        return outlined(around.differences, {"differences": only}, True)

    def questions(self) -> list[dict[str, Any]]:
        """What would settle it, most decisive first: the question, what each answer gives, the box that takes it."""
        found = []
        for entry, ask in zip(self.data["ask"], self.found.asks, strict=True):
            declared = self.found.engine.program.vocabulary[entry["fact"]]
            name, more = self._box(entry)
            found.append(
                {
                    **entry,
                    "gives": list(answers(self.found, ask)),
                    "name": name,
                    "hidden": [*self.question.without(name), *more],
                    "values": ("yes", "no") if declared.type == "yes/no" else declared.values,
                    "place": declared.country,
                    "number": declared.type == "number",
                    "words": declared.words,
                }
            )
        return found

    def _box(self, entry: Data) -> tuple[str, list[tuple[str, str]]]:
        """The name under which the address takes an answer, and what must stand beside it."""
        if "party" not in entry:
            return f"f_{entry['fact']}", []
        number = int(entry["party"]) + 1
        known = number <= len(self.question.parties)
        fact = "country" if entry["fact"] == "location" else entry["fact"]
        role = str(self.data["parties"][number - 1].get("role", "ultimate_consignee"))
        return f"p{number}_{fact}", [] if known else [(f"p{number}_role", role)]

    def flags(self) -> list[dict[str, Any]]:
        """The red flags raised, each with the hidden inputs of the form that resolves it."""
        number = len(self.question.resolutions) + 1
        return [
            {
                **flag,
                "cited": paragraphs.cited(flag),
                "prefix": f"r{number}_",
                "hidden": [*self.question.without(), (f"r{number}_flag", flag["id"])],
            }
            for flag in self.data["red_flags"]
        ]

    def outline(self, name: str) -> list[Node]:
        """A part of what stands around the answer, in full: screening, limits, conflicts, pending, not_modeled ..."""
        if name == "screening":
            return outlined(screened.screening, self.data, True)
        if name == "presumed":
            return outlined(around.presumed, self.found, self.data, False)
        return outlined(getattr(around, name), self.data, True)

    def figures(self) -> list[Node]:
        """Where the item's figures come from."""
        return [node for node in self.outline("provenance") if node.text.startswith("figures ")]

    def _nodes(self, write: Any, data: Data) -> list[Node]:
        return outlined(write, data)

    def sources(self) -> list[dict[str, str]]:
        """The sources of everything that applies, each address once with what it is of."""
        found: dict[str, str] = {}
        for entry in self.data["classification"]["entries"]:
            found.setdefault(entry["source"], entry["instrument"])
        for track in TRACKS:
            for kind in ("prohibitions", "requirements", "exceptions"):
                for one in self.data[track][kind]:
                    if one.get("applies", "yes" if one.get("usable") else "no") != "no":
                        found.setdefault(one["source"], one["instrument"])
        for one in self.data["differences"]:
            found.setdefault(one["source"], one["instrument"])
        return [{"source": source, "instrument": instrument} for source, instrument in found.items()]


def _standing(track: str, words: str) -> dict[str, str]:
    return {"track": track, "words": words, "is": _STANDING.get(words, "unknown")}


__all__ = ["OUTCOMES", "TRACKS", "Answer"]
