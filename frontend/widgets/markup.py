"""The little Markdown that chat models write, as blocks that can be drawn one under the other."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

BlockKind = Literal["text", "heading", "code"]

_FENCE = re.compile(r"^\s*```")
_HEADING = re.compile(r"^#{1,6}\s+(.*)$")
_BULLET = re.compile(r"^(\s*)[-*+]\s+")
_STRONG = re.compile(r"(\*\*|__)(?=\S)(.+?)(?<=\S)\1")
_EMPHASIS = re.compile(r"(?<![\w*])\*(?=[^\s*])([^*\n]+?)(?<=[^\s*])\*(?![\w*])")
_CODE = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"\[([^\]\n]+)\]\((https?://[^)\s]+)\)")


class Block(NamedTuple):
    """A piece of a message that is drawn in one font."""

    kind: BlockKind
    text: str


def blocks(text: str) -> list[Block]:
    """Cut a message into paragraphs, headings and code; marks inside a line are taken away.

    Code keeps its text as it is. An unclosed fence, as in an answer that is still being written,
    lasts to the end.
    """
    found: list[Block] = []
    lines: list[str] = []
    code = False
    for line in text.split("\n"):
        heading = None if code else _HEADING.match(line)
        if _FENCE.match(line):
            _flush(found, lines, "code" if code else "text")
            code = not code
        elif heading:
            _flush(found, lines, "text")
            found.append(Block("heading", plain(heading[1])))
        else:
            lines.append(line if code else _BULLET.sub(r"\1• ", line))
    _flush(found, lines, "code" if code else "text")
    return found or [Block("text", "")]


def plain(line: str) -> str:
    """A line without its marks for bold, emphasis, code and links."""
    line = _STRONG.sub(r"\2", line)
    line = _EMPHASIS.sub(r"\1", line)
    line = _CODE.sub(r"\1", line)
    return _LINK.sub(r"\1 (\2)", line)


def _flush(found: list[Block], lines: list[str], kind: BlockKind) -> None:
    text = "\n".join(lines)
    text = text.strip("\n") if kind == "code" else plain(text.strip())
    if text:
        found.append(Block(kind, text))
    lines.clear()
