"""Speaking a given text at once, into memory: for WAV files and videos."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from backend.avatar.pose import Mouth
from backend.conversation.turn import Turn, VoiceChoice
from backend.conversation.waterfall import Waterfall
from backend.engines.base import Phoneme
from backend.engines.host import EngineHost
from backend.errors import BadInputError
from backend.stage.playout import Segment

_SILENCE = np.zeros(0, np.int16)


class Script:
    """A playout target that keeps the segments in order, to be played or filmed later."""

    def __init__(self) -> None:
        self.segments: list[Segment] = []

    async def room_for_more(self) -> None:
        """There always is."""

    def add(self, segment: Segment) -> None:
        """Keep a segment."""
        self.segments.append(segment)

    @property
    def pcm(self) -> NDArray[np.int16]:
        """The whole speech: (samples,) int16 at `PLAYOUT_RATE`."""
        return np.concatenate([one.pcm for one in self.segments]) if self.segments else _SILENCE

    def mouth_at(self, at: float) -> Mouth:
        """The lips at a time of the script, seconds."""
        segment, into = self._at(at)
        return segment.curve.at(into) if segment else Mouth()

    def emotion_at(self, at: float) -> str:
        """The expression at a time of the script, seconds."""
        segment, into = self._at(at)
        return segment.emotion_at(into) if segment else "neutral"

    def _at(self, at: float) -> tuple[Segment | None, float]:
        """The segment at a time (the last one's end lasts on), and the seconds into it."""
        segment = None
        for segment in self.segments:
            if at < segment.seconds:
                break
            at -= segment.seconds
        else:
            at += segment.seconds if segment else 0.0
        return segment, at

    @property
    def phonemes(self) -> list[Phoneme]:
        """All phonemes, in seconds from the start of the script."""
        told: list[Phoneme] = []
        start = 0.0
        for segment in self.segments:
            told += [
                Phoneme(one.start + start, one.end + start, one.ipa) for one in segment.phonemes
            ]
            start += segment.seconds
        return told


async def speak_text(host: EngineHost, text: str, choice: VoiceChoice) -> Script:
    """Speak a text.

    Raises:
        BadInputError: Nothing in it can be spoken.
        EngineError: No voice can speak it.
    """
    script = Script()
    turn = Turn("", host, choice, lambda event: None, Waterfall(), target=script)
    reply = await turn.say(text)
    if reply.error:
        raise reply.error
    if not script.segments:
        raise BadInputError("Nothing in this text can be spoken; use words.")
    return script


def with_choice(
    choice: VoiceChoice,
    *,
    voice: str = "",
    language: str = "",
    speed: float | None = None,
    pitch: float | None = None,
) -> VoiceChoice:
    """The choice with what is given in place of its own."""
    return replace(
        choice,
        voice=voice or choice.voice,
        language=language or choice.language,
        speed=choice.speed if speed is None else speed,
        pitch=choice.pitch if pitch is None else pitch,
    )
