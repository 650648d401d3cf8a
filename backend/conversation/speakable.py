"""Turn written text into what a voice can say: no markup, no code, no emoji, no stage directions.

Numbers are left to the voice, which knows its language's words for them. What cannot be said at
all comes back as an empty string, so that the caller skips the piece instead of speaking noise.
"""

from __future__ import annotations

import html
import re
import unicodedata
from urllib.parse import urlsplit

DOT_WORDS = {
    "en": "dot", "de": "Punkt", "fr": "point", "es": "punto", "it": "punto", "pt": "ponto",
    "nl": "punt", "pl": "kropka", "ru": "точка", "ja": "ドット", "ko": "닷", "zh": "点",
}  # fmt: skip
AT_WORDS = {
    "en": "at", "de": "ät", "fr": "arobase", "es": "arroba", "it": "chiocciola", "pt": "arroba",
    "nl": "apenstaartje", "pl": "małpa", "ru": "собака", "ja": "アット", "ko": "골뱅이",
    "zh": "艾特",
}  # fmt: skip
AND_WORDS = {
    "en": "and", "de": "und", "fr": "et", "es": "y", "it": "e", "pt": "e", "nl": "en", "pl": "i",
    "ru": "и",
}  # fmt: skip

_FENCED = re.compile(r"```.*?(?:```|\Z)|~~~.*?(?:~~~|\Z)", re.S)
_IMAGE = re.compile(r"!\[([^\]]*)\]\([^)\s]*[^)]*\)")
_LINK = re.compile(r"\[([^\]]+)\]\((?:[^()]|\([^()]*\))*\)")
_URL = re.compile(r"\b(?:https?://|www\.)[^\s<>\"'」』）]+", re.I)
_EMAIL = re.compile(r"\b([\w.+-]+)@((?:[\w-]+\.)+[A-Za-z]{2,})\b")
_TAG = re.compile(r"</?[A-Za-z][^<>]*>|<!--.*?-->", re.S)
_INLINE_CODE = re.compile(r"`([^`\n]*)`")
_RULE = re.compile(r"^[ \t]*(?:[-*_=][ \t]*){3,}$", re.M)
_LINE_START = re.compile(r"^[ \t]*(?:#{1,6}[ \t]+|>[ \t]?|[-*+•][ \t]+(?:\[[ xX]\][ \t]+)?)+", re.M)
_TABLE_RULE = re.compile(r"^[ \t]*\|?[ \t:|-]*-{2,}[ \t:|-]*$", re.M)
_STARS = re.compile(r"(?<!\*)\*(?!\*)\s*([^*\n]+?)\s*\*(?!\*)")
_STAGE_BRACKETS = re.compile(
    r"\[(?:[a-z]+(?:s|ing)|sigh|laugh(?:ter)?|pause|music|applause)(?: [a-z ]{1,30})?\]"
)
_SHORTCODE = re.compile(r"(?<![\w:]):[a-z][a-z0-9_+-]{1,30}:(?!\w)")
_EMOTICON = re.compile(
    r"(?<!\S)(?:[:;=8xX][-'^o]?[)(\]\[DPp3OoSs/\\|*><]|<3+|</3|[\^>TouO][._-]{1,3}[\^<TouO]|\^\^"
    r"|[xX]D+|¯\\_\(ツ\)_/¯)(?=\s|[.,!?]|$)"
)
_EMPHASIS = re.compile(r"(\*\*\*|\*\*|__|~~|\|\|)(?=\S)(.+?)(?<=\S)\1", re.S)
_UNDERSCORES = re.compile(r"(?<!\w)_(\S(?:[^_\n]*\S)?)_(?!\w)")
_KEYCAP = re.compile(r"([0-9#*])\ufe0f?\u20e3")
_BEFORE_POINT = re.compile(r"\s+([,.!?;:…)\]])")
_AFTER_SENTENCE = frozenset('.!?…。！？:;)"”\n')
_KEPT_SYMBOLS = frozenset("+-=<>%$€£¥₩₹°&@#^/|~×÷±√≈≠≤≥")


def speakable(text: str, language: str = "en") -> str:
    """What a voice should say for `text`.

    Args:
        text: One piece of a reply, possibly with Markdown, HTML, emoji or stage directions.
        language: BCP 47 tag; chooses the words for "." and "@" in addresses and for "&".

    Returns:
        Plain text on one line, or an empty string when nothing can be said.
    """
    tongue = language.split("-")[0].lower()
    text = _FENCED.sub(" ", text)
    text = html.unescape(text)
    text = _without_links(text, tongue)
    text = _TAG.sub(" ", text)
    text = _INLINE_CODE.sub(
        lambda match: match.group(1) if len(match.group(1)) <= 40 else " ", text
    )
    text = _without_block_marks(text)
    text = _STARS.sub(_star_words, text)
    text = _STAGE_BRACKETS.sub(" ", text)
    text = _without_pictures(text)
    text = _without_inline_marks(text)
    text = _with_spoken_symbols(text, tongue)
    return _tidy(text)


