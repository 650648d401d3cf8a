"""Decoding audio files of any common kind to mono 16-bit sound."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np

from backend.errors import BadInputError, TooLargeError
from backend.media.pcm import Pcm, resample
from backend.media.wav import parse_wav

MAX_SECONDS = 1800.0
_MAX_RATE = 384_000

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class DecodedAudio:
    """The sound of a file.

    Attributes:
        pcm: (samples,) int16 mono.
        sample_rate: Hz.
        warning: One sentence for the user when the file was not whole, else empty.
    """

    pcm: Pcm
    sample_rate: int
    warning: str = ""

    @property
    def seconds(self) -> float:
        """The sound's length."""
        return len(self.pcm) / self.sample_rate


def decode_audio(path: Path | str, rate: int = 16_000, max_seconds: float = MAX_SECONDS) -> Pcm:
    """Decode a file; a warning about it goes to the log.

    Returns:
        (samples,) int16 mono at `rate` Hz.

    Raises:
        BadInputError: As `decode_file`.
    """
    decoded = decode_file(path, rate, max_seconds)
    if decoded.warning:
        _log.warning(decoded.warning)
    return decoded.pcm


def decode_file(
    path: Path | str, rate: int = 16_000, max_seconds: float = MAX_SECONDS
) -> DecodedAudio:
    """Decode a file, using what is there when its end is missing.

    Args:
        path: A WAV, MP3, FLAC, Ogg, Opus, M4A or video file.
        rate: Sample rate of the result, Hz.
        max_seconds: The longest sound that is accepted.

    Raises:
        BadInputError: The file is missing, empty, not audio, or nothing of it can be decoded.
        TooLargeError: It is longer than `max_seconds`.
    """
    source = Path(path)
    try:
        with source.open("rb") as file:
            head = file.read(12)
    except OSError as error:
        raise BadInputError(
            f"{source.name or source.resolve().name} cannot be read ({error.strerror or error})."
            " Choose a file with sound in it."
        ) from error
    if not head:
        raise BadInputError(f"{source.name} is empty (0 bytes). Choose a file with sound in it.")
    if head[:4] == b"RIFF" and head[8:12] == b"WAVE":
        decoded = _decode_wav(source, rate, max_seconds)
        if decoded is not None:
            return decoded
    return _decode_any(source, rate, max_seconds)


def _decode_wav(source: Path, rate: int, max_seconds: float) -> DecodedAudio | None:
    """Read a plain WAV; None for one with a codec in it, which FFmpeg may know."""
    # Eight bytes a sample frame is the widest common kind; a longer file is left to the decoder
    # that counts while it reads.
    if source.stat().st_size > max_seconds * _MAX_RATE * 8:
        return None
    try:
        content = parse_wav(source)
    except BadInputError as error:
        if "not supported" in error.message:
            return None
        raise
    _refuse_long(source, len(content.pcm) / content.sample_rate, max_seconds)
    warning = ""
    if content.missing_seconds > 0:
        held = len(content.pcm) / content.sample_rate
        warning = _cut_off(source, held)
    return DecodedAudio(resample(content.pcm, content.sample_rate, rate), rate, warning)


def _decode_any(source: Path, rate: int, max_seconds: float) -> DecodedAudio:
    parts: list[Pcm] = []
    seconds = 0.0
    warning = ""
    try:
        with av.open(str(source)) as file:
            if not file.streams.audio:
                raise BadInputError(f"{source.name} holds no sound. Choose an audio file.")
            resampler = av.AudioResampler(format="s16", layout="mono", rate=rate)
            try:
                for frame in file.decode(audio=0):
                    for out in resampler.resample(frame):
                        parts.append(out.to_ndarray().reshape(-1).astype(np.int16))
                        seconds += out.samples / rate
                    _refuse_long(source, seconds, max_seconds)
                parts += [
                    out.to_ndarray().reshape(-1).astype(np.int16)
                    for out in resampler.resample(None)
                ]
            except av.FFmpegError:
                if not parts:
                    raise
                warning = _cut_off(source, seconds)
    except (av.FFmpegError, OSError) as error:
        reason = error.strerror or str(error)
        raise BadInputError(
            f"{source.name} cannot be decoded as audio: {reason}. Choose a WAV, MP3, FLAC or Ogg"
            " file."
        ) from error
    if not parts:
        raise BadInputError(f"{source.name} holds no sound. Choose an audio file.")
    return DecodedAudio(np.concatenate(parts), rate, warning)


def _refuse_long(source: Path, seconds: float, max_seconds: float) -> None:
    if seconds > max_seconds:
        raise TooLargeError(
            f"{source.name} is longer than {max_seconds:.0f} s. Choose a shorter recording."
        )


def _cut_off(source: Path, seconds: float) -> str:
    return f"{source.name} is cut off; only its first {seconds:.1f} s could be used."
