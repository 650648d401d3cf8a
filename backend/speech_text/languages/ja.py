"""Japanese: numbers and units in kana, which every voice reads."""

from backend.speech_text.lexicon import Lexicon, noun

LEXICON = Lexicon(
    language="ja",
    cardinals={"": "spellout-numbering"},
    signs={
        "+": "プラス", "=": "イコール", "×": "かける", "÷": "わる", "±": "プラスマイナス",
        "≈": "やく", "≠": "ノットイコール", "≤": "いか", "≥": "いじょう", "&": "アンド",
        "%": "パーセント", "²": "の2じょう", "³": "の3じょう", "#": "ナンバー", "~": "から",
        "∞": "むげんだい",
    },
    point="てん",
    minus="マイナス",
    to="から",
    dot="ドット",
    at="アット",
    slash="スラッシュ",
    decimal_mark=".",
    currencies={
        "USD": (noun("ドル"), noun("セント")), "EUR": (noun("ユーロ"), noun("セント")),
        "GBP": (noun("ポンド"), noun("ペンス")), "JPY": (noun("えん"), None),
        "CNY": (noun("げん"), None), "KRW": (noun("ウォン"), None), "INR": (noun("ルピー"), None),
        "RUB": (noun("ルーブル"), None), "BTC": (noun("ビットコイン"), None),
    },
    units={
        "km/h": noun("キロ"), "km": noun("キロメートル"), "m": noun("メートル"),
        "cm": noun("センチメートル"), "mm": noun("ミリメートル"), "kg": noun("キログラム"),
        "g": noun("グラム"), "mg": noun("ミリグラム"), "l": noun("リットル"), "L": noun("リットル"),
        "ml": noun("ミリリットル"), "°C": noun("ど"), "°": noun("ど"), "KB": noun("キロバイト"),
        "MB": noun("メガバイト"), "GB": noun("ギガバイト"), "TB": noun("テラバイト"),
        "Hz": noun("ヘルツ"), "GHz": noun("ギガヘルツ"), "fps": noun("エフピーエス"),
        "W": noun("ワット"), "V": noun("ボルト"), "dB": noun("デシベル"), "ms": noun("ミリびょう"),
        "%": noun("パーセント"),
    },
    fractions={
        (1, 2): "にぶんのいち", (1, 3): "さんぶんのいち", (2, 3): "さんぶんのに",
        (1, 4): "よんぶんのいち", (3, 4): "よんぶんのさん",
    },
    joiner="",
)  # fmt: skip
