"""Japanese numbers in kana, which every voice reads; the embedded one reads no kanji.

Readings of the counters change with the number ("いっぷん", "ついたち"): those of dates, times and
money stand here, and other counters are left to the voice as they are written.
"""

from __future__ import annotations

import re

_KANA = {
    "〇": "ゼロ", "一": "いち", "二": "に", "三": "さん", "四": "よん", "五": "ご",
    "六": "ろく", "七": "なな", "八": "はち", "九": "きゅう", "十": "じゅう", "百": "ひゃく",
    "千": "せん", "万": "まん", "億": "おく", "兆": "ちょう", "第": "だい", "・": "てん",
}  # fmt: skip
_CHANGED = (
    ("三百", "さんびゃく"), ("六百", "ろっぴゃく"), ("八百", "はっぴゃく"), ("三千", "さんぜん"),
    ("八千", "はっせん"), ("一兆", "いっちょう"), ("八兆", "はっちょう"), ("十兆", "じゅっちょう"),
)  # fmt: skip
_DAYS = {
    1: "ついたち", 2: "ふつか", 3: "みっか", 4: "よっか", 5: "いつか", 6: "むいか",
    7: "なのか", 8: "ようか", 9: "ここのか", 10: "とおか", 14: "じゅうよっか", 20: "はつか",
    24: "にじゅうよっか",
}  # fmt: skip
_ENDINGS = {
    "年": (("よん", "よねん"), ("きゅう", "くねん")),
    "月": (("よん", "しがつ"), ("なな", "しちがつ"), ("きゅう", "くがつ")),
    "時": (("よん", "よじ"), ("なな", "しちじ"), ("きゅう", "くじ")),
    "日": (("きゅう", "くにち"), ("なな", "しちにち")),
    "分": (
        ("いち", "いっぷん"), ("さん", "さんぷん"), ("よん", "よんぷん"), ("ろく", "ろっぷん"),
        ("はち", "はっぷん"), ("じゅう", "じゅっぷん"), ("ひゃく", "ひゃっぷん"),
    ),
    "円": (("よん", "よえん"),),
}  # fmt: skip
_PLAIN = {
    "年": "ねん", "月": "がつ", "時": "じ", "日": "にち", "分": "ふん", "秒": "びょう",
    "円": "えん", "時間": "じかん", "度": "ど", "点": "てん",
}  # fmt: skip
COUNTERS = "|".join(sorted(_PLAIN, key=len, reverse=True))
"""Alternatives of a pattern: the counters whose readings stand here."""


def in_kana(number: str) -> str:
    """A number in kanji, as the rules write it, in hiragana."""
    for kanji, kana in _CHANGED:
        number = number.replace(kanji, kana)
    return "".join(_KANA.get(char, char) for char in number)


def counted(number: str, value: int, counter: str) -> str:
    """A number in kana with its counter, as the two are read together.

    Args:
        number: In kana.
        value: The same.
        counter: One of `COUNTERS`.
    """
    if counter == "日" and value in _DAYS:
        return _DAYS[value]
    for ending, joined in _ENDINGS.get(counter, ()):
        # "なな" and the like end no longer number words than their own.
        if number.endswith(ending):
            return re.sub(f"{ending}$", joined, number)
    return number + _PLAIN[counter]
