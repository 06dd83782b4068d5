"""The notices the ledger keeps, as state machines. What each term of days is, and who says so, is given with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True)
class Wait:
    """What is awaited in a state: what is to be done, and the day it is due.

    ``term`` names the number of calendar days given with the notice ("" for none: due on that day itself, or the day
    before it if ``before``); they count from the event that led here or from the day of the shipment. From the day
    after the due day (on the due day itself if ``on_the_day``) the notice shows as ``afterwards``.
    """

    does: str
    term: str = ""
    counted_from: Literal["event", "shipment"] = "event"
    before: bool = False
    afterwards: str = "overdue"
    on_the_day: bool = False


@dataclass(frozen=True, slots=True)
class Machine:
    """States of a notice, the events that lead from one to the next, what is awaited in which, and where it ends."""

    kind: str
    title: str
    start: str
    moves: Mapping[str, Mapping[str, str]]
    waits: Mapping[str, Wait]
    terms: tuple[str, ...] = ()
    clock_stops: frozenset[str] = field(default=frozenset())

    @property
    def states(self) -> frozenset[str]:
        """Every state."""
        return frozenset({self.start, *self.moves, *(to for moves in self.moves.values() for to in moves.values())})

    @property
    def ends(self) -> frozenset[str]:
        """States from which nothing follows."""
        return frozenset(state for state in self.states if not self.moves.get(state))


_CLEARANCE = {
    "confirmed": "cleared",
    "refused": "refused",
    "license_demanded": "license demanded",
    "returned": "returned without action",
}

#: Advance notification of a NAC export. Silence is not consent: on the due day without an answer it shows "no answer".
NAC = Machine(
    "NAC",
    "NAC notification",
    "draft",
    {
        "draft": {"submitted": "submitted", "withdrawn": "withdrawn"},
        "submitted": {**_CLEARANCE, "clock_stopped": "clock stopped", "withdrawn": "withdrawn"},
        "clock stopped": {**_CLEARANCE, "clock_resumed": "submitted", "withdrawn": "withdrawn"},
        "cleared": {"revoked": "refused"},
    },
    {
        "draft": Wait("submit the notification", "nac_days", "shipment", before=True),
        "submitted": Wait(
            "read the answer; without a confirmation nothing may leave",
            "nac_days",
            afterwards="no answer",
            on_the_day=True,
        ),
        "clock stopped": Wait("wait until the clock runs again", "none"),
    },
    ("nac_days",),
    frozenset({"clock stopped"}),
)

#: The consignee's certification before an LPP shipment, and its copy to BIS after it.
LPP_CERTIFICATION = Machine(
    "LPP certification",
    "LPP certification and its copy",
    "asked",
    {
        "asked": {"obtained": "obtained", "withdrawn": "withdrawn"},
        "obtained": {"shipped": "copy due", "withdrawn": "withdrawn"},
        "copy due": {"copy_sent": "done"},
    },
    {
        "asked": Wait("obtain the consignee's certification before the shipment", "", "shipment", before=True),
        "copy due": Wait("send the copy of the certification", "copy_days"),
    },
    ("copy_days",),
)

#: A copy or a report owed so many days after an event.
COPY = Machine(
    "copy",
    "copy after shipment",
    "due",
    {"due": {"copy_sent": "done", "withdrawn": "withdrawn"}},
    {"due": Wait("send the copy", "copy_days", "shipment")},
    ("copy_days",),
)


def _before_shipment(kind: str, title: str, does: str) -> Machine:
    moves = {"due": {"sent": "sent", "withdrawn": "withdrawn"}}
    return Machine(kind, title, "due", moves, {"due": Wait(does, "", "shipment", before=True)})


#: Notice before a single large shipment, and the certification before the shipment that reaches a total.
PRE_NOTICE = _before_shipment("pre-notice", "notice before a large shipment", "notify before the shipment leaves")
AIA_CERTIFICATE = _before_shipment(
    "AIA certificate", "certification on reaching a total", "send the certification before the shipment leaves"
)

#: The consignee's report that the shipment which used up its limit has come.
LIMIT_REACHED = Machine(
    "limit reached",
    "report that a limit is reached",
    "due",
    {"due": {"sent": "sent", "withdrawn": "withdrawn"}},
    {"due": Wait("report that the limit is reached", "", "shipment")},
)

MACHINES: Mapping[str, Machine] = {
    machine.kind: machine for machine in (NAC, LPP_CERTIFICATION, COPY, PRE_NOTICE, AIA_CERTIFICATE, LIMIT_REACHED)
}
