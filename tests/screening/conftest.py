"""A small list made here, in the CSL's own form, so that the tests need no other file."""

from __future__ import annotations

from pathlib import Path

import pytest

from exeat.screening.index import Index
from exeat.screening.screen import Screener
from exeat.screening.sources import read_list

HEADER = (
    "_id,source,entity_number,type,programs,name,title,addresses,federal_register_notice,start_date,end_date,"
    "standard_order,license_requirement,license_policy,call_sign,vessel_type,gross_tonnage,gross_registered_tonnage,"
    "vessel_flag,vessel_owner,remarks,source_list_url,alt_names,citizenships,dates_of_birth,nationalities,"
    "places_of_birth,source_information_url,ids"
)
SOURCES = {
    "EL": "Entity List (EL) - Bureau of Industry and Security",
    "DPL": "Denied Persons List (DPL) - Bureau of Industry and Security",
    "UVL": "Unverified List (UVL) - Bureau of Industry and Security",
    "MEU": "Military End User (MEU) List - Bureau of Industry and Security",
    "SDN": "Specially Designated Nationals (SDN) - Treasury Department",
    "CMIC": "Non-SDN Chinese Military-Industrial Complex Companies List (CMIC) - Treasury Department",
}


def row(code: str, name: str, **more: str) -> str:
    """One line of a CSL file."""
    held = {"_id": f"{code}{abs(hash((code, name))) % 10**9}", "source": SOURCES[code], "name": name, **more}
    return ",".join('"' + held.get(column, "").replace('"', '""') + '"' for column in HEADER.split(","))


ROWS = [
    row("EL", "Huawei Technologies Co., Ltd.", addresses="Bantian, Longgang District, Shenzhen, 518129, CN",
        start_date="2019-05-21", alt_names="Huawei; Shenzhen Huawei Technologies",
        license_requirement="For all items subject to the EAR", license_policy="Presumption of denial"),
    row("EL", "Almaz-Antey", addresses="41 ul. Vereiskaya, Moscow, RU", start_date="2014-09-17"),
    row("EL", "Semiconductor Manufacturing International Corporation", addresses="Shanghai, CN", alt_names="SMIC",
        start_date="2020-12-22"),
    row("EL", "Dawning Information Industry Co., Ltd.", addresses="Tianjin, CN", alt_names="Sugon; Dawning"),
    row("EL", "China State Shipbuilding Corporation, Limited (CSSC) 724th Research Institute", addresses="Nanjing, CN"),
    row("EL", "Address 01", addresses="Unit 501, 5/F, Global Gateway, 98 Hing Fong Road, Kwai Chung, Hong Kong, HK"),
    row("DPL", "PARISA MOHAMADI", addresses="Los Angeles, US", standard_order="Y", start_date="2020-01-01",
        end_date="2023-01-01"),
    row("UVL", "Toptech Electronics Ltd.", addresses="Hong Kong, HK"),
    row("MEU", "Shanghai Aircraft Manufacturing Co. Ltd. (SAMC)", addresses="Shanghai, CN"),
    row("SDN", "PUTIN, Vladimir Vladimirovich", type="Individual", programs="RUSSIA-EO14024",
        dates_of_birth="1952-10-07", alt_names="PUTIN, Vladimir", entity_number="35096", ids="Passport, 710101234, RU"),
    row("SDN", "LIMITED LIABILITY COMPANY VORKUTA MANAGEMENT COMPANY", type="Entity", programs="RUSSIA-EO14024",
        ids="Tax ID No., 1103028514, RU", addresses="Vorkuta, RU"),
    row("CMIC", "China Mobile Limited", type="Entity", programs="CMIC-EO13959", addresses="Hong Kong, CN"),
]  # fmt: skip


def write_list(path: Path, rows: list[str] | None = None) -> Path:
    """A CSL file of these rows."""
    path.write_text("\n".join([HEADER, *(ROWS if rows is None else rows)]) + "\n", encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def made_list(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The made list on disk."""
    return write_list(tmp_path_factory.mktemp("lists") / "csl_2026-07-31.csv")


@pytest.fixture(scope="session")
def screener(made_list: Path) -> Screener:
    """A screener over the made list."""
    return Screener(Index(read_list(made_list).entries))


@pytest.fixture(scope="session")
def real(shared: Path) -> Screener:
    """A screener over the real list of 2026-07-31."""
    return Screener(Index(read_list(shared / "data" / "screening" / "csl_flat_2026-07-31.csv").entries))
