"""A determination written out as plain data: paragraphs in the law's order, conditions met, failed or unknown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from exeat import __version__
from exeat.determination.context_report import ContextReport
from exeat.determination.program import TRACKS
from exeat.determination.reader import TRUTH, Reader
from exeat.determination.track_report import BEST, TrackReport
from exeat.determination.vigilance_report import VigilanceReport
from exeat.lawbook.instrument import Classification
from exeat.terms import plain

if TYPE_CHECKING:
    from exeat.determination.answer import Determination

__all__ = ["BEST", "Report"]


class Report(Reader):
    """Writes one determination."""

    def __init__(self, determination: Determination) -> None:
        super().__init__(determination)
        self.tracks = TrackReport(determination)
        self.context = ContextReport(determination)
        self.vigilance = VigilanceReport(determination)

    def data(self) -> dict[str, Any]:
        """The whole answer, of the form of ``docs/determination.schema.json``."""
        asked = self.d.asked
        tracks: dict[str, dict[str, Any]] = {track: self.tracks.track(track) for track in TRACKS}
        classification, differences = self.classification(), self.context.differences()
        return {
            "drafts": list(self.d.lawbook.drafts),
            "date": asked.on.isoformat(),
            "known_on": asked.known_on.isoformat() if asked.known_on else None,
            "item": self.item(),
            "eccn": self.d.eccn or "unknown",
            "classification": classification,
            "outcome": self.d.outcome,
            **tracks,
            "differences": differences,
            "red_flags": (flags := self.vigilance.red_flags()),
            "hold": any(flag["resolved"] is None for flag in flags) or self.vigilance.screening_holds(),
            "limits": self.vigilance.limits() if self.needs_anything() else [],
            "ask": self.asks(),
            "uncertain_figures": self.uncertain(),
            "conflicts": self.context.conflicts(),
            "notes": self.context.notes(),
            "pending": self.context.pending(),
            "presumed": self.context.presumed(),
            "not_modeled": self.context.not_modeled(),
            "facts": {k: plain(v) for k, v in sorted(asked.facts.items()) if v is not None},
            "parties": [{k: plain(v) for k, v in party.items() if v is not None} for party in asked.parties],
            **self.supplied(),
            "citations": self.context.citations(classification, tracks, differences),
            "law": self.context.law_mark(),
            "engine": __version__,
        }

    def supplied(self) -> dict[str, Any]:
        """What screening and a ledger supplied, where they did."""
        asked, found = self.d.asked, {}
        if asked.screening:
            found["screening"] = [dict(report) for report in asked.screening]
        if asked.balances:
            told = asked.balances.items()
            found["balances"] = [{"fact": f, "account": b["account"], "value": plain(b["value"])} for f, b in told]
        return found

    def needs_anything(self) -> bool:
        """Whether some requirement applies or may, on either track."""
        return any(self.values.get(f"{track}.any_requirement") is not False for track in TRACKS)

    def item(self) -> dict[str, Any] | None:
        item = self.d.asked.item
        if item is None:
            return None
        sources = {
            name: {"source": p.source, "confidence": p.confidence, "how": p.how} for name, p in item.provenance.items()
        }
        return {"name": item.name, "provenance": sources}

    def classification(self) -> dict[str, Any]:
        entries = []
        for section in self.words.classifications:
            if isinstance(section.rule, Classification):
                truth = self.truth(section.rule.name)
                if truth is not False:
                    entry = {"entry": section.rule.entry, "applies": TRUTH[truth], "limbs": self.limbs(section)}
                    entries.append({**entry, **self.words.cite(section)})
        return {"eccn": self.d.eccn or "unknown", "entries": entries}

    def asks(self) -> list[dict[str, Any]]:
        found = []
        for ask in self.d.asks:
            declared = self.program.vocabulary[ask.missing.fact]
            entry: dict[str, Any] = {
                "for": ask.purpose,
                "fact": declared.name,
                "question": declared.question,
                "unit": declared.unit or None,
                "source": declared.source,
                "settles": float(round(ask.settles, 3)),
            }
            if ask.missing.party is not None:
                party = self.d.asked.parties[ask.missing.party]
                entry["party"] = ask.missing.party
                entry["of"] = str(party.get("name") or str(party.get("role", "a party")).replace("_", " "))
            if declared.type == "yes/no" or declared.values:
                entry["if"] = {v: {"text": t, "enforced": e} for v, (t, e) in ask.outcomes.items()}
            found.append(entry)
        return found

    def uncertain(self) -> list[dict[str, Any]]:
        found = []
        for r in self.d.robustness:
            answers = [{"text": t, "enforced": e, "eccn": c or "unknown"} for t, e, c in r.answers]
            found.append(
                {
                    "fact": r.fact,
                    "low": plain(r.low),
                    "high": plain(r.high),
                    "verdict": "robust" if r.robust else "fragile",
                    "turns_at": [plain(t) for t in r.turns_at],
                    "answers": answers,
                }
            )
        return found
