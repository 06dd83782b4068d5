"""Where the official lists are published: address, form, and how sure that is.

Each address was looked up, none was fetched, when this was written (2026-11-21). ``confidence`` is ``confirmed`` where
the publisher's own documents or a copy of the file name the address, else ``unconfirmed``: such a source may have
moved, and ``exeat lists update`` then says so and keeps what is held.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

CONFIRMED, UNCONFIRMED = "confirmed", "unconfirmed"


@dataclass(frozen=True, slots=True)
class Official:
    """One official source. ``{date}`` in an address is the newest day that ``days`` (the eCFR's titles) gives.

    ``leads_to`` are other hosts a redirect of the publisher may lead to. ``seen`` cites who says the address is so.
    """

    source: str
    publisher: str
    what: str
    addresses: tuple[str, ...]
    confidence: str
    seen: str
    days: str = ""
    leads_to: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, object]:
        """As plain data."""
        return {
            "source": self.source, "publisher": self.publisher, "what": self.what, "addresses": list(self.addresses),
            "confidence": self.confidence, "seen": self.seen,
        }  # fmt: skip


_CSL = "https://data.trade.gov/downloadable_consolidated_screening_list/v1/consolidated"
_OFAC = "https://sanctionslistservice.ofac.treas.gov/api/download/"
# The service answers with a redirect to its store; which host that is, nobody could be found to say.
_OFAC_STORE = ("treas.gov", "treasury.gov", "amazonaws.com")
_SLS = "OFAC's Sanctions List Service names GET /api/download/{filename} (opensanctions issue 5238, 2026-07-31)"

OFFICIAL: Mapping[str, Official] = {
    one.source: one
    for one in (
        Official(
            "csl", "International Trade Administration", "Consolidated Screening List, CSV: twelve lists of BIS, OFAC "
            "and State", (f"{_CSL}.csv",), CONFIRMED,
            "in daily use by public programs (moov-io/watchman); the copy of 2026-07-31 came from there",
        ),
        Official(
            "csl-json", "International Trade Administration", "the same as JSON", (f"{_CSL}.json",), CONFIRMED,
            "as csl; about 32 MB, an object with results and a generation time",
        ),
        Official(
            "ecfr", "Office of the Federal Register", "15 CFR part 744: Entity List, Unverified List, Military "
            "End-User List, with footnotes",
            ("https://www.ecfr.gov/api/versioner/v1/full/{date}/title-15.xml?part=744",), CONFIRMED,
            "the copy of 2026-07-23 came from the eCFR's versioner service, which takes no date but one it has",
            days="https://www.ecfr.gov/api/versioner/v1/titles.json",
        ),
        Official(
            "ofac-sdn", "Office of Foreign Assets Control", "Specially Designated Nationals, XML",
            (f"{_OFAC}SDN.XML",), CONFIRMED, _SLS, leads_to=_OFAC_STORE,
        ),
        Official(
            "ofac-cons", "Office of Foreign Assets Control", "consolidated non-SDN lists, XML",
            (f"{_OFAC}CONSOLIDATED.XML",), UNCONFIRMED,
            f"{_SLS}; that the file is called so is taken from the older address", leads_to=_OFAC_STORE,
        ),
        Official(
            "bis-denied", "Bureau of Industry and Security", "Denied Persons, tab-separated (the csl holds them too)",
            ("https://media.bis.gov/dpl/dpl.txt",), UNCONFIRMED,
            "www.bis.doc.gov/dpl/dpl.txt was given up in 2025 (opensanctions pull request 2219, 2025-05-06); one "
            "public program names this one instead",
        ),
    )
}  # fmt: skip

__all__ = ["CONFIRMED", "OFFICIAL", "UNCONFIRMED", "Official"]
