"""An utterance for recognisers that decode a piece of sound as a whole.

It keeps the sound, has it decoded anew when a partial transcript is asked for, and tells how much
of that is stable: what two successive partial transcripts agree on.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

import numpy as np

from backend.engines.base import Pcm, Transcript, TranscriptionStream
from backend.engines.stt.whisper_guards import SAMPLE_RATE, fades
from backend.engines.stt.whisper_window import LONGEST_SECONDS, Recognition, quiet_cut
from backend.errors import EngineError

AUTO = "auto"
"""The language of a stream that finds out by itself."""

_LEAST_PARTIAL = SAMPLE_RATE // 2
_LEAST_NEW = SAMPLE_RATE // 5
_SURE_OF_LANGUAGE = SAMPLE_RATE * 3 // 2
_UNSPACED = frozenset({"ja", "zh", "yue", "th", "lo", "my", "km"})


class DroppedError(Exception):
    """The utterance was dropped while it was being decoded."""


class Decode(Protocol):
    """Decodes a piece of sound as a whole."""

    def __call__(
        self, pcm: Pcm, language: str, *, patient: bool, cancelled: Callable[[], bool]
    ) -> Recognition:
        """Decode (samples,) int16 at 16,000 Hz.

        Args:
            pcm: The sound, at most `LONGEST_SECONDS`.
            language: A code, or empty to detect it.
            patient: Whether a slower second try is allowed.
            cancelled: Asked between steps.

        Raises:
            DroppedError: It was cancelled.
        """
        ...


class Utterance(TranscriptionStream):
    """One utterance.

    Args:
        decode: The recogniser.
        language: A code, or "auto" to detect it once and keep it.
        live: Whether partial transcripts are worth their cost.
    """

    def __init__(self, decode: Decode, language: str, *, live: bool = True) -> None:
        self._decode = decode
        self._language = "" if language == AUTO else language
        self._live = live
        self._sound: list[Pcm] = []
        self._samples = 0
        self._finished: list[Transcript] = []
        self._known: tuple[int, Recognition] | None = None
        self._partial = self._nothing()
        self._dropped = threading.Event()
        self._interrupted = threading.Event()
        self._closed = False

    def feed(self, pcm: Pcm) -> None:
        """Take the next piece: (samples,) int16 mono at 16,000 Hz."""
        self._require_open()
        if len(pcm) and not self._dropped.is_set():
            self._sound.append(np.array(pcm, np.int16))
            self._samples += len(pcm)

    def partial(self) -> Transcript:
        """What has been understood so far; `stable` is what the last two times agree on."""
        self._require_open()
        known = self._known[0] if self._known else 0
        if not self._live or self._samples < _LEAST_PARTIAL or self._samples - known < _LEAST_NEW:
            return self._partial
        self._interrupted.clear()
        found = self._recognise(patient=False)
        if self._interrupted.is_set() and not found.text:
            return self._partial
        stable = agreement(self._partial.text, found.text)
        self._partial = replace(found, stable=stable)
        return self._partial

    def speculate(self) -> Transcript:
        """The final transcript if the utterance ends here; kept for `finalize`."""
        self._require_open()
        return self._recognise(patient=True)

    def interrupt(self) -> None:
        """Let a partial transcript that is being decoded end between two steps."""
        self._interrupted.set()

    def finalize(self) -> Transcript:
        """End the utterance and return the final transcript."""
        self._require_open()
        try:
            return self._recognise(patient=True)
        finally:
            self._close()

    def cancel(self) -> None:
        """Drop the utterance; may be called from another thread while it is being decoded."""
        self._dropped.set()
        self._close()

    def _recognise(self, *, patient: bool) -> Transcript:
        try:
            self._finish_long_parts()
            return self._joined(self._open_part(patient=patient))
        except DroppedError:
            return self._nothing()

    def _open_part(self, *, patient: bool) -> Transcript:
        """The transcript of what is not finished, from memory where no speech was added to it."""
        sound = self._take()
        if self._known is not None:
            heard, before = self._known
            same = heard == len(sound) or fades(sound, heard)
            if same and (before.settled or not patient):
                return before.transcript
        found = self._run(sound, patient=patient)
        self._known = (len(sound), found)
        return found.transcript

    def _finish_long_parts(self) -> None:
        """Decode for good what lies before the last half minute, so that the rest stays short."""
        while self._samples > LONGEST_SECONDS * SAMPLE_RATE:
            sound = self._take()
            cut = quiet_cut(sound)
            self._finished.append(self._run(sound[:cut], patient=True).transcript)
            self._sound, self._samples = [sound[cut:]], len(sound) - cut
            self._known = None

    def _run(self, sound: Pcm, *, patient: bool) -> Recognition:
        def cancelled() -> bool:
            return self._dropped.is_set() or (not patient and self._interrupted.is_set())

        found = self._decode(sound, self._language, patient=patient, cancelled=cancelled)
        if self._dropped.is_set():
            raise DroppedError
        if found.transcript.text and len(sound) >= _SURE_OF_LANGUAGE:
            self._language = self._language or found.transcript.language
        return found

    def _joined(self, last: Transcript) -> Transcript:
        parts = [part for part in [*self._finished, last] if part.text]
        if not parts:
            return last
        gap = "" if last.language in _UNSPACED else " "
        sure = [part.confidence for part in parts if part.confidence is not None]
        return Transcript(
            gap.join(part.text for part in parts), last.language, min(sure) if sure else None
        )

    def _take(self) -> Pcm:
        """All open sound as one array, which stands in the list from then on."""
        if len(self._sound) != 1:
            whole = np.concatenate(self._sound) if self._sound else np.zeros(0, np.int16)
            self._sound = [whole]
        return self._sound[0]

    def _nothing(self) -> Transcript:
        return Transcript("", self._language or "en")

    def _require_open(self) -> None:
        # A dropped one answers with nothing: the call may have been on its way already.
        if self._closed and not self._dropped.is_set():
            raise EngineError("The utterance has ended; open a new one.", retryable=False)

    def _close(self) -> None:
        self._closed = True
        self._sound, self._samples = [], 0


def agreement(before: str, now: str) -> int:
    """How many characters at the start of `now` stand in `before` as well, in whole words.

    Where words are not spaced, single characters count.
    """
    same = 0
    while same < min(len(before), len(now)) and before[same] == now[same]:
        same += 1
    at_end = same == len(now) or (same == len(before) and not now[same].isalnum())
    if at_end or now[same].isspace() or (same and _is_unspaced(now[same - 1])):
        return same
    return len(now[:same].rsplit(None, 1)[0]) if len(now[:same].split()) > 1 else 0


def _is_unspaced(character: str) -> bool:
    """Kana, CJK ideographs and Thai."""
    return "\u3040" <= character <= "\u9fff" or "\u0e00" <= character <= "\u0e7f"
