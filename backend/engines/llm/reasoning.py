"""Keep a model's reasoning and control tokens out of what is spoken, while the text streams.

Models think aloud between tags that differ from family to family, and a tag may arrive in pieces.
The filter holds back only what could still become a tag.
"""

from __future__ import annotations

BLOCKS = {
    "<think>": "</think>",
    "<thinking>": "</thinking>",
    "<thought>": "</thought>",
    "<reasoning>": "</reasoning>",
    "[think]": "[/think]",
    "<|channel|>analysis<|message|>": "<|end|>",
    "<|channel|>commentary<|message|>": "<|end|>",
    "◁think▷": "◁/think▷",
}
"""Where reasoning begins and ends; compared without regard to case."""

SILENT = (
    *BLOCKS.values(),
    "<|start|>assistant",
    "<|channel|>final<|message|>",
    "<|return|>",
    "<|im_start|>assistant",
    "<|im_end|>",
    "<|eot_id|>",
    "<|endoftext|>",
    "</s>",
)
"""Tokens that are dropped where they stand alone."""

_OPENERS = tuple(dict.fromkeys((*BLOCKS, *SILENT)))
_STARTS = frozenset(mark[0] for mark in _OPENERS)


class ReasoningFilter:
    """Takes a reply as it streams and gives back the part that is meant for the listener."""

    def __init__(self) -> None:
        self._held = ""
        self._end = ""
        self._spoken = False

    def feed(self, text: str) -> str:
        """Take the next stretch of the reply; return what may be passed on now."""
        self._held += text
        out: list[str] = []
        while self._held and self._step(out):
            pass
        return self._without_leading_space("".join(out))

    def flush(self) -> str:
        """End the reply; return what was held back, unless it is reasoning without an end."""
        rest, self._held = ("" if self._end else self._held), ""
        self._end = ""
        return self._without_leading_space(rest)

    def _step(self, out: list[str]) -> bool:
        """Move what is certain from the held text to `out`; False when more text is needed."""
        if self._end:
            return self._skip_reasoning()
        at = next((i for i, char in enumerate(self._held) if char.lower() in _STARTS), -1)
        if at < 0:
            out.append(self._held)
            self._held = ""
            return False
        out.append(self._held[:at])
        self._held = self._held[at:]
        lowered = self._held[:40].lower()
        mark = next((mark for mark in _OPENERS if lowered.startswith(mark)), "")
        if mark:
            self._held = self._held[len(mark) :]
            self._end = BLOCKS.get(mark, "")
            return True
        if any(mark.startswith(lowered) for mark in _OPENERS):
            return False
        out.append(self._held[0])
        self._held = self._held[1:]
        return True

    def _skip_reasoning(self) -> bool:
        at = self._held.lower().find(self._end)
        if at < 0:
            self._held = self._held[-(len(self._end) - 1) :]
            return False
        self._held = self._held[at + len(self._end) :]
        self._end = ""
        return True

    def _without_leading_space(self, text: str) -> str:
        """Drop the blank lines that stand between reasoning and answer."""
        if not self._spoken:
            text = text.lstrip()
        self._spoken = self._spoken or bool(text)
        return text
