"""Facts of the sample data: the 34 districts, their names in three languages and their people at the last census.

Hong Kong: 2021 Population Census, Census and Statistics Department, by District Council district. The 18 figures and
the 1,125 people afloat add up to the published total of 7,413,070.
Shanghai: Seventh National Population Census, 1 November 2020, Shanghai Bureau of Statistics; the 16 figures add up to
the published total of 24,870,895.
Codes: the six-digit administrative division codes that the outlines carry.
"""

from __future__ import annotations

from typing import NamedTuple

HONG_KONG_TOTAL = 7_413_070
HONG_KONG_AFLOAT = 1_125
SHANGHAI_TOTAL = 24_870_895


class District(NamedTuple):
    """One district: code, names, residents at the census."""

    adcode: int
    english: str
    traditional: str
    simplified: str
    population: int


HONG_KONG = (
    District(810001, "Central and Western", "中西區", "中西区", 235_953),
    District(810002, "Wan Chai", "灣仔區", "湾仔区", 166_695),
    District(810003, "Eastern", "東區", "东区", 529_603),
    District(810004, "Southern", "南區", "南区", 263_278),
    District(810005, "Yau Tsim Mong", "油尖旺區", "油尖旺区", 310_647),
    District(810006, "Sham Shui Po", "深水埗區", "深水埗区", 431_090),
    District(810007, "Kowloon City", "九龍城區", "九龙城区", 410_634),
    District(810008, "Wong Tai Sin", "黃大仙區", "黄大仙区", 406_802),
    District(810009, "Kwun Tong", "觀塘區", "观塘区", 673_166),
    District(810010, "Tsuen Wan", "荃灣區", "荃湾区", 320_094),
    District(810011, "Tuen Mun", "屯門區", "屯门区", 506_879),
    District(810012, "Yuen Long", "元朗區", "元朗区", 668_080),
    District(810013, "North", "北區", "北区", 309_631),
    District(810014, "Tai Po", "大埔區", "大埔区", 316_470),
    District(810015, "Sai Kung", "西貢區", "西贡区", 489_037),
    District(810016, "Sha Tin", "沙田區", "沙田区", 692_806),
    District(810017, "Kwai Tsing", "葵青區", "葵青区", 495_798),
    District(810018, "Islands", "離島區", "离岛区", 185_282),
)

SHANGHAI = (
    District(310101, "Huangpu", "黃浦區", "黄浦区", 662_030),
    District(310104, "Xuhui", "徐匯區", "徐汇区", 1_113_078),
    District(310105, "Changning", "長寧區", "长宁区", 693_051),
    District(310106, "Jing'an", "靜安區", "静安区", 975_707),
    District(310107, "Putuo", "普陀區", "普陀区", 1_239_800),
    District(310109, "Hongkou", "虹口區", "虹口区", 757_498),
    District(310110, "Yangpu", "楊浦區", "杨浦区", 1_242_548),
    District(310112, "Minhang", "閔行區", "闵行区", 2_653_489),
    District(310113, "Baoshan", "寶山區", "宝山区", 2_235_218),
    District(310114, "Jiading", "嘉定區", "嘉定区", 1_834_258),
    District(310115, "Pudong New Area", "浦東新區", "浦东新区", 5_681_512),
    District(310116, "Jinshan", "金山區", "金山区", 822_776),
    District(310117, "Songjiang", "松江區", "松江区", 1_909_713),
    District(310118, "Qingpu", "青浦區", "青浦区", 1_271_424),
    District(310120, "Fengxian", "奉賢區", "奉贤区", 1_140_872),
    District(310151, "Chongming", "崇明區", "崇明区", 637_921),
)

CITIES = {"hong-kong": HONG_KONG, "shanghai": SHANGHAI}

# Stations of the Environmental Protection Department's network, as its hourly AQHI file names its columns.
AQHI_STATIONS = (
    *("Central/Western", "Southern", "Eastern", "Kwun Tong", "Sham Shui Po", "Kwai Chung", "Tsuen Wan"),
    *("Tseung Kwan O", "Yuen Long", "Tuen Mun", "Tung Chung", "Tai Po", "Sha Tin", "North", "Tap Mun"),
    *("Causeway Bay", "Central", "Mong Kok"),
)
