"""Country names as the lists print them, to two-letter codes (ISO 3166-1; Kosovo XK)."""

from __future__ import annotations

import re

_NAMES = """AF afghanistan; AL albania; DZ algeria; AO angola; AR argentina; AM armenia; AW aruba; AU australia;
AT austria; AZ azerbaijan; BS bahamas, the bahamas, bahamas the; BH bahrain; BD bangladesh; BB barbados; BY belarus;
BE belgium; BZ belize; BO bolivia; BA bosnia and herzegovina; BR brazil;
VG british virgin islands, virgin islands british;
BG bulgaria; MM burma, myanmar; KH cambodia; CM cameroon; CA canada; KY cayman islands; CF central african republic;
TD chad; CL chile; CN china, people's republic of china, china people's republic of; CO colombia; KM comoros;
CG congo republic of the; CD congo democratic republic of the; CR costa rica; CI cote d'ivoire; HR croatia;
CW curacao; CU cuba; CY cyprus; CZ czech republic, czechia; DK denmark; DJ djibouti; DM dominica; DO dominican republic;
EC ecuador; EG egypt; SV el salvador; GQ equatorial guinea; ER eritrea; EE estonia; ET ethiopia; FI finland; FR france;
GA gabon; GM gambia, the gambia; GE georgia; DE germany; GH ghana; GI gibraltar; GR greece; GT guatemala; GG guernsey;
GN guinea; GW guinea-bissau; GY guyana; HT haiti; HN honduras; HK hong kong; HU hungary; IS iceland; IN india;
ID indonesia; IR iran; IQ iraq; IE ireland; IM isle of man, man isle of; IL israel; IT italy; JM jamaica; JP japan;
JE jersey; JO jordan; KZ kazakhstan; KE kenya; XK kosovo; KW kuwait; KG kyrgyzstan; LA laos; LV latvia; LB lebanon;
LR liberia; LY libya; LI liechtenstein; LT lithuania; LU luxembourg; MO macau, macao; MG madagascar; MY malaysia;
MV maldives; ML mali; MT malta; MH marshall islands; MR mauritania; MU mauritius; MX mexico; MD moldova; MC monaco;
MN mongolia; ME montenegro; MA morocco; MZ mozambique; NA namibia; NP nepal; NL netherlands, the netherlands;
NZ new zealand; NI nicaragua; NE niger; NG nigeria; KP north korea, korea north; MK north macedonia, macedonia;
NO norway; OM oman; PK pakistan; PW palau; PS palestinian, west bank, gaza, region gaza; PA panama; PG papua new guinea;
PY paraguay; PE peru; PH philippines; PL poland; PT portugal; QA qatar; RO romania; RU russia, russian federation;
RW rwanda; KN saint kitts and nevis; VC saint vincent and the grenadines; WS samoa; SM san marino; SA saudi arabia;
SN senegal; RS serbia; SC seychelles; SL sierra leone; SG singapore; SK slovakia; SI slovenia; SO somalia;
ZA south africa; KR south korea, korea south, republic of korea, korea republic of; SS south sudan; ES spain;
LK sri lanka; SD sudan; SR suriname; SE sweden; CH switzerland; SY syria; TW taiwan; TJ tajikistan;
TZ tanzania; TH thailand; TG togo; TT trinidad and tobago; TN tunisia; TR turkey, turkiye, türkiye; TM turkmenistan;
UG uganda; UA ukraine; AE united arab emirates, uae; GB united kingdom, uk, great britain;
US united states, usa, united states of america;
UY uruguay; UZ uzbekistan; VU vanuatu; VE venezuela; VN vietnam; YE yemen; ZM zambia; ZW zimbabwe;
UA crimea region of ukraine, crimea (occupied), ukraine crimea region of, ukraine donetsk region of"""
_CODES: dict[str, str] = {}
for _line in _NAMES.replace("\n", " ").split(";"):
    _code, _, _names = _line.strip().partition(" ")
    for _name in _names.split(", "):
        _CODES[" ".join(_name.split())] = _code


def country_code(name: str) -> str:
    """The code of a country as printed, or an empty text where it is none we know. Two capital letters pass."""
    text = name.strip()
    if len(text) == 2 and text.isalpha():
        return text.upper()
    folded = re.sub(r"[,.]", " ", text.casefold()).replace("’", "'")
    folded = " ".join(folded.split())
    return _CODES.get(folded) or _CODES.get(folded.removeprefix("the "), "")
