"""One sentence of a reply, made ready: what is shown, what is said, and what the face does."""

from __future__ import annotations

from dataclasses import dataclass

from backend.avatar.emotion import detect_emotion
from backend.speech_text.emotes import Emote, take_emotes
from backend.speech_text.pronunciation import Pronunciation
from backend.speech_text.speakable import speakable


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence that is ready to be spoken.

    Attributes:
        shown: Without its acts, for the caption.
        said: For the voice; empty when nothing in it can be said.
        emotion: Of its first act that shows one, else of its words.
        emotes: Its acts.
    """

    shown: str
    said: str
    emotion: str
    emotes: tuple[Emote, ...]


def prepare_sentence(
    text: str, language: str, pronunciations: tuple[Pronunciation, ...] = ()
) -> Sentence:
    """Make a piece of a reply ready.

    Args:
        text: As the model wrote it.
        language: BCP 47 tag of the voice.
        pronunciations: The character's own.
    """
    shown, emotes = take_emotes(text)
    named = next((emote.emotion for emote in emotes if emote.emotion), "")
    return Sentence(
        shown,
        speakable(shown, language, pronunciations),
        named or detect_emotion(shown)[0],
        emotes,
    )
