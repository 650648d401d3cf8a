"""Speech to text with PocketSphinx: small, English only, and nothing to download.

Its wheel carries an acoustic model, a dictionary and a language model from 2016. It makes the
whole program usable and testable at once; for real conversations a neural recogniser is better.
"""

from __future__ import annotations

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
from backend.errors import EngineError
from backend.media.pcm import FULL_SCALE

SAMPLE_RATE = 16_000

_BLOCK = SAMPLE_RATE // 50
"""The decoder keeps Python's lock while it works, so it gets 20 ms at once: the stage's pace."""
_CMN_SAMPLES = SAMPLE_RATE
_CMN_SAMPLES_WHOLE = 4 * SAMPLE_RATE
_CHEAP_SEARCH = "cheap"
_LEVEL_FRAME = SAMPLE_RATE // 50
_SPEECH_DBFS, _SPEECH_RANGE_DB = -55.0, 6.0
_DECODER_OPTIONS = {
    "samprate": float(SAMPLE_RATE),
    "loglevel": "FATAL",
    # Narrower than the defaults (30000 and no limit): 40 % less work for 2 points of word errors.
    "maxhmmpf": 3000,
    "maxwpf": 10,
}


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
        self._decoder: Any = None
        self._busy: _Stream | None = None

    def probe(self) -> Availability:
        """It runs wherever its package is installed."""
        return self.missing() or Availability(True, "Its model is part of its Python package.")

    def load(self) -> None:
        """Read the models (about 0.3 s).

        Raises:
            EngineError: The package or its model is broken.
        """
        if self._decoder is None:
            self._decoder = _new_decoder()

    def unload(self) -> None:
        """Free the models."""
        self._decoder = None
        self._busy = None

    def open_stream(self, language: str = "en") -> TranscriptionStream:
        """Begin an utterance.

        The decoder is shared; an utterance that begins while another one is open gets a decoder
        of its own.

        Raises:
            EngineError: The language is not English.
        """
        if language.replace("_", "-").split("-")[0].lower() not in ("en", ""):
            raise EngineError(
                f"PocketSphinx understands English only, not {language}. Choose another"
                " recogniser for this language.",
                retryable=False,
            )
        self.load()
        shared = self._busy is None or self._busy.closed
        if self._busy is not None and self._busy.closed:
            self._busy.release()
        stream = _Stream(self._decoder if shared else _new_decoder())
        if shared:
            self._busy = stream
        return stream


def _new_decoder() -> Any:
    try:
        from pocketsphinx import Decoder

        decoder = Decoder(**_DECODER_OPTIONS)
        decoder.add_keyphrase(_CHEAP_SEARCH, "hello")
        return decoder
    except (ImportError, RuntimeError, OSError) as error:
        raise EngineError(f"PocketSphinx cannot be loaded: {error}.", retryable=False) from error


class _Stream(TranscriptionStream):
    """One utterance.

    Decoding starts when it is needed: at the first `partial`, or at the end. Sound that was all
    fed before anything was asked is decoded in one piece, which recognises better, because the
    cepstral mean is then taken over the whole utterance. Live decoding gets its mean from the
    first second instead of from the decoder's general default.
    """

    def __init__(self, decoder: Any) -> None:
        self._decoder = decoder
        self._waiting: list[Pcm] = []
        self._levels: list[float] = []
        self._sound: list[Pcm] = []
        self._early: Transcript | None = None
        self._live = False
        self.closed = False

    def feed(self, pcm: Pcm) -> None:
        """Take the next piece: (samples,) int16 mono at 16,000 Hz."""
        self._require_open()
        if len(pcm):
            self._waiting.append(np.array(pcm, np.int16))
            self._levels += _frame_levels(pcm)
            if self._early is not None:
                # It went on after all; what was decoded to its end has to be decoded anew.
                self._early, self._waiting = None, [*self._sound, *self._waiting]
                self._sound = []

    def partial(self) -> Transcript:
        """What has been understood so far."""
        self._require_open()
        if self._early is not None:
            return self._early
        if not self._live:
            if sum(map(len, self._waiting)) < _CMN_SAMPLES:
                return Transcript("")
            self._start(_CMN_SAMPLES)
        self._decode()
        return self._hypothesis() if _speech_like(self._levels) else Transcript("")

    def speculate(self) -> Transcript:
        """The final transcript if it ends here."""
        self._require_open()
        if self._early is None:
            self._early = self._end()
        return self._early

    def finalize(self) -> Transcript:
        """End the utterance and return the final transcript."""
        self._require_open()
        try:
            return self._end() if self._early is None else self._early
        finally:
            self.closed = True
            self.release()

    def _end(self) -> Transcript:
        try:
            if self._live:
                self._decode()
            else:
                if not _speech_like(self._levels):
                    return Transcript("")
                self._start(_CMN_SAMPLES_WHOLE)
                self._decode()
            self._decoder.end_utt()
            self._live = False
            return self._hypothesis() if _speech_like(self._levels) else Transcript("")
        except RuntimeError as error:
            raise EngineError(f"PocketSphinx could not decode the speech: {error}.") from error

    def cancel(self) -> None:
        """Drop the utterance; may be called from another thread while it is being decoded."""
        self.closed = True

    def release(self) -> None:
        """Leave the decoder free for the next utterance."""
        if self._live:
            self._decoder.end_utt()
            self._live = False
        self._waiting, self._sound = [], []

    def _start(self, known: int) -> None:
        """Take the cepstral mean from the first `known` samples, then begin the utterance.

        The end of an utterance costs a search, so the sound for the mean goes to the cheap one.
        """
        head = np.concatenate(self._waiting)[:known]
        words = self._decoder.current_search()
        self._decoder.activate_search(_CHEAP_SEARCH)
        self._decoder.start_utt()
        self._decoder.process_raw(head.tobytes(), no_search=True, full_utt=True)
        mean = self._decoder.get_cmn(False)
        self._decoder.end_utt()
        self._decoder.activate_search(words)
        self._decoder.set_cmn(mean)
        self._decoder.start_utt()
        self._live = True

    def _decode(self) -> None:
        sound = self._take()
        self._sound.append(sound)
        for start in range(0, len(sound), _BLOCK):
            self._require_open()
            block = sound[start : start + _BLOCK]
            self._decoder.process_raw(block.tobytes(), no_search=False, full_utt=False)

    def _take(self) -> Pcm:
        sound = np.concatenate(self._waiting) if self._waiting else np.zeros(0, np.int16)
        self._waiting = []
        return sound

    def _hypothesis(self) -> Transcript:
        found = self._decoder.hyp()
        if found is None or not found.hypstr:
            return Transcript("")
        # The decoder's posterior is 1.0 however wrong the words are, so no confidence is told.
        return Transcript(found.hypstr, "en")

    def _require_open(self) -> None:
        if self.closed:
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
