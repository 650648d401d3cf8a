"""Choosing a voice: the logic without widgets, and the dialog in a real window."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import ttkbootstrap as ttk

from backend.media.wav import wav_bytes
from config import Settings
from event_system import PLAYOUT_RATE
from frontend.api import ApiError
from frontend.pages.voice_dialog import VoiceDialog, show_voices
from frontend.pages.voice_presenter import EVERY, SENTENCE, VoicePresenter
from frontend.theme import look
from tests.support.window_parts import REN_ON_AIR, Room

VOICES = [
    {"id": "piper/amy", "engine": "piper", "name": "Amy", "language": "en-US"},
    {"id": "piper/thorsten", "engine": "piper", "name": "Thorsten", "language": "de-DE"},
    {"id": "espeak/gmw/en", "engine": "espeak", "name": "English", "language": "en-gb"},
]
REN = {"voice": {"voice": "espeak/gmw/en", "language": "en", "speed": 0.95, "pitch": -2.0}}
PCM = np.arange(960, dtype=np.int16)
WAV = wav_bytes(PCM, PLAYOUT_RATE)


@pytest.fixture
def room(settings: Settings) -> Room:
    made = Room(settings)
    made.api.answers = {
        "/api/characters": REN_ON_AIR,
        "/api/characters/2": REN,
        "/api/voices": VOICES,
        "/api/tts": WAV,
    }
    return made


@pytest.fixture
def played(room: Room) -> list[bytes]:
    return room.note_clips()


@pytest.fixture
def presenter(room: Room, played: list[bytes]) -> VoicePresenter:
    made = VoicePresenter(room.context, lambda: None)
    made.open()
    return made


def test_it_opens_with_the_voice_of_the_character_on_air(presenter: VoicePresenter) -> None:
    assert presenter.character == "Ren"
    assert presenter.choices["left"].voice == "espeak/gmw/en"
    assert (presenter.choices["left"].speed, presenter.choices["left"].pitch) == (0.95, -2.0)
    assert presenter.languages == [EVERY, "de", "en"]
    assert presenter.language == "en"
    assert [one.id for one in presenter.offered()] == ["piper/amy", "espeak/gmw/en"]
    presenter.show_language(EVERY)
    assert len(presenter.offered()) == 3
    assert presenter.label("piper/amy") == "Amy (en-US), piper"
    assert presenter.label("") == "Automatic"
    assert presenter.label("espeak/gmw/en") == "English, espeak"
    assert presenter.language_name("en") == "English (en)"
    assert presenter.language_name("de") == "de", "its name is not known"
    assert presenter.language_name(EVERY) == "Every language"


def test_each_side_is_heard_with_its_own_manner(
    presenter: VoicePresenter, room: Room, played: list[bytes]
) -> None:
    presenter.choose("right", voice="piper/thorsten", speed=1.2, pitch=3.0)
    presenter.listen("right", "Guten Abend!")
    assert room.api.calls[-1][2] == {
        "text": "Guten Abend!", "voice": "piper/thorsten", "speed": 1.2, "pitch": 3.0,
        "language": "de-DE",
    }  # fmt: skip
    presenter.listen("left", "  ")
    assert room.api.calls[-1][2]["text"] == SENTENCE
    assert played == [PCM.tobytes()] * 2
    assert presenter.speaking is None


def test_one_choice_gives_the_voice(presenter: VoicePresenter, room: Room) -> None:
    presenter.choose("right", voice="piper/amy")
    presenter.use("right")
    assert room.api.calls[-1][:3] == (
        "PUT", "/api/characters/2/voice",
        {"voice": "piper/amy", "speed": 1.0, "pitch": 0.0, "language": "en"},
    )  # fmt: skip
    assert presenter.note == "Ren speaks like this now."


def test_a_voice_of_another_language_brings_its_own(presenter: VoicePresenter, room: Room) -> None:
    presenter.choose("left", voice="piper/thorsten")
    presenter.use("left")
    assert room.api.calls[-1][2]["language"] == "de-DE"


def test_what_goes_wrong_is_said_there(presenter: VoicePresenter, room: Room) -> None:
    room.api.answers["/api/tts"] = ApiError("The voice cannot be loaded.")
    presenter.listen("left", "Hello")
    assert presenter.note == "The voice cannot be loaded."
    assert presenter.speaking is None
    room.api.answers["/api/tts"] = b"no sound"
    presenter.listen("left", "Hello")
    assert "cannot be read" in presenter.note


def test_without_a_loudspeaker_it_is_said_that_nothing_is_heard(
    presenter: VoicePresenter, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    presenter.listen("left", "Hello")
    assert presenter.note == ""
    monkeypatch.setattr(type(room.context.player), "silent", property(lambda player: True))
    presenter.listen("left", "Hello")
    assert "no loudspeaker" in presenter.note


def test_the_dialog(
    window: ttk.App,
    tk_errors: list[BaseException],
    settle: Callable[..., None],
    room: Room,
    played: list[bytes],
) -> None:
    room.context.look = look(window)
    dialog = show_voices(window, room.context)
    settle(lambda: dialog.winfo_viewable())
    assert show_voices(window, room.context) is dialog
    left, right = dialog.columns["left"], dialog.columns["right"]
    assert left.voice.box.get() == "English, espeak"
    assert list(right.voice.box["values"]) == [
        "Automatic", "Amy (en-US), piper", "English, espeak",
    ]  # fmt: skip
    right.voice.box.current(1)
    right.voice.box.event_generate("<<ComboboxSelected>>")
    settle(lambda: dialog.presenter.choices["right"].voice == "piper/amy")
    dialog.sentence.entry.delete(0, "end")
    dialog.sentence.entry.insert(0, "Good evening!")
    dialog.sentence.entry.event_generate("<FocusOut>")
    right.listen.invoke()
    assert room.api.calls[-1][2]["text"] == "Good evening!"
    right.use.invoke()
    assert _put(room)["voice"] == "piper/amy"
    dialog.event_generate("<Escape>")
    settle(lambda: not any(isinstance(one, VoiceDialog) for one in window.winfo_children()))
    assert played[-1] == b"", "closing ends the sentence"


def _put(room: Room) -> dict[str, Any]:
    method, _path, body = room.api.calls[-1][:3]
    assert method == "PUT"
    return dict(body)
