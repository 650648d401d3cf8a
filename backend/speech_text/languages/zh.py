"""Chinese."""

from backend.speech_text.lexicon import Lexicon, noun

LEXICON = Lexicon(
    language="zh",
    cardinals={"": "spellout-numbering"},
    signs={
        "+": "加", "=": "等于", "×": "乘", "÷": "除以", "±": "正负", "≈": "约等于",
        "≠": "不等于", "≤": "小于等于", "≥": "大于等于", "<": "小于", ">": "大于", "&": "和",
        "²": "平方", "³": "立方", "#": "井号", "~": "到", "∞": "无穷大",
    },
    point="点",
    minus="负",
    to="到",
    dot="点",
    at="艾特",
    slash="斜杠",
    decimal_mark=".",
    currencies={
        "USD": (noun("美元"), None), "EUR": (noun("欧元"), None), "GBP": (noun("英镑"), None),
        "CNY": (noun("元"), None), "JPY": (noun("日元"), None), "KRW": (noun("韩元"), None),
        "INR": (noun("卢比"), None), "RUB": (noun("卢布"), None), "BTC": (noun("比特币"), None),
    },
    units={
        "km/h": noun("公里每小时"), "m/s": noun("米每秒"), "km": noun("公里"), "m": noun("米"),
        "cm": noun("厘米"), "mm": noun("毫米"), "kg": noun("公斤"), "g": noun("克"),
        "mg": noun("毫克"), "l": noun("升"), "L": noun("升"), "ml": noun("毫升"),
        "°C": noun("摄氏度"), "°F": noun("华氏度"), "°": noun("度"), "KB": noun("千字节"),
        "MB": noun("兆字节"), "GB": noun("吉字节"), "TB": noun("太字节"), "Hz": noun("赫兹"),
        "GHz": noun("吉赫"), "fps": noun("帧每秒"), "W": noun("瓦"), "V": noun("伏"),
        "dB": noun("分贝"), "ms": noun("毫秒"), "s": noun("秒"), "min": noun("分钟"),
        "h": noun("小时"),
    },
    fractions={
        (1, 2): "二分之一", (1, 3): "三分之一", (2, 3): "三分之二", (1, 4): "四分之一",
        (3, 4): "四分之三",
    },
    joiner="",
)  # fmt: skip