def _without_links(text: str, tongue: str) -> str:
    text = _IMAGE.sub(r"\1", text)
    text = _LINK.sub(r"\1", text)
    text = _URL.sub(lambda match: _spoken_address(match.group(), tongue), text)
    at, dot = AT_WORDS.get(tongue, "@"), DOT_WORDS.get(tongue, ".")
    return _EMAIL.sub(
        lambda match: f"{match.group(1)} {at} {match.group(2).replace('.', f' {dot} ')}", text
    )


def _spoken_address(url: str, tongue: str) -> str:
    """The host of an address as people say it ("twitch dot tv"), with the stop that followed it."""
    stripped = url.rstrip(".,;:!?)]}*_")
    try:
        host = urlsplit(stripped if "://" in stripped else f"//{stripped}").hostname or ""
    except ValueError:
        host = ""
    host = host[4:] if host.startswith("www.") else host
    dot = DOT_WORDS.get(tongue, ".")
    return host.replace(".", f" {dot} ") + url[len(stripped) :]


def _without_block_marks(text: str) -> str:
    text = _TABLE_RULE.sub(" ", text)
    text = _RULE.sub(" ", text)
    text = _LINE_START.sub("", text)
    return re.sub(
        r"^[ \t]*\|(.*)\|[ \t]*$", lambda row: row.group(1).replace("|", ","), text, flags=re.M
    )


def _star_words(match: re.Match[str]) -> str:
    """Nothing for a stage direction (*waves*), the words for an emphasis (*really*)."""
    words = match.group(1).split()
    before = match.string[: match.start()].rstrip(" \t*_~")
    set_apart = not before or before[-1] in _AFTER_SENTENCE or _is_picture(before[-1])
    acts = bool(words) and bool(re.fullmatch(r"[a-z]{2,}(?:s|ing)[,.]?", words[0], re.I))
    if acts and words[0].lower() not in ("yes", "this", "always", "as", "is", "was", "nothing"):
        return " "
    if set_apart and len(words) > 1:
        return " "
    return match.group(1)


def _is_picture(char: str) -> bool:
    if char in _KEPT_SYMBOLS:
        return False
    return unicodedata.category(char) in ("So", "Sk", "Cn") or char in "\u20e3♀♂"


def _without_pictures(text: str) -> str:
    """Drop emoji, emoticons, shortcodes and characters that have no sound."""
    text = _KEYCAP.sub(r"\1", text)
    text = _SHORTCODE.sub(" ", text)
    text = _EMOTICON.sub(" ", text)
    text = text.replace("²", " squared").replace("³", " cubed").replace("™", "").replace("©", "")
    text = unicodedata.normalize("NFKC", "".join(" " if _is_picture(c) else c for c in text))
    return "".join(_audible(char) for char in text)


def _audible(char: str) -> str:
    if char.isspace():
        return " " if char != "\n" else "\n"
    category = unicodedata.category(char)
    if category.startswith("C") or "\ufe00" <= char <= "\ufe0f":
        return ""
    return " " if _is_picture(char) else char


def _without_inline_marks(text: str) -> str:
    for _ in range(3):
        text = _EMPHASIS.sub(r"\2", text)
    text = _UNDERSCORES.sub(r"\1", text)
    text = re.sub(r"(?<=\w)_(?=\w)", " ", text)
    text = re.sub(r"(?<=\d)\s*\*\s*(?=\d)", " × ", text)
    return re.sub(r"[*_`~|\\^{}]+", " ", text)


def _with_spoken_symbols(text: str, tongue: str) -> str:
    text = re.sub(r"\s*(?:-+>|=+>|<-+|[→←⇒⇐↔➜])\s*", ", ", text)
    text = re.sub(r"(?<!\w)[@#](?=[^\W_])", "", text)
    text = re.sub(r"\s*&\s*", f" {AND_WORDS.get(tongue, '&')} ", text)
    return re.sub(r"\s+[-–—]+\s+", ", ", text)


def _tidy(text: str) -> str:
    """Join lines, calm repeated marks, and give up when no letter or digit is left."""
    lines = [line.strip() for line in text.split("\n") if any(c.isalnum() for c in line)]
    joined = " ".join(
        line if line[-1] in ".!?…,;:。！？、" or index == len(lines) - 1 else f"{line}."
        for index, line in enumerate(lines)
    )
    joined = re.sub(r"[!?]*\?[!?]*", "?", joined)
    joined = re.sub(r"!{2,}", "!", joined)
    joined = re.sub(r"\.{3,}|…+", "…", joined)
    joined = re.sub(r"([,;:、])(?:\s*\1)+", r"\1", joined)
    joined = re.sub(r"([^\W\d_])\1{3,}", r"\1\1\1", joined)
    joined = re.sub(r"\(\s*\)|\[\s*\]|\"\s*\"|“\s*”", " ", joined)
    joined = _BEFORE_POINT.sub(r"\1", re.sub(r"\s+", " ", joined))
    joined = re.sub(r"^[\s,;:.)!?\]、。-]+(?=\w)", "", joined).strip()
    return joined if any(char.isalnum() for char in joined) else ""
