"""Speaking a given text at once, into memory: for WAV files and videos."""

from __future__ import annotations

from dataclasses import replace

from backend.conversation.turn import Turn, VoiceChoice
from backend.conversation.waterfall import Waterfall
from backend.engines.base import Phoneme
from backend.engines.host import EngineHost
from backend.errors import BadInputError
from backend.stage.playout import Segment


class Script:
    """A playout target that keeps the segments in order, to be played or filmed later."""

    seconds_ahead = 0.0

    def __init__(self) -> None:
        self.segments: list[Segment] = []

    def add(self, segment: Segment) -> None:
        """Keep a segment."""
        self.segments.append(segment)

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


def with_choice(choice: VoiceChoice, *, voice: str, language: str) -> VoiceChoice:
    """The choice with another voice or language, where one is given."""
    return replace(
        choice, voice=voice or choice.voice, language=language or choice.language
    )
