"""Names of people: surnames of the two cities in both scripts and in Latin letters, and characters of given names."""

from __future__ import annotations

from typing import Final

from dataferry.privacy.report import PrivacyClass
from dataferry.privacy.rules import LETTERS, Outcome, Rule, Shape, every_bit
from dataferry.privacy.texts import Texts

SURNAMES: Final = (
    "王李张張刘劉陈陳杨楊赵趙黄黃周吴吳徐孙孫胡朱高林何郭马馬罗羅梁宋郑鄭谢謝韩韓唐冯馮于董萧蕭肖程曹袁邓鄧许許傅沈"
    "曾彭吕呂苏蘇卢盧蒋蔣蔡贾賈丁魏薛叶葉阎閻余潘杜戴夏钟鍾汪田任姜范範方石姚谭譚廖邹鄒熊金陆陸郝孔白崔康毛邱秦江史"
    "顾顧侯邵孟龙龍万萬段雷钱錢汤湯尹黎易常武乔喬贺賀赖賴龚龔文庞龐樊兰蘭殷施陶洪翟安颜顏倪严嚴牛温溫芦季俞章鲁魯葛"
    "伍韦韋申尤毕畢聂聶焦向柳邢路岳齐齊沿梅莫庄莊辛管祝左涂谷祁时時舒耿牟卜詹关關苗凌费費纪紀靳盛童欧歐甄项項曲成游"
    "阳裴席卫衛查屈鲍鮑位覃霍翁隋植甘景薄单單包司柏宁寧柯阮桂闵閔简簡卓麦麥區冼招禤岑古丘湛"
)
COMPOUND: Final = (
    "欧阳", "歐陽", "司徒", "司马", "司馬", "上官",
    "诸葛", "諸葛", "皇甫", "尉迟", "尉遲", "公孙", "公孫", "令狐", "夏侯", "慕容",
)  # fmt: skip
GIVEN: Final = (
    "伟偉芳娜敏静靜丽麗强強磊军軍洋勇艳艷杰傑娟涛濤明超秀霞平刚剛英华華慧巧美淑惠珠翠雅芝玉萍红紅娥玲芬燕彩春菊勤珍"
    "贞貞莉兰蘭凤鳳洁潔梅琳素云雲莲蓮真环環雪荣榮爱愛妹香月莺鶯媛瑞凡佳嘉琼瓊桂娣叶璐娅琦晶妍茜秋珊莎锦錦黛青倩婷姣"
    "婉娴嫻瑾颖穎露瑶瑤怡婵嬋雁蓓纨仪儀荷丹蓉眉君琴蕊薇菁梦夢岚嵐苑婕馨瑗琰韵韻融园園艺藝咏詠卿聪聰澜瀾纯純毓悦悅昭"
    "冰爽琬茗羽希宁欣飘育滢馥筠柔竹霭凝晓曉欢歡枫芸菲寒伊亚亞宜可姬舒影荔枝思俊峰毅力保东東文辉輝固之轮輪翰朗伯宏言"
    "若鸣鳴朋斌梁栋棟维維启啟克伦倫翔旭鹏鵬泽澤晨辰士以建家致树樹炎德行时時泰盛雄琛钧鈞冠策腾騰楠榕风風航弘正日志義"
    "义兴興良海仁波贵貴福生龙龍元全国國胜勝学學祥才发發成康星光天达達安岩中茂进進林有坚堅和彪博诚誠先敬震振壮壯会會"
    "群豪心邦承乐樂绍紹功松善厚庆慶裕河哲江浩亮政谦謙亨奇轩軒子梓涵宇雨萱诗詩然琪皓睿熙柏铭銘颂頌恩賢贤健蔚珮沛鴻鸿"
    "炳鎮镇耀培展添錫锡"
)
LATIN_SURNAMES: Final = (
    # Hong Kong
    "CHAN WONG LEE LEUNG CHEUNG LAU NG YEUNG CHENG TSANG CHOW CHAU HO LAM LO KWOK KWAN MAK TANG TAM CHU CHOI TSE YIP "
    "YAU YUEN YU FUNG FONG FOK HUI IP KAN KO KONG KWONG LAI LAW LI LIU LUI LUK MA MAN MOK MUI NGAI NGAN OR PANG POON "
    "PUN SHEK SHUM SHIU SIN SIT SIU SO SUEN SUM SZETO TAI TING TO TONG TSUI TUNG WAN WAT WU YAN YIK YIM YIU YUNG "
    "AU AUYEUNG CHIU CHIN CHING CHOY CHOW CHUI CHUNG DUNG FAN HA HAU HUNG KEUNG KUNG KWOK LUNG NGO "
    "PAK PO SHAM SHUE TIN "
    # Mainland
    "WANG ZHANG LIU CHEN YANG HUANG ZHAO WU ZHOU XU SUN ZHU GAO LIN GUO LUO LIANG SONG ZHENG XIE HAN TANG FENG DONG "
    "XIAO CHENG CAO YUAN DENG FU SHEN ZENG PENG LU SU JIANG CAI JIA DING WEI XUE YE YAN PAN DU DAI XIA ZHONG TIAN REN "
    "FANG SHI YAO TAN LIAO ZOU XIONG JIN HAO KONG BAI CUI KANG MAO QIU QIN GU HOU SHAO MENG LONG WAN DUAN LEI QIAN YIN "
    "CHANG QIAO HE GONG WEN OUYANG HU TAO HONG "
    # Both cities have residents from everywhere
    "SMITH JONES BROWN TAYLOR WILLIAMS WILSON JOHNSON DAVIES EVANS THOMAS ROBERTS WALKER WRIGHT "
    "ROBINSON THOMPSON WHITE "
    "HUGHES EDWARDS GREEN HALL CLARK HARRIS LEWIS JACKSON MARTIN MILLER DAVIS ANDERSON MOORE "
    "CAMPBELL STEWART SCOTT KIM "
    "PARK SINGH KHAN KUMAR SHARMA PATEL SANTOS REYES CRUZ GARCIA RAI GURUNG TANAKA SUZUKI SATO"
)  # fmt: skip

