"""What the character says for words: the logic without widgets, and the dialog in a real window."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import ttkbootstrap as ttk

from backend.media.wav import wav_bytes
from config import Settings
from event_system import PLAYOUT_RATE
from frontend.api import ApiError
from frontend.pages.pronunciation_dialog import show_pronunciations
from frontend.pages.pronunciation_presenter import PronunciationPresenter
from frontend.theme import look
from tests.support.window_parts import REN_ON_AIR, Room

URL = "/api/characters/2/pronunciations"
PCM = np.arange(960, dtype=np.int16)
ROWS = [{"word": "Zoe", "say": "zoh ee"}, {"word": "ao", "say": "ah oh"}]


@pytest.fixture
def room(settings: Settings) -> Room:
    made = Room(settings)
    made.api.answers = {
        "/api/characters": REN_ON_AIR,
        URL: ROWS,
        f"{URL}/file": ROWS[:1],
        f"{URL}/file?form=csv": b"word,say\n",
        f"{URL}/file?form=json": b"[]\n",
        f"{URL}/try": {"said": "as it sounds"},
        f"{URL}/listen": wav_bytes(PCM, PLAYOUT_RATE),
    }
    return made


@pytest.fixture
def played(room: Room) -> list[bytes]:
    return room.note_clips()


@pytest.fixture
def presenter(room: Room, played: list[bytes]) -> PronunciationPresenter:
    made = PronunciationPresenter(room.context, lambda: None)
    made.open()
    return made


def test_it_shows_the_words_of_the_character_on_air(presenter: PronunciationPresenter) -> None:
    assert presenter.character == "Ren"
    assert presenter.entries == [("ao", "ah oh"), ("Zoe", "zoh ee")]


def test_a_word_is_added_changed_and_removed(presenter: PronunciationPresenter, room: Room) -> None:
    presenter.put(" ZOE ", "zo-ie")
    assert room.api.calls[-1] == (
        "PUT", URL, [{"word": "ao", "say": "ah oh"}, {"word": "ZOE", "say": "zo-ie"}],
    )  # fmt: skip
    assert presenter.note == '"ZOE" is said "zo-ie" now.'
    presenter.remove({"ao"})
    assert room.api.calls[-1][2] == [{"word": "Zoe", "say": "zoh ee"}]
    before = len(room.api.calls)
    presenter.remove({"nobody"})
    assert len(room.api.calls) == before


def test_a_refused_word_is_said_there(presenter: PronunciationPresenter, room: Room) -> None:
    room.api.answers[URL] = ApiError('Row 1: "x" has nothing to say; write how it sounds.')
    presenter.put("x", "")
    assert "nothing to say" in presenter.note
    assert len(presenter.entries) == 2


def test_a_preview_shows_and_plays_what_is_said(
    presenter: PronunciationPresenter, room: Room, played: list[bytes]
) -> None:
    presenter.listen("Hi Zoe")
    body = {"text": "Hi Zoe", "entries": [{"word": w, "say": s} for w, s in presenter.entries]}
    assert [call[1:] for call in room.api.calls[-2:]] == [
        (f"{URL}/try", body), (f"{URL}/listen", body),
    ]  # fmt: skip
    assert presenter.said == "as it sounds"
    assert played == [PCM.tobytes()]
    assert not presenter.busy
    room.api.answers[f"{URL}/listen"] = ApiError("The voice cannot be loaded.")
    presenter.listen("Hi")
    assert presenter.note == "The voice cannot be loaded."
    assert not presenter.busy


def test_files_go_in_and_out(presenter: PronunciationPresenter, room: Room, tmp_path: Path) -> None:
    presenter.save_file(tmp_path / "words.csv")
    assert (tmp_path / "words.csv").read_bytes() == b"word,say\n"
    presenter.save_file(tmp_path / "words.json")
    assert (tmp_path / "words.json").read_bytes() == b"[]\n"
    presenter.load_file(tmp_path / "words.json")
    assert presenter.entries == [("Zoe", "zoh ee")]
    assert presenter.note == "1 words were taken from words.json."
    presenter.load_file(tmp_path / "none.csv")
    assert "cannot be read" in presenter.note
    presenter.save_file(tmp_path / "words.csv" / "x.csv")
    assert "cannot be written" in presenter.note


def test_the_dialog(
    window: ttk.App,
    tk_errors: list[BaseException],
    settle: Callable[..., None],
    room: Room,
    played: list[bytes],
) -> None:
    room.context.look = look(window)
    dialog = show_pronunciations(window, room.context)
    settle(lambda: dialog.winfo_viewable())
    assert show_pronunciations(window, room.context) is dialog
    rows = dialog.table.get_children()
    assert [dialog.table.item(row, "values")[0] for row in rows] == ["ao", "Zoe"]
    dialog.table.selection_set(rows[1])
    settle(lambda: dialog.word.entry.get() == "Zoe")
    assert dialog.say.entry.get() == "zoh ee"
    dialog.say.set("zo")
    dialog.put.invoke()
    assert {"word": "Zoe", "say": "zo"} in room.api.calls[-1][2]
    dialog.listen.invoke()
    assert played == [PCM.tobytes()]
    assert not dialog.hint.winfo_manager()
    room.api.answers[URL] = []
    dialog.presenter.open()
    settle(lambda: bool(dialog.hint.winfo_ismapped()))
    room.api.answers[URL] = ROWS
    dialog.presenter.open()
    dialog.table.selection_set(dialog.table.get_children()[0])
    dialog.remove.invoke()
    assert room.api.calls[-1][0] == "PUT"
    dialog.event_generate("<Escape>")
    settle(lambda: not dialog.winfo_exists())
    assert tk_errors == []
