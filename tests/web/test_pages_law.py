"""The pages of the law: the timeline, provisions with posture and redline, instruments with coverage, groups."""

from __future__ import annotations

import re
from html import unescape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from exeat.explanation.redline import pieces, redline
from exeat.library import desk
from exeat.web.prose import prose

HTML = {"accept": "text/html"}
DESTINATIONS = "742.6(a)(6)(iii)(A)"


def page(client: TestClient, path: str, **query: str) -> str:
    """A page's words and marks."""
    found = client.get(path, params=query, headers=HTML)
    assert found.status_code == 200, found.text[:400]
    return found.text


def words(text: str) -> str:
    """A page without its marks."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", text)).split())


def test_the_timeline_has_the_instruments_and_what_the_agency_says(client: TestClient) -> None:
    text = words(page(client, "/law", on="2025-06-01"))
    for says in (
        "90 FR 4544, Framework for Artificial Intelligence Diffusion: compliance due",
        "BIS press release 2025-05-13",
        "91 FR 43034",
        "Sources were last checked on 2026-10-09",
    ):
        assert says in text
    standing = text[text.index("Where the law stands on 2025-06-01") :]
    assert "not enforced since 2025-05-13" in standing
    marked = re.findall(r'<li class="now">.*?on=(\d{4}-\d\d-\d\d)', page(client, "/law", on="2025-06-01"), re.S)
    assert marked == ["2025-05-15"]


def test_a_provision_tells_the_book_and_the_posture_apart(client: TestClient) -> None:
    text = words(page(client, f"/law/provisions/{DESTINATIONS}", on="2025-06-01"))
    assert "in the CFR added by 90 FR 4544 , effective 2025-01-13, compliance due 2025-05-15" in text
    assert "not enforced since 2025-05-13, by BIS guidance 2026-05-31" in text
    assert "All 2 statements of the agency" in text


def test_the_law_as_public_then_names_the_paper_of_then(client: TestClient) -> None:
    text = words(page(client, f"/law/provisions/{DESTINATIONS}", on="2025-06-01", known_on="2025-06-01"))
    assert "not enforced since 2025-05-13, by BIS press release 2025-05-13" in text
    assert "by BIS guidance 2026-05-31" not in text


def test_before_compliance_the_newer_version_is_pending(client: TestClient) -> None:
    text = words(page(client, f"/law/provisions/{DESTINATIONS}", on="2025-03-01"))
    assert "not in force on this day" in text
    assert (
        "pending A newer version is in the CFR since 2025-01-13 ( 90 FR 4544 ); compliance is due on 2025-05-15" in text
    )


def test_the_redline_strikes_the_old_and_underlines_the_new(client: TestClient) -> None:
    text = page(client, "/law/provisions/ECCN 3A090.a parameters", on="2023-11-17")
    line = text[text.index('id="redline"') :]
    added, removed = " ".join(re.findall(r"<ins>(.*?)</ins>", line)), " ".join(re.findall(r"<del>(.*?)</del>", line))
    assert "performance density is 5.92 TPP/mm2 or more" in added and "5.92" not in removed
    assert "600 GB/s or more" in removed and "600 GB/s" not in added
    same = page(client, "/law/provisions/ECCN 3A090.a parameters", **{"on": "2024-06-01", "from": "2023-12-01"})
    assert "Nothing in the provision differs between 2023-12-01 and 2024-06-01" in same


def test_a_name_of_several_gives_the_choice_and_a_name_in_the_query_is_sent_on(client: TestClient) -> None:
    text = words(page(client, "/law/provisions/740", on="2025-06-01"))
    assert "provisions answer to this name" in text and "§ 740.27" in text
    sent = client.get("/law/provision", params={"name": f"§ {DESTINATIONS}", "on": "2025-06-01"}, headers=HTML)
    assert sent.status_code == 200
    assert str(sent.url).endswith("/law/provisions/742.6(a)(6)(iii)(A)?on=2025-06-01")


def test_every_provision_of_the_law_has_a_page(client: TestClient) -> None:
    names = list(desk().lawbook.chains)
    assert len(names) > 200
    for name in names[::9]:
        sent = client.get("/law/provision", params={"name": name, "on": "2025-06-01"}, headers=HTML)
        assert sent.status_code == 200, name
        assert f"<h1>{name}".replace("&", "&amp;") in sent.text or "answer to this name" in sent.text, name


def test_every_instrument_tells_what_is_encoded_and_what_is_not_and_why(client: TestClient) -> None:
    for one in desk().lawbook.instruments:
        text = words(page(client, f"/law/instruments/{one.slug}", on="2026-08-01"))
        assert one.title in text
        for gap in one.gaps:
            assert " ".join(gap.why.split()) in text, one.citation
    text = words(page(client, "/law/instruments/90-FR-4544", on="2025-06-01"))
    assert "Not encoded, and why" in text
    assert "§ 742.6(a)(6)(iii)(A) : not enforced since 2025-05-13, by BIS guidance 2026-05-31" in text
    assert "no, as far as known (last checked 2026-10-09" in text


def test_a_group_has_its_members_and_its_dated_changes(client: TestClient) -> None:
    text = words(page(client, "/law/groups/D:5", on="2024-01-01"))
    assert "Cyprus (CY)" in text[: text.index("Dated changes")]
    assert re.search(r"2024-03-15 Nicaragua \(NI\)", text)
    later = words(page(client, "/law/groups/d:5", on="2025-01-01"))
    assert "Cyprus (CY)" not in later[: later.index("Dated changes")]
    computed = words(page(client, "/law/groups/RS23", on="2023-11-17"))
    assert "D:1 + D:4 + D:5 - A:5 - A:6" in computed and "§ 742.6(a)(6)(iii)" in computed


def test_provisions_are_found_by_their_words_and_kind(client: TestClient) -> None:
    text = page(client, "/law/provisions", on="2025-06-01", q="low processing", kind="license exception")
    assert "§ 740.29" in text and "§ 742.6(a)(6)(iii)(A)" not in text


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("/law?on=2020-01-01", "the encoded law begins on"),
        ("/law?on=tomorrow", "expected a day that exists"),
        ("/law?day=2025-01-01", "the address has 'day'"),
        ("/law/provisions?kind=licence+requirement", "perhaps 'license requirement'"),
        ("/law/provisions/742.6(a)(6)(iiii)", "no encoded provision is named"),
        ("/law/provisions/AIA?on=2025-06-01&from=2026-01-01", "state the earlier day as from"),
        ("/law/provision", "no provision is named"),
        ("/law/instruments/90-FR-45440", "perhaps '90 FR 4544'"),
        ("/law/groups/D:9", "no group is called 'D:9'"),
    ],
)
def test_what_cannot_be_read_is_told_in_the_public_words(client: TestClient, path: str, says: str) -> None:
    found = client.get(path, headers=HTML)
    assert found.status_code == 422
    alert = re.search(r'role="alert">(.*?)</p>', found.text, re.S)
    assert alert is not None and says in unescape(alert.group(1))


def test_a_paraphrase_brings_no_html_no_picture_and_no_script() -> None:
    told = prose('<script>alert(1)</script> **b** [x](javascript:alert(1)) ![p](http://e.test/p.png) <img src="x">')
    assert "<strong>b</strong>" in told
    assert "<script" not in told and "<img" not in told and 'href="javascript' not in told


@given(st.lists(st.sampled_from("TPP of 4800 or more 1600 5.92".split()), max_size=12),
       st.lists(st.sampled_from("TPP of 4800 or less 600 GB/s".split()), max_size=12))  # fmt: skip
@settings(deadline=None)
def test_a_redline_loses_no_word_of_either_version(old: list[str], new: list[str]) -> None:
    found = list(pieces(" ".join(old), " ".join(new)))
    assert "".join(p.text for p in found if p.change != "added").split() == old
    assert "".join(p.text for p in found if p.change != "removed").split() == new


def test_a_redline_of_one_version_alone_is_all_added_or_all_removed() -> None:
    version = {"says": "A license is required.", "conditions": [{"kind": "when", "label": "", "says": "always"}]}
    assert {p.change for p in redline(None, version).text} == {"added"}
    assert {p.change for line in redline(version, None).lines for p in line.pieces} == {"removed"}
    assert not redline(version, version).changed
