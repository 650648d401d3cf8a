"""The embedded voice: espeak-ng, made as pleasant as a formant synthesizer can be.

It speaks over a hundred languages at once with nothing to download, tells the time of every
phoneme, and answers within milliseconds.
"""

from __future__ import annotations

import re
import threading
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from pydantic import Field

from backend.engines.base import (
    Availability,
    EngineOptions,
    Pcm,
    Phoneme,
    Requirement,
    SpeechChunk,
    SpeechRequest,
    Voice,
    VoiceInfo,
)
from backend.engines.tts.espeak_library import (
    EspeakLibrary,
    EspeakSettings,
    EspeakVoiceInfo,
)
from backend.errors import EngineError, UnsupportedError
from backend.media.loudness import gain_to, soft_limit
from backend.media.pcm import FULL_SCALE, fade, resample, to_int16

_FADE_SECONDS = 0.002
_MAX_PIECE = 200
_PIECE_ENDS = (
    re.compile(r"[.!?…。！？]+[\s\"'”’)]*"),
    re.compile(r"[,;:、，]\s*"),
    re.compile(r"\s+"),
)
_SILENT_CATEGORIES = frozenset({"Cc", "Cf", "Co", "Cs", "Cn", "So", "Sk"})
_RATE_LIMITS = (80, 450)
_MAX_PITCH = 99
_REGIONS = {"en": "en-us", "pt": "pt-br", "zh": "cmn", "no": "nb", "he": "he", "iw": "he"}
"""Which of several voices a bare language means: the one with most speakers."""


@dataclass(frozen=True, slots=True)
class _Manner:
    """How an emotion sounds: factors on speed and pitch range, an offset in espeak's pitch units.

    The directions follow the review by Scherer, "Vocal communication of emotion" (Speech
    Communication 40, 2003); the sizes are small, because exaggeration sounds like mockery.
    """

    speed: float = 1.0
    pitch: int = 0
    pitch_range: float = 1.0


_MANNERS: Mapping[str, _Manner] = {
    "happy": _Manner(1.06, 6, 1.25),
    "sad": _Manner(0.86, -8, 0.6),
    "angry": _Manner(1.08, 3, 1.2),
    "surprised": _Manner(1.04, 10, 1.35),
    "shy": _Manner(0.94, 4, 0.8),
    "smug": _Manner(0.92, -4, 1.1),
    "scared": _Manner(1.12, 10, 0.9),
    "tired": _Manner(0.82, -8, 0.55),
}


