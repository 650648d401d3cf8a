"""What the character on air says for words: the list, its changes, files, and a sentence to try.

No widgets: what the dialog shows is in the attributes. Every change is stored at once.
"""

from __future__ import annotations

import json
import wave
from collections.abc import Callable
from pathlib import Path
from typing import Any

from config import KotodamaError, write_atomically
from frontend.api import ApiError
from frontend.context import AppContext
from frontend.pages.voice_presenter import NO_SOUND, clip_of

SENTENCE = "Hello, I am Kotone. Welcome to the stream!"
Entry = tuple[str, str]


class PronunciationPresenter:
    """The logic of the pronunciation dialog.

    Args:
        context: What pages may use.
        changed: Called when something that is shown changed.

    Attributes:
        character: Whose words these are.
        entries: Words and what is said for each, in alphabetical order.
        said: What the sentence that was tried becomes.
        busy: Whether a sentence is being spoken for the dialog.
        note: What went wrong or was done, in one sentence.
    """

    def __init__(self, context: AppContext, changed: Callable[[], None]) -> None:
        self.character = ""
        self.entries: list[Entry] = []
        self.said = ""
        self.busy = False
        self.note = ""
        self._context = context
        self._changed = changed
        self._number = 0

    def open(self) -> None:
        """Load the words of the character on air."""
        self._context.api.get("/api/characters", self._take_characters, self._fail)

    def close(self) -> None:
        """Nothing is shown any more."""
        self._changed = lambda: None
        self._context.player.play(b"")

    def put(self, word: str, say: str) -> None:
        """Add a word, or change what is said for one."""
        word, say = word.strip(), say.strip()
        kept = [one for one in self.entries if one[0].casefold() != word.casefold()]
        self._store([*kept, (word, say)], f'"{word}" is said "{say}" now.')

    def remove(self, words: set[str]) -> None:
        """Take words away."""
        kept = [one for one in self.entries if one[0] not in words]
        if len(kept) < len(self.entries):
            self._store(kept, "Removed.")

    def load_file(self, path: Path) -> None:
        """Replace all words by those of a CSV or JSON file."""
        try:
            data = path.read_bytes()
        except OSError as error:
            self._say(f"{path.name} cannot be read ({error.strerror}).")
            return
        self._context.api.request(
            "PUT", self._path("/file"),
            lambda rows: self._take(rows, f"{len(rows)} words were taken from {path.name}."),
            self._fail, body=data,
        )  # fmt: skip

    def save_file(self, path: Path) -> None:
        """Write the words to a CSV or JSON file, by its ending."""
        form = "json" if path.suffix.lower() == ".json" else "csv"
        self._context.api.get(
            self._path(f"/file?form={form}"), lambda data: self._write(path, data), self._fail
        )

    def listen(self, sentence: str) -> None:
        """Let the character say a sentence with these words."""
        if self.busy or not self._number:
            return
        body = {"text": sentence.strip() or SENTENCE, "entries": _rows(self.entries)}
        self.busy, self.note = True, ""
        self._changed()
        self._context.api.post(self._path("/try"), body, self._take_said, self._fail)
        self._context.api.post(self._path("/listen"), body, self._play, self._fail)

    def _path(self, rest: str = "") -> str:
        return f"/api/characters/{self._number}/pronunciations{rest}"

    def _store(self, entries: list[Entry], done: str) -> None:
        body = json.dumps(_rows(entries)).encode()
        self._context.api.request(
            "PUT", self._path(), lambda rows: self._take(rows, done), self._fail, body=body
        )

    def _take_characters(self, characters: list[dict[str, Any]]) -> None:
        active = next((one for one in characters if one["active"]), None)
        if active is not None:
            self.character, self._number = active["name"], active["id"]
            self._context.api.get(self._path(), lambda rows: self._take(rows, ""), self._fail)

    def _take(self, rows: list[dict[str, str]], note: str) -> None:
        found = [(row["word"], row["say"]) for row in rows]
        self.entries = sorted(found, key=lambda entry: entry[0].casefold())
        self._say(note)

    def _take_said(self, answer: dict[str, str]) -> None:
        self.said = answer["said"]
        self._changed()

    def _play(self, wav: bytes) -> None:
        self.busy = False
        if self._context.player.silent:
            self.note = NO_SOUND
        try:
            self._context.player.play(clip_of(wav))
        except (wave.Error, EOFError):
            self.note = "The backend's sound cannot be read; see the log."
        self._changed()

    def _write(self, path: Path, data: bytes) -> None:
        try:
            write_atomically(path, data)
        except KotodamaError as error:
            self._say(error.message)
        else:
            self._say(f"{len(self.entries)} words were written to {path.name}.")

    def _say(self, note: str) -> None:
        self.note = note
        self._changed()

    def _fail(self, error: ApiError | KotodamaError) -> None:
        self.busy = False
        self._say(error.message)


def _rows(entries: list[Entry]) -> list[dict[str, str]]:
    return [{"word": word, "say": say} for word, say in entries]
