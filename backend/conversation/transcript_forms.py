"""A recognised recording in the forms that programs read: subtitles, and OpenAI's JSON."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from backend.conversation.recording import Part

_UNSPACED = frozenset({"ja", "zh", "yue", "th", "lo", "my", "km"})


def joined(parts: Sequence[Part]) -> str:
    """The whole text."""
    gap = "" if parts and parts[0].language.split("-")[0] in _UNSPACED else " "
    return gap.join(part.text for part in parts)


def as_srt(parts: Sequence[Part]) -> str:
    """SubRip subtitles."""
    return "".join(
        f"{number}\n{_time(part.span.start, ',')} --> {_time(part.span.end, ',')}\n{part.text}\n\n"
        for number, part in enumerate(parts, 1)
    )


def as_vtt(parts: Sequence[Part]) -> str:
    """WebVTT subtitles: https://www.w3.org/TR/webvtt1/."""
    return "WEBVTT\n\n" + "".join(
        f"{_time(part.span.start, '.')} --> {_time(part.span.end, '.')}\n{_escaped(part.text)}\n\n"
        for part in parts
    )


def as_verbose_json(parts: Sequence[Part], seconds: float, language: str) -> dict[str, Any]:
    """OpenAI's `verbose_json`, with what the recognisers tell: no tokens, no word times."""
    return {
        "task": "transcribe",
        "language": parts[0].language if parts else language,
        "duration": round(seconds, 3),
        "text": joined(parts),
        "segments": [_segment(number, part) for number, part in enumerate(parts)],
    }


def _segment(number: int, part: Part) -> dict[str, Any]:
    told = {
        "id": number,
        "seek": round(part.span.start * 100),
        "start": round(part.span.start, 3),
        "end": round(part.span.end, 3),
        "text": part.text,
        "tokens": [],
    }
    if part.confidence is not None:
        told["avg_logprob"] = round(math.log(max(part.confidence, 1e-6)), 4)
    return told


def _time(seconds: float, point: str) -> str:
    milliseconds = round(seconds * 1000)
    minutes, milliseconds = divmod(milliseconds, 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{milliseconds // 1000:02}{point}{milliseconds % 1000:03}"


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
