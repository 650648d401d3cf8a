"""Reading and writing WAV files: strict about what is broken, atomic when writing."""

from __future__ import annotations

import io
import os
import struct
import tempfile
import wave
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from backend.errors import BadInputError, StorageError
from backend.media.pcm import Pcm, to_int16, to_mono

_PCM, _FLOAT, _EXTENSIBLE = 1, 3, 0xFFFE
_WIDTHS = {_PCM: (8, 16, 24, 32), _FLOAT: (32, 64)}
STREAMED_SIZES = (0, 0xFFFFFFFF)
"""Data sizes that recorders write when they could not go back and fill in the true one."""


@dataclass(frozen=True, slots=True)
class WavContent:
    """A WAV file as it was found.

    Attributes:
        pcm: (samples,) int16 mono.
        sample_rate: Hz.
        missing_seconds: How much sound the header promises and the file does not hold.
    """

    pcm: Pcm
    sample_rate: int
    missing_seconds: float


@dataclass(frozen=True, slots=True)
class WavFormat:
    """How the samples of a WAV file are written; `block` is the bytes of all channels together."""

    encoding: int
    channels: int
    sample_rate: int
    block: int
    bits: int


def read_wav(path: Path | str) -> tuple[Pcm, int]:
    """Read a WAV file as mono.

    Returns:
        (samples,) int16 and the sample rate in Hz.

    Raises:
        BadInputError: The file is missing, empty, not a WAV, cut off, or of a kind that is not
            supported (PCM of 8 to 32 bits and float are).
    """
    content = parse_wav(path)
    if content.missing_seconds > 0:
        raise BadInputError(
            f"{Path(path).name} is cut off: {content.missing_seconds:.1f} s of its sound are"
            " missing. Copy or record it again."
        )
    return content.pcm, content.sample_rate


def parse_wav(path: Path | str) -> WavContent:
    """Read what a WAV file holds, even when its end is missing.

    Raises:
        BadInputError: As `read_wav`, except that a file which is merely cut off is read.
    """
    name = Path(path).name
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise BadInputError(f"{name} cannot be read: {error.strerror or error}.") from error
    if not data:
        raise BadInputError(f"{name} is empty (0 bytes). Choose a file with sound in it.")
    if len(data) < 12 or data[:4] != b"RIFF" or data[8:12] != b"WAVE":
        raise BadInputError(f"{name} is not a WAV file. Choose a WAV recording.")
    return _parse_chunks(name, data)


def _parse_chunks(name: str, data: bytes) -> WavContent:
    """Walk the RIFF chunks to the format and the samples."""
    form: WavFormat | None = None
    at = 12
    while at + 8 <= len(data):
        kind, size = data[at : at + 4], struct.unpack_from("<I", data, at + 4)[0]
        body = at + 8
        if kind == b"fmt ":
            form = parse_format(name, data[body : body + size])
        elif kind == b"data":
            if form is None:
                break
            held = len(data) - body
            wanted = held if size in STREAMED_SIZES else size
            samples = decode_samples(name, form, data[body : body + min(wanted, held)])
            missing = max(0, wanted - held) / (form.block * form.sample_rate)
            if not len(samples):
                raise BadInputError(f"{name} holds no sound. Choose a file with sound in it.")
            return WavContent(to_mono(samples), form.sample_rate, missing)
        at = body + size + (size & 1)
    raise BadInputError(broken_header(name))


def parse_format(name: str, body: bytes) -> WavFormat:
    """Read a `fmt ` chunk; an extensible one names its true encoding in its GUID."""
    if len(body) < 16:
        raise BadInputError(broken_header(name))
    encoding, channels, rate, _, block, bits = struct.unpack_from("<HHIIHH", body)
    if encoding == _EXTENSIBLE and len(body) >= 26:
        encoding = struct.unpack_from("<H", body, 24)[0]
    known = bits in _WIDTHS.get(encoding, ()) and block == channels * bits // 8
    if not known or channels < 1 or rate < 1:
        raise BadInputError(
            f"{name} is a WAV of a kind that is not supported (encoding {encoding}, {bits} bits,"
            f" {channels} channels). Save it as 16-bit PCM."
        )
    return WavFormat(encoding, channels, rate, block, bits)


def decode_samples(name: str, form: WavFormat, raw: bytes) -> NDArray[np.int16]:
    """Turn sample bytes to (samples, channels) int16."""
    raw = raw[: len(raw) // form.block * form.block]
    if form.encoding == _FLOAT:
        values = np.frombuffer(raw, "<f4" if form.bits == 32 else "<f8").astype(np.float64)
        if not np.isfinite(values).all():
            raise BadInputError(f"{name} holds samples that are not numbers. Export it again.")
        flat = to_int16(values)
    elif form.bits == 8:
        flat = ((np.frombuffer(raw, np.uint8).astype(np.int16) - 128) << 8).astype(np.int16)
    elif form.bits == 16:
        flat = np.frombuffer(raw, "<i2").astype(np.int16)
    else:
        # Little-endian: the two highest bytes of a wider sample are its 16-bit value.
        width = form.bits // 8
        parts = np.frombuffer(raw, np.uint8).reshape(-1, width)[:, width - 2 :]
        flat = np.ascontiguousarray(parts).view("<i2").ravel().astype(np.int16)
    return flat.reshape(-1, form.channels)


def write_wav(path: Path | str, pcm: Pcm, sample_rate: int) -> None:
    """Write (samples,) int16 mono as a 16-bit WAV file.

    The file appears whole or not at all: it is written beside its place, flushed to the disk and
    moved there.

    Raises:
        StorageError: The folder cannot be written or the disk is full.
    """
    target = Path(path)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    except OSError as error:
        raise StorageError(_cannot_write(target, error)) from error
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(wav_bytes(pcm, sample_rate))
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(target)
    except OSError as error:
        raise StorageError(_cannot_write(target, error)) from error
    finally:
        Path(temporary).unlink(missing_ok=True)


def wav_bytes(pcm: Pcm, sample_rate: int) -> bytes:
    """(samples,) int16 mono as the bytes of a 16-bit WAV file."""
    memory = io.BytesIO()
    with wave.open(memory, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(sample_rate)
        writer.writeframes(np.ascontiguousarray(pcm, "<i2").tobytes())
    return memory.getvalue()


def broken_header(name: str) -> str:
    """The sentence for a file that ends before its sound."""
    return f"{name} is cut off: its header is not complete. Copy or record it again."


def _cannot_write(target: Path, error: OSError) -> str:
    reason = error.strerror or str(error)
    return f"{target} cannot be written: {reason}. Choose another folder or free some space."
