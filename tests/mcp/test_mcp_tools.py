"""The MCP server: asked by the SDK's own client, in process and as the command over standard input and output."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import pytest

pytest.importorskip("mcp")

from mcp import Client, StdioServerParameters

import exeat
from exeat.mcp.server import server

H100_TO_GERMANY = {
    "date": "2025-07-01", "activity": "export", "item": "NVIDIA H100 SXM", "origin": "US", "destination": "DE",
    "parties": [{"role": "ultimate_consignee", "country": "DE", "headquarters": "DE",
                 "ultimate_parent_headquarters": "DE"}],
}  # fmt: skip


def asked(tool: str, arguments: dict[str, Any], where: Any = None) -> Any:
    async def ask() -> Any:
        async with Client(where or server()) as client:
            return await client.call_tool(tool, arguments)

    return asyncio.run(ask())


def answer(tool: str, **arguments: Any) -> Any:
    found = asked(tool, arguments)
    assert not found.is_error, found.content
    return found.structured_content


def refusal(tool: str, **arguments: Any) -> str:
    found = asked(tool, arguments)
    assert found.is_error
    return str(found.content[0].text)


def test_both_tracks_with_citations() -> None:
    found = answer("check_transaction", transaction=H100_TO_GERMANY)
    desk = exeat.check(H100_TO_GERMANY).to_dict()
    assert (found["text"]["outcome"], found["enforced"]["outcome"]) == ("license_exception", "no_license_required")
    assert found["citations"] == desk["citations"] and found["law"] == desk["law"]
    assert any(one["symbol"] == "AIA" and one["usable"] is True for one in found["text"]["exceptions"])
    assert "90 FR 4544" in found["explanation"]


def test_the_full_answer_is_the_desk_s() -> None:
    found = answer("check_transaction", transaction=H100_TO_GERMANY, full=True)
    found.pop("explanation")
    assert found == exeat.check(H100_TO_GERMANY).to_dict()


def test_what_is_unknown_is_asked() -> None:
    found = answer("check_transaction", transaction={**H100_TO_GERMANY, "parties": []})
    assert found["outcome"] == "unknown" and found["ask"]


def test_a_wrong_key_is_refused_with_the_nearest() -> None:
    assert "unknown key 'dat' in the transaction; perhaps 'date'" in refusal(
        "check_transaction", transaction={"dat": "2025-07-01"}
    )


def test_classification_by_name_and_by_figures() -> None:
    assert answer("classify_item", item="NVIDIA H100 SXM", on="2025-07-01")["eccn"] == "3A090.a"
    open_ = answer("classify_item", figures={"tpp": 2000, "form": "integrated_circuit"}, on="2025-07-01")
    assert open_["eccn"] == "unknown" and open_["ask"]
    assert "no item is described" in refusal("classify_item")


def test_items_are_found_by_name() -> None:
    found = answer("search_items", query="H100", on="2025-07-01", limit=3)
    assert 0 < len(found["items"]) <= 3 and all(one["source"] for one in found["items"])
    assert "the encoded law begins on 2022-10-07" in refusal("search_items", query="H100", on="2021-01-01")


def test_a_party_is_screened() -> None:
    found = answer("screen_party", name="Huawei Technologies Co., Ltd.", country="CN")
    assert found["answers"][0]["hits"]
    assert found["answers"][0]["status"] != "no match found"


def test_the_law_of_a_day() -> None:
    found = answer("look_up_law", provision="AIA", on="2025-07-01")["provisions"][0]
    assert found["provision"] == "§ 740.27" and found["posture"]["stance"]
    assert {one["provision"] for one in answer("list_law", on="2025-07-01")["provisions"]} > {"§ 740.27"}
    assert answer("law_changes", first="2025-05-12", second="2025-05-16")["postures"]
    assert "state the earlier day first" in refusal("law_changes", first="2025-05-16", second="2025-05-12")
    assert "no encoded provision is named" in refusal("look_up_law", provision="999.9")


def test_the_command_over_standard_input_and_output() -> None:
    command = StdioServerParameters(command=sys.executable, args=["-m", "exeat", "mcp"])
    found = asked("classify_item", {"item": "NVIDIA H100 SXM", "on": "2025-07-01"}, command)
    assert found.structured_content["eccn"] == "3A090.a"