_HAN: Final = r"\p{Han}"
_ZH: Final = f"(?:{'|'.join(COMPOUND)}|[{SURNAMES}])"
CHINESE: Final = f"^{_ZH}(?:[{GIVEN}]{_HAN}?|{_HAN}[{GIVEN}])$"
"""Surname and one or two characters, at least one of which is common in given names."""
CHINESE_LOOSE: Final = f"^{_ZH}(?:{_HAN}{{1,2}}|[\\*XX某]{{1,2}}|先生|小姐|女士|太太)$"
_EN: Final = "|".join(sorted(set(LATIN_SURNAMES.split())))
_WORD: Final = r"[A-Z][A-Z'\-]*\.?"
LATIN: Final = (
    rf"^(?:(?:MRS?|MS|MISS|DR|PROF)\.?\s+)?"
    rf"(?:(?:{_EN}),?(?:[\s\-,]+{_WORD}){{1,4}}|{_WORD}(?:[\s\-,]+{_WORD}){{0,3}}[\s,]+(?:{_EN}))$"
)


def chinese(texts: Texts) -> Outcome:
    """Surname of the dictionary, given name with at least one character of the dictionary."""
    return every_bit(texts, CHINESE) if texts.has_chinese else Outcome(texts.mask(), texts.mask())


def written(texts: Texts) -> Outcome:
    """Surname of the dictionary with any given name, in Chinese or Latin letters; the header says the rest."""
    if not texts.has_letters:
        return Outcome(texts.mask(), texts.mask())
    return every_bit(texts, f"{CHINESE_LOOSE}|{LATIN}")


_NAMES: Final = (
    "full name", "surname", "first name", "last name", "given name", "family name", "person name", "customer name",
    "driver name", "owner name", "user name", "contact name", "contact person", "patient name", "staff name",
    "passenger name", "applicant", "cardholder", "holder name", "member name", "name of owner", "name of driver",
    "employee name", "student name", "guardian", "姓名", "联系人", "聯絡人", "司机", "司機",
    "车主", "車主", "乘客", "持卡人",
    "申請人", "申请人", "负责人", "負責人", "业主", "業主", "户名", "戶名", "經辦人", "经办人", "收件人",
)  # fmt: skip
_PLACES: Final = (
    "东西南北中上下大小新老花桥路街村站湾沙田水山海江河塘浦头角门城园龙金石马观青白黄红长安平和兴光明星林松泉港岛仓"
    "油麻地尖嘴旺深埗荃屯元朗将军澳徐汇静普陀闵行宝嘉定奉贤崇虹口杨"
)

RULES: Final = (
    Rule(
        "person_name",
        "chinese",
        PrivacyClass.PERSONAL,
        chinese,
        Shape(((_PLACES,) * 2, (_PLACES,) * 3)),
        0.062,
        _NAMES,
        "own dictionary of surnames and given names; random strings are drawn from characters of place names",
        weak_words=("name", "名字"),
    ),
    Rule(
        "person_name",
        "by-header",
        PrivacyClass.PERSONAL,
        written,
        Shape((tuple([LETTERS] * 4 + [" "] + [LETTERS] * 4), (_PLACES,) * 2, (_PLACES,) * 3)),
        0.107,
        _NAMES,
        "own dictionary of surnames; random strings of Latin letters and of characters of place names",
        weak_words=("name", "名字"),
        header_needed=True,
    ),
)
