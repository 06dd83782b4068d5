"""The one front door: a transaction, an item's facts and the law of the day become a determination."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any

from exeat import catalog as catalogs
from exeat.catalog import Catalog, CatalogError, ItemFacts
from exeat.contents import CONTAINED_FACTS, contained_tpp, refuse_denied_contents
from exeat.determination.answer import Asked, Determination
from exeat.determination.determine import Engine, Valuation
from exeat.determination.engines import Engines
from exeat.determination.robustness import examine, same_over
from exeat.determination.vigilance import red_flags
from exeat.determination.vigilance_report import flag_ids
from exeat.lawbook.consolidate import Lawbook
from exeat.lawbook.places import Places
from exeat.logic.errors import LogicError
from exeat.logic.tree import Value
from exeat.logic.values import says_unknown, value_of
from exeat.logic.vocabulary import nearest
from exeat.parties import PartiesRead, consignee_of, read_parties
from exeat.supplied import Books, PartyScreening, Recording
from exeat.terms import InputError, Party, Transaction, read_transaction, restated

#: Items whose facts are remembered, by the name they were asked for under and the era.
_ITEMS_KEPT = 20_000


def _whose(
    on: date,
    facts: Mapping[str, Value],
    parties: Sequence[Mapping[str, Value]],
    screening: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:
    """What an account is kept by: the day, the destination, and whom a limit counts for."""
    place = facts.get("destination")
    destination = place if isinstance(place, str) else None
    return {"on": on, "destination": destination, "consignee": consignee_of(parties, screening)}


class Desk:
    """Answers transactions. Keeps the law, the catalog and the compiled programs between questions.

    ``screening`` and ``books``, where given, supply facts nobody stated: what the lists say of named parties, and
    balances of a ledger, which also records (see :mod:`exeat.supplied`; :mod:`exeat.bound` has both).
    """

    def __init__(
        self,
        lawbook: Lawbook | None = None,
        catalog: Catalog | None = None,
        drafts: Sequence[str] = (),
        *,
        screening: PartyScreening | None = None,
        books: Books | None = None,
    ) -> None:
        self._lawbook = lawbook
        self._catalog = catalog
        self._drafts = tuple(drafts)
        self._screening = screening
        self._books = books
        self._items: dict[tuple[str, Engine], tuple[dict[str, Value], ItemFacts]] = {}

    @cached_property
    def lawbook(self) -> Lawbook:
        """The law, opened when first needed."""
        if self._lawbook is not None:
            return self._lawbook
        from exeat.lawbook.book import open_lawbook

        return open_lawbook(drafts=self._drafts)

    @cached_property
    def catalog(self) -> Catalog:
        """The catalog of items, loaded when first needed."""
        return self._catalog if self._catalog is not None else catalogs.load()

    @cached_property
    def engines(self) -> Engines:
        """The compiled programs by era."""
        return Engines(self.lawbook)

    @cached_property
    def places(self) -> Places:
        """Places by code and name."""
        return Places(self.lawbook.groups)

    def check(self, stated: Transaction | Mapping[str, Any], *, record: bool | Recording = False) -> Determination:
        """Decide one transaction; with ``record``, keep it in the ledger together with what is to be reserved.

        Raises:
            InputError: something in the transaction cannot be read, or the ledger refuses to reserve or record; one
                line says what, and the nearest valid word or what remains.
        """
        transaction = stated if isinstance(stated, Transaction) else read_transaction(stated)
        if transaction.on < self.lawbook.begins:
            raise InputError(
                f"date is {transaction.on}; the encoded law begins on {self.lawbook.begins}, nothing earlier is decided"
            )
        if transaction.known_on is not None and transaction.known_on < self.lawbook.begins:
            raise InputError(
                f"known_on is {transaction.known_on}; the encoded law begins on {self.lawbook.begins}, what was public "
                "earlier is not encoded and nothing is decided from it"
            )
        engine = self.engines.on(transaction.on, transaction.known_on)
        screening = self._screening if transaction.screen else None
        try:
            item_facts, item = self.item_facts(transaction.item, engine)
            facts = {**item_facts, **self._facts(transaction, item)}
            refuse_denied_contents(item_facts, facts)
            parties = read_parties(transaction.parties, self.lawbook.vocabulary, self.places, transaction.on, screening)
        except (LogicError, CatalogError) as error:
            raise InputError(str(error)) from None
        balances = self._balances(facts, parties, transaction.on)
        facts.update({name: told["value"] for name, told in balances.items()})
        asked = Asked(
            on=transaction.on,
            known_on=transaction.known_on,
            item=item,
            facts=facts,
            parties=parties.facts,
            owners_stated=parties.owners_unread,
            resolutions=self._resolutions(transaction, engine),
            screening=parties.screening,
            balances=balances,
        )
        found = self.decide(asked)
        if not record:
            return found
        how = record if isinstance(record, Recording) else Recording()
        return self._recorded(found, restated(transaction), how)

    def _balances(self, facts: Mapping[str, Value], parties: PartiesRead, on: date) -> Mapping[str, Mapping[str, Any]]:
        """Balances of the ledger for facts nobody stated."""
        if self._books is None:
            return {}
        vocabulary = self.lawbook.vocabulary
        wanted = [name for name in vocabulary if name not in facts and vocabulary[name].type == "number"]
        return self._books.balances(wanted, **_whose(on, facts, parties.facts, parties.screening))

    def _recorded(self, found: Determination, stated: Mapping[str, Any], how: Recording) -> Determination:
        if self._books is None:
            raise InputError("no ledger is configured to record in")
        asked = found.asked
        whose = _whose(asked.on, asked.facts, asked.parties, asked.screening)
        tpp = found.valuation.values.get("transaction_tpp")
        amount = tpp if isinstance(tpp, Decimal) else None
        return found.kept(self._books.record(found.to_dict(), stated, how, tpp=amount, **whose))

    def _resolutions(self, transaction: Transaction, engine: Engine) -> Mapping[str, Mapping[str, object]]:
        """The resolutions of red flags, each of a flag that is law on the day."""
        if not transaction.resolutions:
            return {}
        known = flag_ids(red_flags(engine.program.law))
        for flag in transaction.resolutions:
            if flag not in known:
                hint = nearest(flag, known)
                raise InputError(f"no red flag is called {flag[:60]!r}" + (f"; perhaps {hint!r}" if hint else ""))
        return transaction.resolutions

    def decide(self, asked: Asked) -> Determination:
        """Decide what was read before (and perhaps added to since), under the law of its days."""
        engine = self.engines.on(asked.on, asked.known_on)
        found = engine.determine(asked.facts, asked.parties)
        intervals = (
            {name: bounds for name, bounds in asked.item.intervals.items() if asked.facts.get(name) is None}
            if asked.item
            else {}
        )
        robustness = examine(engine, asked.facts, asked.parties, intervals, found) if intervals else []
        agreed = same_over(robustness)
        settled: Valuation = agreed.agreed if agreed is not None and agreed.agreed is not None else found
        outcomes = dict(zip(("text", "enforced"), agreed.answers[0][:2], strict=True)) if agreed else {}
        return Determination(self.lawbook, engine, asked, settled, tuple(robustness), outcomes)

    def item_facts(
        self, stated: str | Mapping[str, object] | None, engine: Engine
    ) -> tuple[dict[str, Value], ItemFacts | None]:
        """An item's facts, contained circuits classified under the engine's law.

        Raises:
            CatalogError: an unknown or ambiguous name, a figure that cannot be read.
        """
        if stated is None:
            return {}, None
        if isinstance(stated, str):
            key = (stated, engine)
            kept = self._items.get(key)
            if kept is None:
                item = self.catalog.facts_of(self.catalog.find(stated))
                kept = self._with_contents(item, engine), item
                if len(self._items) >= _ITEMS_KEPT:
                    self._items.clear()  # names can be written in many ways, and a service runs for months
                self._items[key] = kept
            facts, item = kept
            return dict(facts), item
        item = self._described(stated)
        facts = self._with_contents(item, engine, unit_stated="tpp_per_unit" in stated)
        for name, figure in stated.items():
            declared = self.lawbook.vocabulary.get(name)
            if declared is not None and declared.presumed is not None and catalogs.unstated(figure):
                facts.setdefault(name, None)  # said to be unknown: nobody may presume it
        return facts, item

    def _described(self, stated: Mapping[str, object]) -> ItemFacts:
        """A name with figures of the caller's own: the figures win over the catalog's."""
        figures = {key: value for key, value in stated.items() if key != "name"}
        name = stated.get("name")
        if name is None:
            return self.catalog.facts_from_figures(figures)
        if not isinstance(name, str):
            raise InputError(f"the item's name is {name!r}; expected a text")
        try:
            known = self.catalog.facts_of(self.catalog.find(name))
        except catalogs.UnknownItem:
            if not figures:
                raise
            return self.catalog.facts_from_figures(dict(stated))
        return self.catalog.overlaid(known, figures) if figures else known

    def _with_contents(self, item: ItemFacts, engine: Engine, *, unit_stated: bool = False) -> dict[str, Value]:
        facts: dict[str, Value] = dict(item.facts)
        if not item.contained:
            return facts
        inside = [engine.classify(dict(part.facts.facts)) for part in item.contained]
        for fact, names in CONTAINED_FACTS.items():
            truths = [values.get(name) for values in inside for name in names]
            found = True if True in truths else None if None in truths else False
            if found is True:
                refuse_denied_contents({fact: True}, facts)
            if fact not in facts and found is not None:
                facts[fact] = found
        if "tpp_per_unit" in engine.program and not unit_stated:
            # The catalog adds up every circuit; what the law counts is known only once each is classified.
            facts.pop("tpp_per_unit", None)
            total = contained_tpp([(part.count, values) for part, values in zip(item.contained, inside, strict=True)])
            if total is not None:
                facts["tpp_per_unit"] = total
        return facts

    def _facts(self, transaction: Transaction, item: ItemFacts | None) -> dict[str, Value]:
        vocabulary = self.lawbook.vocabulary
        facts: dict[str, Value] = {}
        stated = {**transaction.facts, **dict.fromkeys(transaction.certifications, "yes")}
        for name, raw in stated.items():
            declared = vocabulary.get(name)
            if name == "value_usd":
                continue
            if declared is None:
                hint = vocabulary.nearest(name)
                raise InputError(f"unknown fact {name[:60]!r}" + (f"; perhaps {hint!r}" if hint else ""))
            if declared.party:
                raise InputError(f"{name} is a fact of a party; state it in 'parties', not in 'facts'")
            if declared.country and isinstance(raw, str) and not says_unknown(raw):
                place = self.places.find(raw)
                # The EAR's tables say nothing of an indeterminate place: its groups are unknown, never none.
                facts[name] = None if place.standing == "indeterminate" else place.code
            else:
                facts[name] = value_of(declared, raw)
        return facts

    def stated_facts(self, facts: Mapping[str, object]) -> dict[str, Value]:
        """Facts as a caller states them, read and typed; None where one is stated to be unknown.

        Raises:
            InputError, LogicError: a name or value that cannot be read.
        """
        return self._facts(Transaction(self.lawbook.begins, facts=facts), None)

    def stated_parties(self, parties: Sequence[Party], on: date) -> list[dict[str, Value]]:
        """Parties as a caller states them, read and typed; an unnamed consignee is added where none receives.

        Raises:
            InputError, LogicError: a name or value that cannot be read.
        """
        read = read_parties(parties, self.lawbook.vocabulary, self.places, on)
        return list(read.facts)

    def law_of(self, on: date, known_on: date | None = None) -> Engine:
        """The engine for a day."""
        return self.engines.on(on, known_on)
