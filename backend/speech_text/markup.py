"""Take markup off a text: Markdown, code, HTML and SSML, and what is between two tables' bars."""

from __future__ import annotations

import html
import re

MAX_INLINE_CODE = 40
"""Characters; longer code between backticks is not said."""
_FENCED = re.compile(r"```.*?(?:```|\Z)|~~~.*?(?:~~~|\Z)", re.S)
_IMAGE = re.compile(r"!\[([^\]\n]{0,200})\]\([^)\n]{0,2000}\)")
_LINK = re.compile(r"\[([^\[\]\n]{1,400})\]\((?:[^()\n]|\([^()\n]{0,500}\)){0,2000}\)")
_CITATION = re.compile(r"\[\^?\d{1,3}\]")
_ALIAS = re.compile(
    r"<sub\s[^<>]{0,200}?alias\s*=\s*[\"']([^\"'<>]{1,200})[\"'][^<>]{0,200}>[^<>]{0,400}</sub>",
    re.I,
)
_BREAK = re.compile(r"<break\b[^<>]{0,200}>", re.I)
_HIDDEN = re.compile(
    r"<(script|style|think|thinking)\b[^<>]{0,200}>.{0,20000}?(?:</\1\s*>|\Z)", re.S | re.I
)
_TAG = re.compile(
    r"</?[A-Za-z][^<>]{0,2000}>|<!--.{0,20000}?-->|<\?[^<>]{0,500}>|<![A-Za-z\[][^<>]{0,500}>", re.S
)
_INLINE_CODE = re.compile(r"(?<!`)`+([^`\n]*)`+")
_RULE = re.compile(r"^[ \t]{0,20}([-*_=])(?:[ \t]{0,4}\1){2,}[ \t]*$", re.M)
_LINE_START = re.compile(
    r"^[ \t]{0,40}(?:#{1,6}[ \t]+|>[ \t]?|[-*+•‣·][ \t]+(?:\[[ xX]\][ \t]+)?){1,8}", re.M
)
_TABLE_RULE = re.compile(r"^[ \t]*\|?[ \t:|-]*-{2,}[ \t:|-]*$", re.M)
_TABLE_ROW = re.compile(r"^[ \t]*\|(.*)\|[ \t]*$", re.M)
_EMPHASIS = re.compile(r"(\*\*\*|\*\*|__|~~|\|\|)(?=\S)([^\n]{1,2000}?)(?<=\S)\1")
_UNDERSCORES = re.compile(r"(?<!\w)_(\S(?:[^_\n]{0,500}\S)?)_(?!\w)")


def without_code(text: str) -> str:
    """Drop blocks of code, unescape HTML, and keep what SSML wants said."""
    if "```" in text or "~~~" in text:
        text = _FENCED.sub(" ", text)
    if "&" in text:
        text = html.unescape(text)
    if "<" in text:
        text = _ALIAS.sub(r"\1", text)
        text = _BREAK.sub(", ", text)
        text = _HIDDEN.sub(" ", text)
    return text


def without_tags(text: str) -> str:
    """Drop the tags themselves; what they enclose stays."""
    return _TAG.sub(" ", text) if "<" in text else text


def without_links(text: str) -> str:
    """Keep the words of links and pictures; drop the marks of citations."""
    if "[" not in text:
        return text
    text = _IMAGE.sub(r"\1", text)
    return _CITATION.sub("", _LINK.sub(r"\1", text))


def without_block_marks(text: str) -> str:
    """Drop what begins a line (headings, lists, quotes), rules, and the bars of tables."""
    text = _INLINE_CODE.sub(
        lambda match: match.group(1) if len(match.group(1)) <= MAX_INLINE_CODE else " ", text
    )
    if "--" in text:
        text = _TABLE_RULE.sub(" ", text)
    text = _RULE.sub(" ", text)
    text = _LINE_START.sub("", text)
    if "|" in text:
        text = _TABLE_ROW.sub(lambda row: row.group(1).replace("|", ","), text)
    return text


def without_inline_marks(text: str) -> str:
    """Drop the marks of emphasis; what they enclose stays."""
    if not any(mark in text for mark in "*_`~|\\^{}"):
        return text
    for _ in range(3):
        text = _EMPHASIS.sub(r"\2", text)
    text = _UNDERSCORES.sub(r"\1", text)
    text = re.sub(r"(?<=\w)_(?=\w)", " ", text)
    return re.sub(r"[*_`~|\\{}]+", " ", text)
