"""The messages of a chat: what a bubble shows, and how stored turns become bubbles."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from event_system import Stage
from frontend.pages.stages import WORDS, own_times

Who = Literal["user", "character", "error"]
Progress = Literal["tentative", "waiting", "streaming", "done", "interrupted"]
NOTICEABLE_MS = 10.0


@dataclass
class Message:
    """One bubble.

    Attributes:
        key: Names the bubble; stable while its text grows.
        at: When, as the user's clock shows it.
        stages: Latency waterfall of an answer.
        engine: What wrote an answer.
        retry: The user's text that a Retry button sends again; empty for no button.
    """

    key: str
    who: Who
    text: str
    at: str = ""
    progress: Progress = "done"
    stages: tuple[Stage, ...] = ()
    engine: str = ""
    retry: str = ""

    @property
    def first_sound_s(self) -> float | None:
        """Seconds from the message to the first sound; None where none was made."""
        times = {stage.name: stage.at_ms for stage in self.stages}
        at = times.get("first_frame", times.get("first_audio"))
        return at / 1000 if at is not None else None

    @property
    def slowest(self) -> str:
        """The stage that took longest, in words; empty where none took noticeable time."""
        took = own_times(self.stages)
        name = max(took, key=lambda name: took[name], default="")
        if not name or took[name] < NOTICEABLE_MS:
            return ""
        return f"slowest: {WORDS.get(name, name.replace('_', ' '))}, {seconds(took[name])}"

    @property
    def meta(self) -> str:
        """The line under the bubble."""
        parts = [self.at] if self.at else []
        if self.progress == "interrupted":
            parts.append("interrupted")
        if self.progress == "tentative":
            parts.append("listening…")
        if self.first_sound_s is not None:
            parts.append(f"{seconds(1000 * self.first_sound_s)} to first sound")
        if self.slowest:
            parts.append(self.slowest)
        if self.engine:
            parts.append(self.engine)
        return " · ".join(parts)


def seconds(ms: float) -> str:
    """A time in seconds, with as many digits as one can tell apart."""
    return f"{ms / 1000:.1f} s" if ms >= 1000 else f"{ms / 1000:.2f} s"


def from_rows(rows: list[dict[str, Any]]) -> list[Message]:
    """The bubbles of chat rows as `GET /api/characters/{id}/chat` gives them."""
    messages = []
    for row in rows:
        turn, at = str(row["turn_id"] or row["id"]), _stored_clock(row)
        if row.get("user_message"):
            messages.append(Message(f"{turn}:user", "user", str(row["user_message"]), at=at))
        if row.get("character_response"):
            interrupted = bool(row.get("interrupted"))
            text = str(row["character_response"])
            messages.append(
                Message(
                    f"{turn}:character", "character", heard(text) if interrupted else text, at=at,
                    progress="interrupted" if interrupted else "done",
                    stages=tuple(Stage(**stage) for stage in row.get("stages") or ()),
                    engine=str(row.get("model") or row.get("engine") or ""),
                )
            )  # fmt: skip
    return messages


def heard(text: str) -> str:
    """What was heard of an answer that was cut short."""
    return text.rstrip() + " …"


def clock(at: float | None) -> str:
    """Hours and minutes of a time in seconds since the epoch; None is now."""
    return datetime.fromtimestamp(time.time() if at is None else at).strftime("%H:%M")


def _stored_clock(row: Mapping[str, Any]) -> str:
    """Time of a stored message: today's as hours, older ones with their day."""
    stamp = str(row.get("timestamp") or "")
    try:
        when = datetime.fromisoformat(stamp.replace("Z", "+00:00"))
    except ValueError:
        return ""
    if when.tzinfo:
        when = when.astimezone()
    today = when.date() == datetime.now().date()
    return when.strftime("%H:%M" if today else "%d %b %H:%M")
