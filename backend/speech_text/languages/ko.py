"""Korean."""

from backend.speech_text.lexicon import Lexicon, noun

LEXICON = Lexicon(
    language="ko",
    # Native numerals count things and hours; `f` stands for them here.
    cardinals={
        "": "spellout-cardinal-sinokorean", "f": "spellout-cardinal-native-attributive",
    },
    signs={
        "+": "더하기", "=": "는", "×": "곱하기", "÷": "나누기", "±": "플러스 마이너스", "≈": "약",
        "≤": "이하", "≥": "이상", "&": "앤드", "%": "퍼센트", "²": "제곱", "³": "세제곱",
        "#": "샵", "~": "에서", "∞": "무한대",
    },
    point="점",
    minus="마이너스",
    to="에서",
    dot="닷",
    at="골뱅이",
    slash="슬래시",
    decimal_mark=".",
    currencies={
        "USD": (noun("달러"), noun("센트")), "EUR": (noun("유로"), noun("센트")),
        "GBP": (noun("파운드"), None), "KRW": (noun("원"), None), "JPY": (noun("엔"), None),
        "CNY": (noun("위안"), None), "INR": (noun("루피"), None), "RUB": (noun("루블"), None),
        "BTC": (noun("비트코인"), None),
    },
    units={
        "km/h": noun("킬로미터 퍼 아워"), "km": noun("킬로미터"), "m": noun("미터"),
        "cm": noun("센티미터"), "mm": noun("밀리미터"), "kg": noun("킬로그램"), "g": noun("그램"),
        "l": noun("리터"), "L": noun("리터"), "ml": noun("밀리리터"), "°C": noun("도"),
        "°": noun("도"), "KB": noun("킬로바이트"), "MB": noun("메가바이트"),
        "GB": noun("기가바이트"), "TB": noun("테라바이트"), "Hz": noun("헤르츠"),
        "GHz": noun("기가헤르츠"), "fps": noun("프레임"), "W": noun("와트"), "V": noun("볼트"),
        "dB": noun("데시벨"), "ms": noun("밀리초"), "%": noun("퍼센트"), "시": noun("시", "f"),
        "시간": noun("시간", "f"), "개": noun("개", "f"), "명": noun("명", "f"),
        "살": noun("살", "f"), "마리": noun("마리", "f"), "번": noun("번", "f"),
    },
    clock="{hour} 시 {minute} 분",
    full_hour="{hour} 시",
    hour=noun("시", "f"),
    fractions={
        (1, 2): "이분의 일", (1, 3): "삼분의 일", (2, 3): "삼분의 이", (1, 4): "사분의 일",
        (3, 4): "사분의 삼",
    },
)  # fmt: skip
