"""Choosing a character's voice: which there are, two of them to compare, and the one it gets.

No widgets: what the dialog shows is in the attributes.
"""

from __future__ import annotations

import io
import json
import wave
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal

from config import KotodamaError
from frontend.api import ApiError
from frontend.context import AppContext

SENTENCE = "Hello! This is how I sound when I talk to you."
EVERY = "every language"
NO_SOUND = "There is no loudspeaker: connect one to hear the voice."
_NAMED_BY_LANGUAGE = "espeak"
"""The engine whose voices are named by their language and variety."""
Side = Literal["left", "right"]
SIDES: tuple[Side, Side] = ("left", "right")


@dataclass(frozen=True)
class Voice:
    """A voice as pickers show it.

    Attributes:
        language: A BCP 47 tag.
        tongue: The language's name in English, without the variety; empty where it is unknown.
    """

    id: str
    label: str
    language: str
    tongue: str = ""


@dataclass(frozen=True)
class Choice:
    """What stands on one side: a voice and its manner."""

    voice: str = ""
    speed: float = 1.0
    pitch: float = 0.0


class VoicePresenter:
    """The logic of the voice dialog.

    Args:
        context: What pages may use.
        changed: Called when something that is shown changed.

    Attributes:
        character: Who is to get a voice.
        voices: All that can speak here.
        languages: Their base languages, for the filter.
        language: The filter.
        choices: What stands on each side.
        speaking: The side whose sentence is being made; None while none is.
        note: What went wrong or was done, in one sentence.
    """

    def __init__(self, context: AppContext, changed: Callable[[], None]) -> None:
        self.character = ""
        self.voices: list[Voice] = []
        self.languages: list[str] = [EVERY]
        self.language = EVERY
        self.choices: dict[Side, Choice] = {side: Choice() for side in SIDES}
        self.speaking: Side | None = None
        self.note = ""
        self._context = context
        self._changed = changed
        self._number = 0
        self._spoken_in = ""

    def open(self) -> None:
        """Load the voices and the character on air."""
        self._context.api.get("/api/characters", self._take_characters, self._fail)
        self._context.api.get("/api/voices", self._take_voices, self._fail)

    def close(self) -> None:
        """Nothing is shown any more."""
        self._changed = lambda: None
        self._context.player.play(b"")

    def offered(self) -> list[Voice]:
        """The voices of the chosen language."""
        if self.language == EVERY:
            return self.voices
        return [one for one in self.voices if base_language(one.language) == self.language]

    def label(self, voice: str) -> str:
        """A voice for people."""
        if not voice:
            return "Automatic"
        return next((one.label for one in self.voices if one.id == voice), voice)

    def language_name(self, code: str) -> str:
        """A language of the filter for people."""
        if code == EVERY:
            return "Every language"
        named = next(
            (one.tongue for one in self.voices
             if one.tongue and base_language(one.language) == code), "",
        )  # fmt: skip
        return f"{named} ({code})" if named else code

    def _sorting_name(self, code: str) -> str:
        return self.language_name(code).casefold()

    def show_language(self, language: str) -> None:
        """Offer the voices of one language."""
        self.language = language
        self._changed()

    def choose(self, side: Side, **what: Any) -> None:
        """Put another voice, speed or pitch on a side."""
        self.choices[side] = replace(self.choices[side], **what)
        self.note = ""
        self._changed()

    def listen(self, side: Side, sentence: str) -> None:
        """Let a side be heard."""
        if self.speaking is not None:
            return
        choice = self.choices[side]
        body: dict[str, Any] = {"text": sentence.strip() or SENTENCE, **_body(choice)}
        if choice.voice:
            body["language"] = next(
                (one.language for one in self.voices if one.id == choice.voice), self._spoken_in
            )
        self.speaking, self.note = side, ""
        self._changed()
        self._context.api.post("/api/tts", body, self._play, self._fail)

    def use(self, side: Side) -> None:
        """Give the character the voice of a side."""
        choice = self.choices[side]
        body = {**_body(choice), "language": self._language_of(choice)}
        self._context.api.request(
            "PUT", f"/api/characters/{self._number}/voice",
            lambda _answer: self._say(f"{self.character} speaks like this now."),
            self._fail, body=json.dumps(body).encode(),
        )  # fmt: skip

    def _language_of(self, choice: Choice) -> str:
        """A voice of another language has to be spoken to in its own."""
        found = next((one.language for one in self.voices if one.id == choice.voice), "")
        same = base_language(found) == base_language(self._spoken_in)
        return self._spoken_in if same or not found else found

    def _take_characters(self, characters: list[dict[str, Any]]) -> None:
        active = next((one for one in characters if one["active"]), None)
        if active is None:
            return
        self.character, self._number = active["name"], active["id"]
        self._context.api.get(f"/api/characters/{self._number}", self._take_character, self._fail)
        self._changed()

    def _take_character(self, character: dict[str, Any]) -> None:
        voice = character["voice"]
        self._spoken_in = str(voice.get("language", "")) or self._context.settings.speech_language
        choice = Choice(
            str(voice.get("voice", "")),
            float(voice.get("speed", 1.0)),
            float(voice.get("pitch", 0.0)),
        )
        self.choices = {"left": choice, "right": replace(choice, pitch=0.0, speed=1.0)}
        self._filter_by(base_language(self._spoken_in))
        self._changed()

    def _take_voices(self, voices: list[dict[str, Any]]) -> None:
        self.voices = [_voice(one) for one in voices]
        spoken = {base_language(one.language) for one in self.voices if one.language}
        self.languages = [EVERY, *sorted(spoken, key=self._sorting_name)]
        self._filter_by(base_language(self._spoken_in))
        self._changed()

    def _filter_by(self, language: str) -> None:
        if language in self.languages:
            self.language = language

    def _play(self, wav: bytes) -> None:
        self.speaking = None
        if self._context.player.silent:
            self.note = NO_SOUND
        try:
            self._context.player.play(clip_of(wav))
        except (wave.Error, EOFError):
            self.note = "The backend's sound cannot be read; see the log."
        self._changed()

    def _say(self, note: str) -> None:
        self.note = note
        self._changed()

    def _fail(self, error: ApiError | KotodamaError) -> None:
        self.speaking = None
        self._say(error.message)


def base_language(tag: str) -> str:
    """The language of a BCP 47 tag, without its region."""
    return tag.replace("_", "-").split("-")[0].lower()


def _voice(row: dict[str, Any]) -> Voice:
    name, language, engine = row["name"], row["language"], row["engine"]
    if engine == _NAMED_BY_LANGUAGE:
        return Voice(row["id"], f"{name}, {engine}", language, name.split(" (")[0])
    return Voice(row["id"], f"{name} ({language}), {engine}", language)


def _body(choice: Choice) -> dict[str, Any]:
    return {"voice": choice.voice, "speed": choice.speed, "pitch": choice.pitch}


def clip_of(wav: bytes) -> bytes:
    """The samples of a WAV file.

    Raises:
        wave.Error: It is none.
        EOFError: It is cut off.
    """
    with wave.open(io.BytesIO(wav)) as file:
        return bytes(file.readframes(file.getnframes()))
