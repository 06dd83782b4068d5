from __future__ import annotations

import gzip
import hashlib
import http.server
import json
import threading
import zipfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import ClassVar

import pytest

from exeat.screening import commands, gate
from exeat.screening.download import update
from exeat.screening.errors import RefusedSnapshot, ScreeningError, UnreadableList
from exeat.screening.evidence import Subject
from exeat.screening.reviews import Reviews
from exeat.screening.screen import Screener
from exeat.screening.sources import read_list
from exeat.screening.sources.ecfr import citations, split_entity
from exeat.screening.store import ListStore, starter
from tests.screening.conftest import ROWS, row, write_list

ECFR = """<?xml version="1.0"?>
<DIV5 N="744"><DIV9 N="Supplement No. 4 to Part 744" TYPE="APPENDIX"><TABLE><TR><TD>CHINA, PEOPLE'S REPUBLIC OF</TD>
<TD>Example Chips Co., Ltd., a.k.a., the following two aliases:<br/>&#x2014;ExChips; <E T="03">and</E>
<br/>&#x2014;Exemplar Microelectronics.<br/> 1 Example Road, Beijing, China.</TD>
<TD>For all items subject to the EAR. (See &#xA7;&#xA7; 734.9(e)(2),<sup>4</sup> and 744.11 of the EAR)</TD>
<TD>Presumption of denial.</TD><TD>88 FR 71992, 10/19/23. 89 FR 1, 1/2/24.</TD></TR>
<TR><TD> </TD><TD>Second Firm, 2 Example Road, Beijing, China</TD><TD>For all items.</TD><TD>Case by case</TD>
<TD>85 FR 83420, 12/22/20.</TD></TR></TABLE></DIV9></DIV5>"""
SDN_XML = """<?xml version="1.0"?><sdnList xmlns="urn:x"><sdnEntry><uid>7</uid><firstName>Ivan</firstName>
<lastName>EXAMPLE</lastName><sdnType>Individual</sdnType><programList><program>SDGT</program></programList>
<akaList><aka><category>weak</category><lastName>VANYA</lastName></aka></akaList>
<idList><id><idType>Passport</idType><idNumber>AB123456</idNumber><idCountry>Russia</idCountry></id></idList>
<addressList><address><city>Minsk</city><country>Belarus</country></address></addressList>
<dateOfBirthList><dateOfBirthItem><dateOfBirth>01 Jan 1970</dateOfBirth></dateOfBirthItem></dateOfBirthList>
</sdnEntry></sdnList>"""
FTM = [
    {"id": "Q1", "schema": "Company", "properties": {"name": ["Example Ltd"], "weakAlias": ["EX"], "country": ["ru"],
                                                     "innCode": ["7700000001"]}, "datasets": ["us_trade_csl"]},
    {"id": "S1", "schema": "Sanction", "properties": {"entity": ["Q1"], "programId": ["US-BIS-EL"],
                                                      "startDate": ["2024-01-05"],
                                                      "reason": ["For all items"], "provisions": ["Policy of denial"]}},
    {"id": "Q2", "schema": "Person", "properties": {"name": ["Not Listed"]}},
]  # fmt: skip


def test_the_csl_with_all_its_columns(made_list: Path) -> None:
    held = read_list(made_list)
    assert held.form == "csl-csv" and held.as_of == date(2026, 7, 31)
    assert held.rows == {"EL": 6, "DPL": 1, "UVL": 1, "MEU": 1, "SDN": 2, "CMIC": 1}
    huawei, putin = held.entries[0], held.entries[9]
    assert huawei.countries == ("CN",) and huawei.since == date(2019, 5, 21)
    assert [alias.name for alias in huawei.aliases] == ["Huawei", "Shenzhen Huawei Technologies"]
    assert putin.type == "person" and putin.identifiers[0].number == "710101234"
    assert held.entries[5].type == "address"


