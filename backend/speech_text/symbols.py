"""Signs without letters: emoji and emoticons are left out, "+" and "%" get their words."""

from __future__ import annotations

import re
import unicodedata

from backend.speech_text.lexicon import Lexicon

_KEYCAP = re.compile(r"([0-9#*])\ufe0f?\u20e3")
_SHORTCODE = re.compile(r"(?<![\w:]):[a-z][a-z0-9_+-]{1,30}:(?!\w)")
_EMOTICON = re.compile(
    r"(?<!\S)(?:[:;=8xX][-'^o]?[)(\]\[DPp3OoSs/\\|*><]|<3+|</3|[\^>TUuQqToO;][._-]{1,3}[\^<TUuQqToO;]"
    r"|\^\^|[xX]D+|¯\\_\(ツ\)_/¯|\([^\w\s()]{0,4}[・ω´`°＾^ㅂ▽∀◕‿￣ᴗ•̀́_-]{1,6}[^\w\s()]{0,4}\))"
    r"(?=\s|[.,!?]|$)"
)
_KEPT = frozenset("+-=<>%$€£¥₩₹₽₿°&@#^/|~×÷±√≈≠≤≥‰∞№*_`\\")
_VULGAR = re.compile(r"(\d?)([½⅓⅔¼¾⅛⅜⅝⅞⅕⅖⅗⅘⅙⅚])")


def without_invisible(text: str) -> str:
    """Drop control and format characters, lone surrogates and unassigned ones; compose letters.

    Newlines stay; any other white space becomes a space.
    """
    if text.isascii() and text.isprintable():
        return single_spaced(text)
    kept = []
    for char in text:
        if char.isspace():
            kept.append("\n" if char in "\n\u2028\u2029\x85" else " ")
        elif unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Co", "Cn") or char == "\u200d":
            kept.append(char)
    return single_spaced(unicodedata.normalize("NFC", "".join(kept)))


def without_pictures(text: str) -> str:
    """Drop emoji, emoticons and shortcodes; write look-alikes of letters and digits plainly."""
    text = _SHORTCODE.sub(" ", text) if ":" in text else text
    text = _EMOTICON.sub(" ", text)
    if text.isascii():
        return text
    text = _KEYCAP.sub(r"\1", text)
    text = _VULGAR.sub(_vulgar_fraction, text)
    text = text.replace("™", "").replace("©", "").replace("®", "")
    plain = "".join(_plain(char) for char in text)
    return single_spaced("".join("" if _is_mark_of_emoji(char) else char for char in plain))


def single_spaced(text: str) -> str:
    """One space or newline in place of many: the patterns that follow look past white space."""
    return re.sub(r" *\n[ \n]*", "\n", re.sub(r"  +", " ", text))


def speak_signs(text: str, lexicon: Lexicon) -> str:
    """Put words for signs between numbers and words, where they are meant to be said."""
    signs, joiner = lexicon.signs, lexicon.joiner

    def worded(sign: str) -> str:
        return f"{joiner}{signs[sign]}{joiner}" if sign in signs else " "

    text = re.sub(r"\s*(?:-+>|=+>|<-+|<=+(?=\s)|[→←⇒⇐↔➜])\s*", ", ", text)
    text = re.sub(r"={2,}", " ", text)
    text = re.sub(r"(?<!\w)@(?=\s)", lexicon.at, text)
    text = re.sub(r"(?<=\w)([²³])", lambda match: worded(match.group(1)), text)
    text = re.sub(r"(?<=\d)\s*[*×]\s*(?=\d)|(?<=\d)\s?[xX]\s?(?=\d)", worded("×"), text)
    text = re.sub(r"(?<=\d) - (?=\d)", f" {lexicon.minus} ", text)
    text = re.sub(
        r"(?<![+=<>])\s?([+÷±≈≠≤≥√∞=^])\s?(?=[\w(])", lambda match: worded(match.group(1)), text
    )
    text = re.sub(r"(?<=\w) ([<>]) (?=\w)", lambda match: worded(match.group(1)), text)
    text = re.sub(r"(?<=\d)\+(?!\w)", worded("+"), text)
    text = re.sub(r"(?<![\w])[~≈](?=\s?\d)", f"{signs.get('~', '')} ", text)
    text = re.sub(r"(?<=\d)[~〜～](?=\d)", f"{joiner}{lexicon.to}{joiner}", text)
    text = re.sub(r"(?<!\w)(?:#(?=\d)|№\s?)", f"{signs.get('#', '')}{joiner}", text)
    text = re.sub(r"[%‰]", lambda match: worded(match.group()), text)
    return re.sub(r"\s*&\s*", worded("&") if "&" in signs else " ", text)


def without_names_marks(text: str) -> str:
    """Say "@sam" and "#MyMusic" as "sam" and "My Music"."""
    if "@" not in text and "#" not in text:
        return text
    text = re.sub(r"(?<!\w)#([^\W\d_]\w*)", lambda match: _hashtag(match.group(1)), text)
    return re.sub(r"(?<!\w)[@#](?=[^\W_])", "", text)


def _hashtag(tag: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])|_", " ", tag)


def _vulgar_fraction(match: re.Match[str]) -> str:
    upper, lower = unicodedata.normalize("NFKC", match.group(2)).split("\u2044")
    return f"{match.group(1)} {upper}/{lower}" if match.group(1) else f"{upper}/{lower}"


def _plain(char: str) -> str:
    if char in _KEPT or char in "²³ºª，！？；" or "\u3130" <= char <= "\u318f":
        return char
    category = unicodedata.category(char)
    if category in ("So", "Sk"):
        plain = unicodedata.normalize("NFKC", char)
        return plain if plain != char and all(one.isalnum() or one == "°" for one in plain) else " "
    if char in "♀♂":
        return " "
    return char if char.isascii() else unicodedata.normalize("NFKC", char)


def _is_mark_of_emoji(char: str) -> bool:
    return char in "\u200d\u20e3" or "\ufe00" <= char <= "\ufe0f" or char >= "\U000e0000"
