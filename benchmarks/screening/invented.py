"""Names of firms that do not exist, built as such names are built in several countries."""

from __future__ import annotations

import random
import re

PINYIN = """bai bang bao bo cai chang cheng chuang da de dong fan fang fei feng fu gang guan guang hai han hao he heng
hong hua hui ji jia jian jin jing jun kai kang kun lan li lian liang lin ling long lu mao mei ming ning peng pu qi qian
qin qing rong rui run sen shan sheng shi shuo si song tai tang tian tong wan wei wen wu xian xiang xin xing xu xuan ya
yan yang yao yi yin ying yong you yu yuan yue yun ze zhan zhao zhen zheng zhi zhong zhou zhu zi zun""".split()
COMMON = """Amber Anchor Apex Arrow Aspen Atlas Beacon Birch Bridge Bright Canyon Cedar Cobalt Compass Copper Coral
Crescent Crest Crown Crystal Delta Diamond Eagle Echo Elm Ember Falcon Fern First Forest Frontier Garden Granite
Harbor Hawk Heritage Hill Iris Ivory Jade Juniper Keystone Lake Lantern Laurel Liberty Lotus Maple Meadow Meridian
Mill Mirror Mosaic Nova Oak Oasis Olive Onyx Opal Orchard Orchid Orion Palm Pearl Phoenix Pine Pioneer Pioneer Prime
Quartz Rapid Raven Ridge River Royal Ruby Sable Sapphire Shield Silver Summit Sunrise Swift Tide Timber Titan Topaz
Tulip Unity Valley Vector Vertex Victory Violet Willow Windmill Zenith""".split()
SURNAMES = """Schneider Baumann Keller Vogel Lindqvist Bergstrom Haugen Novak Kowalczyk Dvorak Horvath Popescu Rossi
Moretti Ferrari Dubois Lefevre Moreau Castillo Herrera Navarro Oliveira Carvalho Whitfield Hargreaves Pemberton
Ashworth MacLeod Gallagher Okafor Adeyemi Mwangi Tanaka Nakamura Yoshida Takahashi Srinivasan Chatterjee Kulkarni
Rahimov Petrosyan Kaya Demirci Yildirim Haddad Khoury Sokolov Fedorchuk Lysenko""".split()
STARTS = "bra cla dro fle gri kel lum mav nor ost pal qua ril sol tru vel wen xan yor zel ard bel cor dal eno".split()
MIDDLES = "a e i o u an en on ar or el il".split()
ENDS = "tix via nova ris dyne xion tec lon mar vex quor zia plex gen tron stra".split()
SECTORS = """Technology Technologies Electronics Trading Logistics Semiconductor Systems Engineering International
Industrial Instruments Software Energy Optics Machinery Materials Shipping Consulting Biotech Robotics Communications
Networks Components Automation Medical Foods Textiles Furniture Design Packaging Plastics Investment Holdings Digital
Imaging Analytics Studios Motors Tools Chemicals Solutions Supply Aviation Precision""".split()
PLACES = {
    "CN": ("Beijing", "Shanghai", "Shenzhen", "Guangzhou", "Hangzhou", "Suzhou", "Wuhan", "Xiamen", "Ningbo", "Jinan"),
    "HK": ("Hong Kong", "HK"),
    "TW": ("Taipei", "Hsinchu"),
}
CLOSINGS = {
    "CN": ("Co., Ltd.", "Co. Ltd", "Company Limited", "Corporation"),
    "HK": ("Limited", "Co., Limited", "(HK) Limited"),
    "TW": ("Co., Ltd.", "Inc."),
    "US": ("Inc.", "LLC", "Corp.", ""),
    "DE": ("GmbH", "AG", "GmbH & Co. KG"),
    "GB": ("Ltd", "Limited", "plc"),
    "AE": ("FZE", "LLC", "Trading LLC", "DMCC"),
    "RU": ("OOO", "LLC", "JSC"),
    "SG": ("Pte. Ltd.", "Pte Ltd"),
    "FR": ("SARL", "SAS", "SA"),
    "IT": ("S.r.l.", "S.p.A."),
    "JP": ("K.K.", "Co., Ltd."),
    "TR": ("Ltd. Sti.", "A.S."),
    "MY": ("Sdn. Bhd.",),
}


def _coined(dice: random.Random) -> str:
    made = dice.choice(STARTS) + (dice.choice(MIDDLES) if dice.random() < 0.6 else "") + dice.choice(ENDS)
    return made.capitalize()


def _brand(country: str, dice: random.Random) -> list[str]:
    if country in ("CN", "HK", "TW"):
        brand = "".join(dice.choice(PINYIN) for _ in range(2)).capitalize()
        return [brand, dice.choice(COMMON)] if dice.random() < 0.15 else [brand]
    kind = dice.random()
    if kind < 0.35:
        return [_coined(dice)]
    if kind < 0.60:
        return dice.sample(COMMON, 2)
    if kind < 0.75:
        return [dice.choice(SURNAMES), dice.choice(COMMON)]
    if kind < 0.90:
        return [dice.choice(SURNAMES), "&", dice.choice(SURNAMES)]
    return [dice.choice(COMMON), _coined(dice)]


def firms(dice: random.Random, listed: set[frozenset[str]], count: int) -> list[tuple[str, str]]:
    """So many invented firms with a country each. A name whose words are exactly a listed name's is drawn again."""
    made: dict[str, str] = {}
    while len(made) < count:
        country = dice.choice(["CN", "CN", "CN", "HK", "TW", *CLOSINGS])
        words = _brand(country, dice)
        if country in PLACES and dice.random() < 0.7:
            words = [dice.choice(PLACES[country]), *words]
        words += dice.sample(SECTORS, 1 if dice.random() < 0.65 else 2)
        bare = frozenset(re.sub(r"[^a-z0-9]", "", w.casefold()) for w in words)
        if bare not in listed:
            made[" ".join([*words, dice.choice(CLOSINGS[country])]).strip()] = country
    return list(made.items())