def test_the_csl_as_json(tmp_path: Path) -> None:
    file = tmp_path / "consolidated.json"
    file.write_text(json.dumps({"search_performed_at": "2026-07-31T13:15:00Z", "results": [{
        "id": "abc", "source": "Entity List (EL) - Bureau of Industry and Security", "type": None,
        "name": "Example Ltd",
        "alt_names": ["Ex"], "addresses": [{"address": "1 Road", "city": "Minsk", "country": "BY"}],
        "start_date": "2024-01-05", "ids": [{"type": "Tax ID No.", "number": "123456", "country": "BY"}],
    }]}), encoding="utf-8")  # fmt: skip
    held = read_list(file)
    entry = held.entries[0]
    assert (held.form, held.as_of) == ("csl-json", date(2026, 7, 31))
    assert (entry.key, entry.countries, entry.addresses) == ("EL-abc", ("BY",), ("1 Road, Minsk, BY",))


def test_the_ecfr_gives_footnotes_and_dates(tmp_path: Path) -> None:
    file = tmp_path / "part744.xml"
    file.write_text(ECFR, encoding="utf-8")
    first, second = read_list(file).entries
    assert first.name == "Example Chips Co., Ltd." and first.footnotes == ("4",) and first.countries == ("CN",)
    assert [alias.name for alias in first.aliases] == ["ExChips", "Exemplar Microelectronics"]
    assert first.since == date(2023, 10, 19) and "88 FR 71992 (2023-10-19)" in first.federal_register
    assert second.footnotes == () and second.addresses == ("2 Example Road, Beijing, China",)
    assert citations("85 FR 64017, October 9, 2020.")[0] == date(2020, 10, 9)
    assert split_entity("Services GP Tek, a.k.a. Nouvelle Option, 1305 Rue Pise, Brossard")[:2] == (
        "Services GP Tek", ("Nouvelle Option",),
    )  # fmt: skip


def test_denied_persons_ofac_xml_ftm_and_any_csv(tmp_path: Path) -> None:
    denied = tmp_path / "dpl.txt"
    header = ("Name", "Street_Address", "City", "State", "Country", "Postal_Code", "Effective_Date", "Expiration_Date",
              "Standard_Order", "Last_Update", "Action", "FR_Citation")  # fmt: skip
    lines = [
        header,
        ("A PERSON", "1 ROAD", "EL PASO", "TX", "US", "79905", "08/24/2022", "01/14/2026", "Y", "", "", "87 F.R. 1"),
    ]
    denied.write_text("\n".join("\t".join(f'"{cell}"' for cell in line) for line in lines) + "\n", encoding="utf-8")
    entry = read_list(denied).entries[0]
    assert (entry.list, entry.since, entry.until, entry.standard_order) == (
        "DPL",
        date(2022, 8, 24),
        date(2026, 1, 14),
        True,
    )
    assert entry.on(date(2025, 1, 1)) and not entry.on(date(2026, 7, 1))

    sdn = tmp_path / "sdn.xml"
    sdn.write_text(SDN_XML, encoding="utf-8")
    entry = read_list(sdn).entries[0]
    assert entry.name == "EXAMPLE, Ivan" and entry.aliases[0].weak and entry.countries == ("BY",)

    ftm = tmp_path / "entities.ftm.json"
    ftm.write_text("\n".join(map(json.dumps, FTM)), encoding="utf-8")
    entries = read_list(ftm).entries
    assert [e.name for e in entries] == ["Example Ltd"]
    assert (entries[0].list, entries[0].since, entries[0].countries) == ("EL", date(2024, 1, 5), ("RU",))

    own = tmp_path / "own.csv"
    own.write_text("Company,Land\nWatched GmbH,DE\n", encoding="utf-8")
    entry = read_list(own, {"name": "Company", "country": "Land"}, "WATCH").entries[0]
    assert (entry.list, entry.countries) == ("WATCH", ("DE",))
    with pytest.raises(UnreadableList, match="perhaps 'Company'"):
        read_list(own, {"name": "Compny"})