class EspeakVoice(Voice):
    """espeak-ng as a voice, 22,050 Hz. The instances of a process take turns in one library."""

    name: ClassVar[str] = "espeak"
    label: ClassVar[str] = "eSpeak NG"
    summary: ClassVar[str] = (
        "Speaks over 100 languages at once with nothing to download; clear, but plainly synthetic."
    )
    requires: ClassVar[tuple[Requirement, ...]] = (
        Requirement("espeakng_loader", "pip install espeakng-loader"),
    )
    embedded: ClassVar[bool] = True
    levelled: ClassVar[bool] = True
    tells_phonemes: ClassVar[bool] = True

    class Options(EngineOptions):
        """How the voice sounds when nothing else is asked for."""

        voice: str = Field("", description="espeak's name of a voice; empty: by language.")
        variant: str = Field(
            "f5", description="espeak's voice variant (f1 to f5, Annie, m3 …); empty: plain."
        )
        rate: int = Field(165, ge=80, le=400, description="Words a minute.")
        pitch: int = Field(60, ge=0, le=_MAX_PITCH, description="0 (low) to 99 (high).")
        pitch_range: int = Field(
            55, ge=0, le=_MAX_PITCH, description="0 (monotone) to 99 (sing-song)."
        )

    def __init__(self, options: Mapping[str, Any] | None = None) -> None:
        super().__init__(options)
        self._library: EspeakLibrary | None = None
        self._cancelled = threading.Event()

    def probe(self) -> Availability:
        """It runs wherever its package is installed."""
        return self.missing() or Availability(True, "Its voices are part of its Python package.")

    def load(self) -> None:
        """Load the library (about 10 ms).

        Raises:
            EngineError: It cannot be loaded.
        """
        try:
            self._library = EspeakLibrary.shared()
        except ImportError as error:
            raise EngineError(
                f"eSpeak NG cannot be loaded: {error}. Install it with pip install"
                " espeakng-loader.",
                retryable=False,
            ) from error

    def unload(self) -> None:
        """Let go of the library; it stays in memory (3 MB) for other users of this process."""
        self._library = None

    def cancel(self) -> None:
        """End the synthesis that runs now, from any thread; its chunks so far stand."""
        self._cancelled.set()

    def voices(self) -> list[VoiceInfo]:
        """One voice a language and region."""
        return [
            VoiceInfo(voice.identifier, voice.name, voice.languages[0][0])
            for voice in self._loaded().voices
            if voice.languages
        ]

    def knows(self, voice: str) -> bool:
        """Whether there is such a voice or language, with or without a variant ("en-gb+f3")."""
        try:
            self._voice_for(self._loaded(), SpeechRequest("", voice=voice))
        except EngineError:
            return False
        return True

    def synthesize(self, request: SpeechRequest) -> Iterator[SpeechChunk]:
        """Speak a text, a chunk a sentence or two.

        What cannot be spoken (control characters, emoji) is left out; a text of nothing else
        yields no chunk. An unknown emotion is spoken neutrally.

        Raises:
            EngineError: No voice speaks the language, or the library failed.
        """
        library = self._loaded()
        voice = self._voice_for(library, request)
        settings, shift = self._settings(request)
        self._cancelled.clear()
        gain: float | None = None
        for piece in split_pieces(speakable(request.text)):
            pcm, phonemes = library.synthesize(piece, voice, settings, self._cancelled.is_set)
            if self._cancelled.is_set():
                return
            if not len(pcm) or not any(phoneme.ipa for phoneme in phonemes):
                continue
            if shift != 1.0:
                pcm, phonemes = _shift_pitch(pcm, phonemes, library.sample_rate, shift)
            if gain is None:
                gain = gain_to(pcm, library.sample_rate)
            pcm = to_int16(soft_limit(pcm * np.float32(gain / FULL_SCALE)))
            # A piece may begin or end within a sound: joined to the next, it shall not click.
            pcm = fade(pcm, library.sample_rate, _FADE_SECONDS, _FADE_SECONDS)
            yield SpeechChunk(pcm, library.sample_rate, phonemes)

    @property
    def _own(self) -> EspeakVoice.Options:
        assert isinstance(self.options, EspeakVoice.Options)
        return self.options

    def _loaded(self) -> EspeakLibrary:
        if self._library is None:
            self.load()
        assert self._library is not None
        return self._library

    def _voice_for(self, library: EspeakLibrary, request: SpeechRequest) -> str:
        wanted = request.voice or self._own.voice
        base, _, variant = wanted.partition("+")
        if base:
            known = {voice.identifier.lower(): voice.identifier for voice in library.voices}
            named = known.get(base.lower()) or find_voice(library.voices, base)
            if named is None:
                raise UnsupportedError(
                    f"eSpeak NG has no voice named {base}. Choose one of its list.",
                )
        else:
            named = find_voice(library.voices, request.language or "en")
            if named is None:
                raise UnsupportedError(
                    f"eSpeak NG does not speak the language {request.language}. Choose another"
                    " voice for it.",
                )
        variant = variant or self._own.variant
        return f"{named}+{variant}" if variant else named

    def _settings(self, request: SpeechRequest) -> tuple[EspeakSettings, float]:
        """The library's settings, and the factor by which the pitch is raised afterwards."""
        manner = _MANNERS.get(request.emotion, _Manner())
        shift = 2.0 ** (min(max(request.pitch, -12.0), 12.0) / 12.0)
        speed = min(max(request.speed, 0.5), 2.0) * manner.speed
        rate = round(self._own.rate * speed / shift)
        settings = EspeakSettings(
            rate=min(max(rate, _RATE_LIMITS[0]), _RATE_LIMITS[1]),
            pitch=min(max(self._own.pitch + manner.pitch, 0), _MAX_PITCH),
            pitch_range=min(round(self._own.pitch_range * manner.pitch_range), _MAX_PITCH),
        )
        return settings, shift


def find_voice(voices: tuple[EspeakVoiceInfo, ...], language: str) -> str | None:
    """The voice for a BCP 47 tag, dropping subtags from the end until one fits.

    Returns:
        The voice's identifier, or None when not even the base language is spoken.
    """
    subtags = language.strip().replace("_", "-").lower().split("-")
    subtags = [_REGIONS.get(subtags[0], subtags[0])] if len(subtags) == 1 else subtags
    while subtags:
        tag = "-".join(subtags)
        fitting = [
            (priority, index)
            for index, voice in enumerate(voices)
            for known, priority in voice.languages
            if known == tag
        ]
        if fitting:
            return voices[min(fitting)[1]].identifier
        subtags.pop()
        if len(subtags) == 1 and subtags[0] in _REGIONS and tag != _REGIONS[subtags[0]]:
            return find_voice(voices, subtags[0])
    return None


def speakable(text: str) -> str:
    """Leave out what has no sound: control and format characters, emoji, private and unassigned."""
    kept = [
        " " if unicodedata.category(character) in _SILENT_CATEGORIES else character
        for character in text
    ]
    return " ".join("".join(kept).split())


def split_pieces(text: str, limit: int = _MAX_PIECE) -> list[str]:
    """Cut a long text where a speaker would breathe, so that no piece is longer than `limit`.

    The best cut is the last end of a sentence, else a comma, else a space, else the limit.
    """
    pieces = []
    while len(text) > limit:
        cut = limit
        for pattern in _PIECE_ENDS:
            ends = [match.end() for match in pattern.finditer(text, 0, limit)]
            if ends:
                cut = ends[-1]
                break
        pieces.append(text[:cut].strip())
        text = text[cut:].strip()
    pieces.append(text)
    return [piece for piece in pieces if piece]


def _shift_pitch(
    pcm: Pcm, phonemes: tuple[Phoneme, ...], sample_rate: int, factor: float
) -> tuple[Pcm, tuple[Phoneme, ...]]:
    """Play faster by `factor`: raises the pitch, and the formants as a smaller speaker's would be.

    espeak's own pitch setting means something else for each of its variants; this is exact.
    """
    shifted = resample(pcm, round(sample_rate * factor), sample_rate)
    scale = len(shifted) / (len(pcm) * 1.0)
    return shifted, tuple(Phoneme(p.start * scale, p.end * scale, p.ipa) for p in phonemes)
