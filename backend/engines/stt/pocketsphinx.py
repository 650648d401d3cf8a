"""Speech to text with PocketSphinx: small, English only, and nothing to download.

Its wheel carries an acoustic model, a dictionary and a language model from 2016. It makes the
whole program usable and testable at once; for real conversations a neural recogniser is better.
The decoders work in a process of their own, `pocketsphinx_child`.
"""

from __future__ import annotations

import itertools
import logging
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from backend.engines.base import (
    Availability,
    Pcm,
    Requirement,
    SpeechToText,
    Transcript,
    TranscriptionStream,
)
from backend.engines.worker import Worker, WorkerGoneError
from backend.errors import EngineError, UnsupportedError
from backend.media.pcm import FULL_SCALE

SAMPLE_RATE = 16_000
ANSWER_S = 60.0
"""A decoder that has not answered by then hangs: 20 s of speech take 6 s."""

_LEVEL_FRAME = SAMPLE_RATE // 50
_SPEECH_DBFS, _SPEECH_RANGE_DB = -55.0, 6.0
log = logging.getLogger("kotodama.engines")


class PocketsphinxRecogniser(SpeechToText):
    """The recogniser that always runs."""

    name: ClassVar[str] = "pocketsphinx"
    label: ClassVar[str] = "PocketSphinx (demo recogniser)"
    summary: ClassVar[str] = (
        "Runs at once with nothing to download; English only, and it mishears often."
    )
    requires: ClassVar[tuple[Requirement, ...]] = (
        Requirement("pocketsphinx", "pip install pocketsphinx"),
    )
    embedded: ClassVar[bool] = True

    def __init__(self, options: Mapping[str, Any] | None = None) -> None:
        super().__init__(options)
        self._worker = Worker(
            "backend.engines.stt.pocketsphinx_child", "pocketsphinx", "PocketSphinx"
        )
        self._streams = itertools.count(1)

    def probe(self) -> Availability:
        """It runs wherever its package is installed."""
        return self.missing() or Availability(True, "Its model is part of its Python package.")

    def load(self) -> None:
        """Start the process with the models (about 0.4 s).

        Raises:
            EngineError: The package or its model is broken.
        """
        self._worker.start()

    def unload(self) -> None:
        """End the process."""
        self._worker.stop()

    def open_stream(self, language: str = "en") -> TranscriptionStream:
        """Begin an utterance; several may be open at once.

        Raises:
            UnsupportedError: The language is not English.
        """
        if language.replace("_", "-").split("-")[0].lower() not in ("en", "auto", ""):
            raise UnsupportedError(
                f"PocketSphinx understands English only, not {language}. Choose another"
                " recogniser for this language.",
            )
        return _Stream(self._worker, next(self._streams))


class _Stream(TranscriptionStream):
    """One utterance: all its sound, and how much of it the process has been given.

    A process that dies is followed by another one, which gets the sound from its beginning.
    """

    def __init__(self, worker: Worker, number: int) -> None:
        self._worker = worker
        self._number = number
        self._process = 0
        self._sound: list[Pcm] = []
        self._given = 0
        self._levels: list[float] = []
        self._closed = False

    def feed(self, pcm: Pcm) -> None:
        """Take the next piece: (samples,) int16 mono at 16,000 Hz."""
        self._require_open()
        if len(pcm):
            self._sound.append(np.array(pcm, np.int16))
            self._levels += _frame_levels(pcm)

    def partial(self) -> Transcript:
        """What has been understood so far."""
        return self._ask("partial")

    def speculate(self) -> Transcript:
        """The final transcript if it ends here."""
        return self._ask("speculate")

    def finalize(self) -> Transcript:
        """End the utterance and return the final transcript."""
        try:
            return self._ask("finalize")
        finally:
            self.cancel()

    def cancel(self) -> None:
        """Drop the utterance; may be called from another thread while it is being decoded."""
        if not self._closed:
            self._closed = True
            self._sound = []
            self._tell_end()

    def _ask(self, what: str) -> Transcript:
        self._require_open()
        if not _speech_like(self._levels):
            return Transcript("")
        try:
            text = self._ask_once(what)
        except WorkerGoneError as error:
            self._require_open()
            log.warning("%s The utterance is decoded anew.", error.message)
            text = self._ask_once(what)
        finally:
            if self._closed:
                # It may have been cancelled before the question was on its way.
                self._tell_end()
        # The decoder's posterior is 1.0 however wrong the words are, so no confidence is told.
        return Transcript(text, "en")

    def _ask_once(self, what: str) -> str:
        process = self._worker.start()
        if process != self._process:
            self._process, self._given = process, 0
        new = self._sound[self._given :]
        self._given += len(new)
        sound = b"".join(piece.astype("<i2").tobytes() for piece in new)
        answer = self._worker.ask(
            process, {"ask": what, "stream": self._number}, sound, limit_s=ANSWER_S
        )
        return str(answer.head["text"])

    def _tell_end(self) -> None:
        self._worker.tell(self._process, {"ask": "cancel", "stream": self._number})

    def _require_open(self) -> None:
        if self._closed:
            raise EngineError("The utterance has ended; open a new one.", retryable=False)


def _frame_levels(pcm: Pcm) -> list[float]:
    """The level of every whole 20 ms of a piece, dBFS."""
    size = min(_LEVEL_FRAME, len(pcm))
    frames = pcm[: len(pcm) // size * size].reshape(-1, size)
    power = np.square(frames, dtype=np.float64).mean(axis=1) / FULL_SCALE**2
    levels: list[float] = (10.0 * np.log10(power + 1e-12)).tolist()
    return levels


def _speech_like(levels: list[float]) -> bool:
    """Whether the level moves as speech does; the decoder hears words in any steady noise."""
    if not levels:
        return False
    quiet, loud = np.percentile(levels, (10, 95))
    return bool(loud > _SPEECH_DBFS and loud - quiet > _SPEECH_RANGE_DB)
