"""Made-up identifiers by their rules, in the ways people write them, and what looks like them and is not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np

from dataferry.privacy.people_names import GIVEN, LATIN_SURNAMES, SURNAMES

Random = np.random.Generator
Maker = Callable[[Random], str]

_LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_MARK_LETTERS: Final = "ABCDEFGHJKLMNPRSTUVWXYZ"
_PLATE_LETTERS: Final = "ABCDEFGHJKLMNPQRSTUVWXYZ"
_REGIONS: Final = ("310101", "310104", "310115", "110105", "440304", "440106", "330106", "320505", "500103", "810000")
_RARE_SURNAMES: Final = "佴仝仉亓郗郏贲逄缑亢"
_RARE_GIVEN: Final = "璟珩昕翊珞禾昀谌霁弈衍屿"
_SYLLABLES: Final = "Ka Wing Chi Man Wai Siu Yuk Kit Ho Tsz Hoi Yan Lok Ming Sze Kwok Mei Fong Lai Ying".split()  # noqa: SIM905
_GIVEN_LATIN: Final = "Peter Mary Amy John Grace Kelvin Wei Jing Yi Xin Hao Lei Jun Fang Min Tao".split()  # noqa: SIM905
_RARE_LATIN: Final = ("Kowalski", "Okafor", "Bianchi", "Novak", "Haddad")
_SURNAMES: Final = tuple(LATIN_SURNAMES.split())
_STREETS: Final = (
    "Nathan Road", "Queen's Road Central", "Hennessy Road", "Castle Peak Road", "Des Voeux Road West",
)  # fmt: skip
_ROADS: Final = (
    "南京西路", "淮海中路", "張楊路", "彌敦道", "軒尼詩道", "世纪大道", "青山公路", "四川北路",
)  # fmt: skip
_PLACES: Final = (
    "Lam Tin", "Ho Man Tin", "Tai Po Market", "Wong Tai Sin", "Sha Tin Wai", "Tsing Yi", "Kwai Fong", "Lo Wu",
    "Chai Wan", "Heng Fa Chuen", "Yau Ma Tei", "Tung Chung", "Ma On Shan", "Siu Hong", "Long Ping",
)  # fmt: skip
_STATIONS: Final = (
    "徐家汇", "静安寺", "陆家嘴", "人民广场", "中山公园", "金沙江路", "龙阳路", "石龙路",
    "黄陂南路", "马当路", "汶水路", "高科西路", "花桥", "康桥", "白银路", "江湾镇",
    "何文田", "馬鞍山", "黃大仙", "康城",
)  # fmt: skip
_TRADES: Final = ("貿易", "科技", "能源", "物流", "数据", "汽车服务")


def pick(random: Random, letters: str, count: int = 1) -> str:
    return "".join(letters[number] for number in random.integers(len(letters), size=count))


def digits(random: Random, count: int) -> str:
    return pick(random, "0123456789", count)


def one_of(random: Random, *choices: str) -> str:
    return choices[int(random.integers(len(choices)))]


def day(random: Random, first: int = 1940, last: int = 2012) -> str:
    year, month = int(random.integers(first, last)), int(random.integers(1, 13))
    return f"{year}{month:02d}{int(random.integers(1, 29)):02d}"


def hkid(random: Random) -> str:
    body = pick(random, _LETTERS, int(random.integers(1, 3))) + digits(random, 6)
    values = [36] * (8 - len(body)) + [int(letter, 36) for letter in body]
    check = "0123456789A"[-sum(value * weight for value, weight in zip(values, range(9, 1, -1), strict=True)) % 11]
    return one_of(random, f"{body}({check})", f"{body}{check}", f"{body} ({check})", f"{body}（{check}）")


def resident_id(random: Random) -> str:
    body = one_of(random, *_REGIONS) + day(random) + digits(random, 3)
    return body + next(c for c in "0123456789X" if _mod_11_2(body + c) == 1)


def _mod_11_2(text: str) -> int:
    return sum("0123456789X".index(letter) * pow(2, 17 - place, 11) for place, letter in enumerate(text)) % 11


def uscc(random: Random) -> str:
    letters = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    body = one_of(random, "91", "92", "52", "12") + one_of(random, *_REGIONS[:-1]) + pick(random, letters, 9)
    total = sum(letters.index(letter) * pow(3, place, 31) for place, letter in enumerate(body))
    return body + letters[-total % 31]


def bank_card(random: Random) -> str:
    head, length = (("622848", 19), ("621700", 19), ("4", 16), ("52", 16), ("37", 15))[int(random.integers(5))]
    body = head + digits(random, length - 1 - len(head))
    doubled = [sum(divmod(2 * int(c), 10)) if place % 2 == 0 else int(c) for place, c in enumerate(reversed(body))]
    card = body + str(-sum(doubled) % 10)
    return " ".join(card[at : at + 4] for at in range(0, len(card), 4)) if random.random() < 0.3 else card


def email(random: Random) -> str:
    name = pick(random, "abcdefghijklmnopqrstuvwxyz", int(random.integers(3, 9)))
    domain = one_of(random, "example.com", "example.com.hk", "mail.example.cn", "example.org")
    return f"{name}{one_of(random, '', '.', '_')}{digits(random, 2)}@{domain}"


def hk_phone(random: Random) -> str:
    number = hk_phone_bare(random)
    parted = f"{number[:4]} {number[4:]}"
    return one_of(random, number, number, parted, f"{number[:4]}-{number[4:]}", f"+852 {parted}", f"(852) {number}")


def hk_phone_bare(random: Random) -> str:
    return one_of(random, "2", "3", "5", "6", "9") + one_of(random, "1", "3", "4", "7", "8") + digits(random, 6)


def mainland_mobile(random: Random) -> str:
    number = one_of(random, "13", "15", "18", "19") + one_of(random, "0", "1", "3", "5", "8", "9") + digits(random, 8)
    parted = f"{number[:3]} {number[3:7]} {number[7:]}"
    return one_of(random, number, number, number, parted, f"+86 {parted}", f"+86{number}")


def plate_mainland(random: Random) -> str:
    place = one_of(random, "沪", "滬", "京", "粤", "苏", "浙") + pick(random, _PLATE_LETTERS)
    five = pick(random, _PLATE_LETTERS + "0123456789") + digits(random, 4)
    return place + one_of(random, "", "·", " ") + one_of(random, five, pick(random, "DF") + digits(random, 5))


def plate_cross_border(random: Random) -> str:
    return (
        one_of(random, "粤Z", "粵Z", "粤Z·")
        + pick(random, _PLATE_LETTERS + "0123456789", 4)
        + one_of(random, "港", "澳")
    )


def plate_hk(random: Random) -> str:
    mark, number = pick(random, _MARK_LETTERS, int(random.integers(1, 3))), str(random.integers(1, 10_000))
    return f"{mark}{one_of(random, '', ' ')}{number}"


def vin(random: Random) -> str:
    values = dict(zip(_MARK_LETTERS, map(int, "12345678123457923456789"), strict=True))
    body = pick(random, "L1JW") + pick(random, _MARK_LETTERS, 2) + pick(random, _MARK_LETTERS + "0123456789", 5)
    tail = pick(random, _MARK_LETTERS + "123456789") + pick(random, _MARK_LETTERS) + digits(random, 6)
    weights = (8, 7, 6, 5, 4, 3, 2, 10, 9, 8, 7, 6, 5, 4, 3, 2)
    total = sum(int(values.get(c, c)) * weight for c, weight in zip(body + tail, weights, strict=True))
    return body + "0123456789X"[total % 11] + tail


def chinese_name(random: Random) -> str:
    """Eight surnames in a hundred and a fifth of the characters of given names are in no dictionary of the rules."""
    surname = pick(random, _RARE_SURNAMES if random.random() < 0.08 else SURNAMES)
    count = int(random.integers(1, 3))
    return surname + "".join(pick(random, _RARE_GIVEN if random.random() < 0.2 else GIVEN) for _ in range(count))


def latin_name(random: Random) -> str:
    surname = one_of(random, *_RARE_LATIN) if random.random() < 0.08 else one_of(random, *_SURNAMES).title()
    syllables = f"{one_of(random, *_SYLLABLES)} {one_of(random, *_SYLLABLES)}"
    given = one_of(random, *_GIVEN_LATIN, *[syllables] * len(_GIVEN_LATIN))
    return one_of(random, f"{surname} {given}", f"{surname.upper()}, {given}", f"{given} {surname}")


def home_address(random: Random) -> str:
    unit, floor, house = pick(random, "ABCDEFGH"), random.integers(1, 40), random.integers(1, 900)
    street, road, room = one_of(random, *_STREETS), one_of(random, *_ROADS), f"{floor}0{random.integers(1, 9)}"
    return one_of(
        random,
        f"Flat {unit}, {floor}/F, {house} {street}",
        f"Room {room}, Block {unit}, {house} {street}, Kowloon",
        f"{road}{house}號{floor}樓{unit}室",
        f"{one_of(random, '黄浦区', '徐汇区', '浦东新区')}{road}{house}弄{floor}号{room}室",
    )


def street_address(random: Random) -> str:
    house, street, road = random.integers(1, 900), one_of(random, *_STREETS), one_of(random, *_ROADS)
    district = one_of(random, "黄浦区", "徐汇区")
    return one_of(
        random, f"{house} {street}", f"{road}{house}號", f"No. {house}, {street}", f"{district}{road}{house}号"
    )


POSITIVES: Final[Mapping[str, tuple[str, Maker, tuple[str, str, str]]]] = {
    "hkid": ("hkid", hkid, ("HKID", "身份證號碼", "id_card_no")),
    "resident_id": ("resident_id", resident_id, ("身份证号", "resident_id", "證件號碼")),
    "uscc": ("uscc", uscc, ("统一社会信用代码", "uscc", "credit_code")),
    "bank_card": ("bank_card", bank_card, ("bank_card", "银行卡号", "信用卡")),
    "email": ("email", email, ("email", "電郵", "邮箱")),
    "hk_phone": ("hk_phone", hk_phone, ("telephone", "聯絡電話", "mobile_no")),
    "hk_phone, eight digits": ("hk_phone", hk_phone_bare, ("phone", "電話", "tel")),
    "mainland_mobile": ("mainland_mobile", mainland_mobile, ("手机号", "mobile", "手機")),
    "plate_mainland": ("plate_mainland", plate_mainland, ("车牌", "plate_no", "車牌號")),
    "plate_cross_border": ("plate_cross_border", plate_cross_border, ("车牌", "plate", "車牌")),
    "plate_hk": ("plate_hk", plate_hk, ("車牌", "plate_number", "registration_mark")),
    "vin": ("vin", vin, ("VIN", "车架号", "底盤號")),
    "person_name, Chinese": ("person_name", chinese_name, ("姓名", "full_name", "联系人")),
    "person_name, Latin": ("person_name", latin_name, ("full_name", "driver_name", "姓名")),
    "home_address": ("home_address", home_address, ("住址", "home_address", "通訊地址")),
    "street_address": ("street_address", street_address, ("地址", "address", "site_address")),
}
"""What is made: its identifier, its maker, and three honest headers."""


def _coordinate(random: Random) -> str:
    return one_of(random, f"{22.2 + random.random() * 0.3:.6f}", f"{113.9 + random.random() * 0.4:.6f}")


NEGATIVES: Final[Mapping[str, tuple[Maker, str, str]]] = {
    "order numbers": (lambda r: day(r, 2015, 2027) + digits(r, 6), "order_no", "mobile"),
    "acceptance numbers: region, date, serial": (
        lambda r: one_of(r, *_REGIONS) + day(r, 2015, 2027) + digits(r, 4), "业务流水", "证件号"),
    "meter serials, 8 digits": (lambda r: "2" + digits(r, 7), "meter_serial", "id_card"),
    "meter serials, counted": (lambda r: str(13_800_000_000 + int(r.integers(4_000))), "表号", "account_no"),
    "station codes": (lambda r: f"{pick(r, _LETTERS, 2)}{r.integers(10, 99)}", "station_code", "bank_card"),
    "lot numbers": (lambda r: f"{one_of(r, 'TKOTL', 'NKIL', 'STTL')} {r.integers(1, 9999)}", "lot_no", "id_no"),
    "flat numbers, as AA1234": (lambda r: f"{pick(r, _LETTERS, 2)}{r.integers(1, 9999)}", "flat", "hkid"),
    "serials, letter and seven digits": (lambda r: pick(r, _LETTERS) + digits(r, 7), "serial_no", "身份證"),
    "coordinates": (_coordinate, "latitude", "phone"),
    "HK1980 grid": (lambda r: str(r.integers(800_000, 850_000)), "easting", "telephone"),
    "dates of 8 digits": (lambda r: day(r, 1990, 2027), "report_date", "电话"),
    "8 random digits": (lambda r: digits(r, 8), "ref_code", "hkid"),
    "11 random digits": (lambda r: digits(r, 11), "transaction", "mobile"),
    "16 random digits": (lambda r: digits(r, 16), "asset_code", "card_no"),
    "17 random letters and digits": (lambda r: pick(r, _MARK_LETTERS + "0123456789", 17), "product_code", "vin"),
    "18 random digits": (lambda r: digits(r, 18), "serial", "身份证"),
    "16-digit numbers that begin as cards": (lambda r: "6228" + digits(r, 12), "batch_no", "银行卡"),
    "hashes": (lambda r: pick(r, "0123456789abcdef", 16), "sequence", "id_card"),
    "names of stations, Chinese": (lambda r: one_of(r, *_STATIONS), "站名", "full_name"),
    "names of stations, Latin": (lambda r: one_of(r, *_PLACES), "station_name", "email"),
    "names of companies": (
        lambda r: f"{one_of(r, '上海', '香港')}{pick(r, GIVEN, 2)}{one_of(r, *_TRADES)}有限公司", "公司", "姓名"),
    "prices": (lambda r: f"{r.integers(1, 9_999)}.{digits(r, 2)}", "price", "bank_card"),
}  # fmt: skip
"""What looks like an identifier and is none: its maker, its honest header, a header that misleads."""