def test_ofac_legacy_joins_its_three_files(tmp_path: Path) -> None:
    tail = "-0- ," * 7
    (tmp_path / "sdn.csv").write_text(
        f'36,"EXAMPLE AIRLINES",-0- ,"CUBA",{tail}"DOB 1970; Tax ID No. 12345 (Cuba); a.k.a. \'EXA\'."\n\x1a',
        encoding="utf-8",
    )
    with pytest.raises(UnreadableList, match=r"add\.csv is not beside"):
        read_list(tmp_path / "sdn.csv")
    (tmp_path / "add.csv").write_text('36,25,"1 Street","Havana","Cuba",-0- \n', encoding="utf-8")
    (tmp_path / "alt.csv").write_text('36,12,"aka","EXAMPLE AIR",-0- \n', encoding="utf-8")
    entry = read_list(tmp_path / "sdn.csv").entries[0]
    assert [(a.name, a.weak) for a in entry.aliases] == [("EXAMPLE AIR", False), ("EXA", True)]
    assert entry.countries == ("CU",) and entry.identifiers[0].number == "12345"


def test_damaged_files_are_refused_with_the_place(tmp_path: Path, made_list: Path) -> None:
    whole = made_list.read_bytes()
    half = tmp_path / "half.csv"
    half.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(UnreadableList, match=r"half\.csv: row \d+"):
        read_list(half)
    xml = tmp_path / "half.xml"
    xml.write_text(ECFR[: len(ECFR) // 2], encoding="utf-8")
    with pytest.raises(UnreadableList, match=r"line .* damaged or cut short"):
        read_list(xml)
    bomb = tmp_path / "bomb.xml"
    bomb.write_text('<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "x">]><a>&b;</a>', encoding="utf-8")
    with pytest.raises(UnreadableList, match="declares a document type"):
        read_list(bomb)
    empty = tmp_path / "empty.csv"
    empty.write_text("source,name,alt_names\n", encoding="utf-8")
    with pytest.raises(UnreadableList, match="no entries"):
        read_list(empty)
    for name, content in (("nothing.csv", b""), ("binary.csv", b"\x00\x01\x02" * 50), ("deep.json", b"[" * 100_000)):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(UnreadableList):
            read_list(tmp_path / name)


def test_archives_are_read_and_bombs_refused(tmp_path: Path, made_list: Path) -> None:
    packed = tmp_path / "csl_2026-07-31.csv.gz"
    packed.write_bytes(gzip.compress(made_list.read_bytes()))
    assert len(read_list(packed).entries) == len(ROWS)
    zipped = tmp_path / "csl.zip"
    with zipfile.ZipFile(zipped, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("csl_2026-07-31.csv", made_list.read_bytes())
    assert len(read_list(zipped).entries) == len(ROWS)
    bomb = tmp_path / "bomb.zip"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("csl.csv", b"0" * 60_000_000)
    with pytest.raises(UnreadableList, match="archive bomb"):
        read_list(bomb)
    cut = tmp_path / "cut.csv.gz"
    cut.write_bytes(packed.read_bytes()[:-200])
    with pytest.raises(UnreadableList, match="broken or cut short"):
        read_list(cut)


def test_the_gate() -> None:
    before = {"EL": 3400, "SDN": 19000, "CAP": 1}
    assert gate.faults("csl-csv", {"EL": 3390, "SDN": 18800, "CAP": 1}, before) == []
    assert "is gone" in gate.faults("csl-csv", {"EL": 3400, "SDN": 19000}, before)[0]
    assert "shrank" in gate.faults("csl-csv", {"EL": 3000, "SDN": 19000, "CAP": 1}, before)[0]
    assert any("list SDN has 0 rows" in fault for fault in gate.faults("csl-csv", {"EL": 3400}, None))
    assert gate.staleness("csl-csv", date(2026, 7, 31), date(2026, 8, 3)) == ""
    assert "113 days old" in gate.staleness("csl-csv", date(2026, 7, 31), date(2026, 11, 21))


def test_snapshots_are_kept_and_a_day_can_be_asked_for(tmp_path: Path) -> None:
    store = ListStore(tmp_path / "data")
    first = write_list(tmp_path / "csl_2026-07-01.csv")
    with pytest.raises(RefusedSnapshot, match="--accept"):
        store.add(first, "csl")
    store.add(first, "csl", accept=True)
    later = write_list(tmp_path / "csl_2026-07-20.csv", [*ROWS, row("EL", "Quvexon Photonics Ltd")])
    store.add(later, "csl")
    assert store.add(later, "csl").digest == store.latest("csl").digest  # type: ignore[union-attr]
    assert [s.as_of for s in store.snapshots("csl")] == [date(2026, 7, 1), date(2026, 7, 20)]
    screening = commands.Screening(store)
    assert not screening.screener(date(2026, 7, 10)).screen("Quvexon Photonics").hits
    assert screening.screener(date(2026, 7, 25)).screen("Quvexon Photonics").hits
    early = screening.screener(date(2026, 6, 1)).screen("Huawei")
    assert any("no copy of 2026-06-01" in note for note in early.notes_of_lists)
    shrunk = write_list(tmp_path / "csl_2026-07-29.csv", [r for r in ROWS if "CMIC" not in r])
    with pytest.raises(RefusedSnapshot, match="list CMIC is gone"):
        store.add(shrunk, "csl")
    status = commands.lists_status(store, date(2026, 11, 21))
    assert status[0]["copies"] == 2 and any("days old" in flag for flag in status[0]["flags"])
    kept = store.latest("csl")
    assert kept is not None
    kept.path.write_text("changed", encoding="utf-8")
    with pytest.raises(UnreadableList):
        kept.read()


def test_stale_or_accepted_lists_clear_nobody(tmp_path: Path, made_list: Path) -> None:
    store = ListStore(tmp_path)
    store.add(made_list, "csl", accept=True)
    answer = commands.Screening(store).screener(date(2026, 11, 21)).screen("Mary Jones")
    assert answer.unresolved and "failed a check" in answer.statement


def test_the_starter_list_works_offline_and_says_what_it_is(tmp_path: Path) -> None:
    entries, used = starter()
    assert len(entries) > 300 and "only" in used[0].flags[0]
    answer = commands.screen("Huawei Cloud Argentina", store=ListStore(tmp_path / "none"))
    hit = answer["answers"][0]["hits"][0]
    assert hit["list"] == "EL" and hit["footnotes"] == ["1", "2"] and hit["since"] == "2020-08-20"


class _Server(http.server.BaseHTTPRequestHandler):
    """Serves one file with an ETag; fails first, or sends half, when told to."""

    content: ClassVar[bytes] = b""
    fail: ClassVar[int] = 0
    half: ClassVar[bool] = False
    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        kind = type(self)
        kind.asked.append(self.headers.get("If-None-Match", ""))
        tag = '"' + hashlib.sha256(kind.content).hexdigest()[:10] + '"'
        if kind.fail:
            kind.fail -= 1
            self.send_error(503)
        elif self.headers.get("If-None-Match") == tag:
            self.send_response(304)
            self.end_headers()
        else:
            self.send_response(200)
            self.send_header("ETag", tag)
            self.send_header("Last-Modified", "Fri, 31 Jul 2026 13:15:00 GMT")
            self.send_header("Content-Length", str(len(kind.content)))
            self.end_headers()
            self.wfile.write(kind.content[: len(kind.content) // 2] if kind.half else kind.content)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server(made_list: Path) -> Iterator[str]:
    _Server.content, _Server.fail, _Server.half, _Server.asked = made_list.read_bytes(), 0, False, []
    held = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Server)
    thread = threading.Thread(target=held.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{held.server_address[1]}/csl.csv"
    held.shutdown()
    held.server_close()


def test_update_retries_asks_once_and_keeps_only_what_is_whole(tmp_path: Path, server: str) -> None:
    store = ListStore(tmp_path)
    pauses: list[float] = []
    _Server.fail = 2
    done = update(store, "csl", (server,), pause=pauses.append, accept=True)
    assert done.changed and len(pauses) == 2 and done.kept is not None and done.kept.as_of == date(2026, 7, 31)
    assert not update(store, "csl", (server,), pause=pauses.append).changed
    assert _Server.asked[-1]
    _Server.content += row("EL", "Quvexon Photonics Ltd").encode() + b"\n"
    _Server.half = True
    with pytest.raises(ScreeningError, match=r"not fetched after 4 tries.*the copy held stays"):
        update(store, "csl", (server,), pause=pauses.append)
    assert len(store.snapshots()) == 1
    _Server.half = False
    assert update(store, "csl", (server,)).changed
    _Server.fail = 99
    told = commands.lists_update(["csl"], urls={"csl": (server.replace("http", "file"),)}, store=store)
    assert not told[0]["ok"] and "expected an https address" in told[0]["error"]


def test_a_clearing_is_remembered_and_void_when_either_side_changes(tmp_path: Path, screener: Screener) -> None:
    reviews = Reviews(tmp_path / "reviews.jsonl")
    asked = Subject("Dawning Foods", "SG", key="C-1")
    entry = next(e for e in screener.index.entries if e.name.startswith("Dawning"))
    day = date(2026, 8, 1)
    reviews.decide(asked, entry, "cleared", "J. Doe", "a bakery", date(2027, 8, 1), day)
    again = Reviews(tmp_path / "reviews.jsonl")
    assert "J. Doe" in again.clearing(asked, entry, day)[0]
    assert again.standing(asked, entry, date(2027, 9, 1))[1] == "cleared until 2027-08-01 only"
    moved = Subject("Dawning Foods", "CN", key="C-1")
    assert again.standing(moved, entry, day)[1] == "the customer record changed since it was reviewed"
    from dataclasses import replace

    changed = replace(entry, remarks="new", digest="")
    assert again.standing(asked, changed, day)[1] == "the listed entry changed since it was reviewed"
    with pytest.raises(ScreeningError, match="who decided and why"):
        reviews.decide(asked, entry, "cleared", "", "x", day, day)
    use = Screener(screener.index, clearings=lambda s, e: again.clearing(s, e, day))
    assert all(hit.cleared for hit in use.screen(Subject("Dawning Foods", "SG", key="C-1")).hits if hit.entry is entry)


def test_search_takes_the_parameters_of_the_csl_api(tmp_path: Path, made_list: Path) -> None:
    store = ListStore(tmp_path)
    store.add(made_list, "csl", accept=True)
    screening = commands.Screening(store)
    assert commands.search("Huawie", screening=screening)["total"] >= 1
    assert commands.search("Huawie", fuzzy_name=False, screening=screening)["total"] == 0
    assert commands.search("Huawei", sources=["SDN"], screening=screening)["total"] == 0
    assert commands.search("Huawei", countries=["cn"], offset=1, screening=screening)["results"] == []
    with pytest.raises(ScreeningError, match="unknown source 'ELL'; perhaps 'EL'"):
        commands.search("x", sources=["ELL"], screening=screening)
    names = tmp_path / "names.csv"
    names.write_text("name,country\nHuawei,CN\nMary Jones,US\n", encoding="utf-8")
    assert commands.screen(names, store=store)["counts"] == {"match": 1, "no match found": 1}


def test_the_real_files_are_read(shared: Path) -> None:
    folder = shared / "data" / "screening"
    held = read_list(folder / "ecfr_title15_part744_2026-07-23.xml")
    assert held.rows["EL"] == 3415 and held.rows["UVL"] == 186
    notes = [f for entry in held.entries for f in entry.footnotes]
    assert {f: notes.count(f) for f in "1245"} == {"1": 130, "2": 130, "4": 96, "5": 16}
    assert len(read_list(folder / "format_samples" / "bis_dpl_legacy.txt").entries) == 581
    assert len(read_list(folder / "ofac_legacy" / "sdn.csv").entries) == 8976
    assert read_list(folder / "ofac_legacy" / "cons_prim.csv").rows["CMIC"] == 68
    assert len(read_list(folder / "format_samples" / "csl_consolidated_sample.csv").entries) == 13
    assert len(read_list(folder / "format_samples" / "csl_old_sample.csv").entries) == 115
