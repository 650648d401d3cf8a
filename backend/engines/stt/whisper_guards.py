"""What keeps Whisper from saying words that nobody said.

Whisper was trained on subtitles: over silence or noise it writes what stands there at such places
("Thanks for watching!"), and when it loses the thread it repeats itself. Each decoding comes with
three measures of that, and the sound itself gives a fourth: how much of it is voiced.
"""

from __future__ import annotations

import math
import re
import unicodedata
import zlib
from dataclasses import dataclass

import numpy as np

from backend.media.pcm import FULL_SCALE, Pcm

SAMPLE_RATE = 16_000

MAX_COMPRESSION = 2.4
MIN_LOGPROB = -1.0
MAX_NO_SPEECH = 0.6
"""The limits of the reference implementation's `transcribe` (github.com/openai/whisper)."""

QUIET_DBFS = -55.0
"""Under this level nothing is taken for speech; a whisper into a headset lies above it."""
FADED_DB = 30.0
"""So far under the loudest of the speech before it, sound is room and noise: the quietest
consonants lie some 25 dB under the vowels."""

_LEVEL_FRAME = SAMPLE_RATE // 50
_PITCH_FRAME, _PITCH_HOP = 640, 320
_PITCH_LAGS = slice(SAMPLE_RATE // 400, SAMPLE_RATE // 70)
_VOICED_CORRELATION = 0.5
_LEAST_VOICED_S = 0.25
_VOICED_S_PER_CHARACTER = 0.02

_PHRASES = frozenset(
    {
        "thank you",
        "thank you very much",
        "thank you so much",
        "thank you for watching",
        "thank you so much for watching",
        "thanks for watching",
        "thanks for listening",
        "thanks for watching and ill see you in the next video",
        "please subscribe",
        "please subscribe to my channel",
        "please like and subscribe",
        "dont forget to like and subscribe",
        "see you next time",
        "see you in the next video",
        "you",
        "bye",
        "bye bye",
        "the end",
        "ご視聴ありがとうございました",
        "ありがとうございました",
        "おやすみなさい",
        "チャンネル登録お願いします",
        "谢谢观看",
        "謝謝觀看",
        "感谢观看",
        "请不吝点赞订阅转发打赏支持明镜与点点栏目",
        "시청해주셔서 감사합니다",
        "구독과 좋아요 부탁드립니다",
        "untertitel der amaraorg community",
        "vielen dank fürs zuschauen",
        "sous titres réalisés par la communauté damaraorg",
        "merci davoir regardé cette vidéo",
        "gracias por ver el video",
        "продолжение следует",
        "спасибо за просмотр",
    }
)
_CREDITS = re.compile(
    r"\b(?:subtitles?|captions?|transcri(?:bed|ption)|untertitel|sous titres|subtítulos)\b.{0,30}"
    r"\b(?:by|von|par|por|amara|community|zdf|ard)\b"
)


@dataclass(frozen=True, slots=True)
class Decoded:
    """What one run of the model gave.

    Attributes:
        text: The words.
        language: Two-letter code that was forced or detected.
        logprob: Mean log-probability of the tokens.
        no_speech: The model's own probability that nobody spoke.
    """

    text: str
    language: str
    logprob: float
    no_speech: float

    @property
    def loops(self) -> bool:
        """Whether the text repeats itself."""
        return compression_ratio(self.text) > MAX_COMPRESSION

    @property
    def silent(self) -> bool:
        """Whether the model says itself that nobody spoke, and is not sure of its words."""
        return self.no_speech > MAX_NO_SPEECH and self.logprob < MIN_LOGPROB

    @property
    def doubtful(self) -> bool:
        """Whether a longer window may give a better text."""
        return self.loops or (self.logprob < MIN_LOGPROB and not self.silent)


def compression_ratio(text: str) -> float:
    """Bytes of the text over bytes after deflate: high when it repeats itself."""
    raw = text.encode()
    return len(raw) / len(zlib.compress(raw)) if raw else 0.0


def is_believable(decoded: Decoded, pcm: Pcm) -> bool:
    """Whether the words were said.

    Args:
        decoded: The model's result for `pcm`.
        pcm: (samples,) int16 at 16,000 Hz.
    """
    if not re.search(r"\w", decoded.text) or decoded.loops or decoded.silent:
        return False
    if not is_stock_phrase(decoded.text):
        return True
    needed = max(_LEAST_VOICED_S, _VOICED_S_PER_CHARACTER * len(decoded.text))
    return voiced_seconds(pcm) >= needed


def is_stock_phrase(text: str) -> bool:
    """Whether the text is one that Whisper writes over silence."""
    folded = unicodedata.normalize("NFKC", text).lower().replace("-", " ")
    plain = " ".join(re.sub(r"[^\w\s]", "", folded).split())
    return plain in _PHRASES or _CREDITS.search(plain) is not None


def has_sound(pcm: Pcm) -> bool:
    """Whether any 20 ms of (samples,) int16 at 16,000 Hz are above `QUIET_DBFS`, offset apart."""
    return _loudest_dbfs(pcm) > QUIET_DBFS


def fades(pcm: Pcm, at: int) -> bool:
    """Whether nobody speaks from a sample of (samples,) int16 at 16,000 Hz on, by its level."""
    loudest = _loudest_dbfs(pcm[at:])
    return loudest <= QUIET_DBFS or loudest <= _loudest_dbfs(pcm[:at]) - FADED_DB


def _loudest_dbfs(pcm: Pcm) -> float:
    """The level of the loudest 20 ms, offset apart; -120 of nothing."""
    if not len(pcm):
        return -120.0
    size = min(_LEVEL_FRAME, len(pcm))
    frames = pcm[: len(pcm) // size * size].reshape(-1, size).astype(np.float32)
    power = float(frames.var(axis=1).max()) / FULL_SCALE**2
    return 10.0 * math.log10(power + 1e-12)


def voiced_seconds(pcm: Pcm) -> float:
    """How long (samples,) int16 at 16,000 Hz have a pitch between 70 and 400 Hz.

    A frame is voiced when its autocorrelation, normalised and corrected for the overlap that
    shrinks with the lag, has a peak of at least 0.5 there.
    """
    if len(pcm) < _PITCH_FRAME:
        return 0.0
    windows = np.lib.stride_tricks.sliding_window_view(pcm, _PITCH_FRAME)[::_PITCH_HOP]
    frames = windows.astype(np.float32) / FULL_SCALE
    frames -= frames.mean(axis=1, keepdims=True)
    spectrum = np.fft.rfft(frames, 2 * _PITCH_FRAME, axis=1)
    correlation = np.fft.irfft(np.abs(spectrum) ** 2, axis=1)[:, :_PITCH_FRAME]
    energy = correlation[:, 0]
    loud = 10.0 * np.log10(energy / _PITCH_FRAME + 1e-12) > QUIET_DBFS
    overlap = 1.0 - np.arange(_PITCH_FRAME, dtype=np.float32) / _PITCH_FRAME
    peaks = (correlation / overlap)[:, _PITCH_LAGS].max(axis=1)
    voiced = loud & (peaks >= _VOICED_CORRELATION * energy)
    return float(voiced.sum()) * _PITCH_HOP / SAMPLE_RATE
