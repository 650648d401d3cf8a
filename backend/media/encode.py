"""Coding sound while it is made, for clients that hear it as it comes."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import av
import numpy as np

from backend.media.pcm import Pcm

_UNKNOWN_SIZE = 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class SoundForm:
    """A form of sound.

    Attributes:
        media_type: Its MIME type.
        container: FFmpeg's name of the file format; empty where none is needed.
        codec: FFmpeg's name of the encoder.
        bit_rate: Bits a second; 0 where nothing is lost.
        options: FFmpeg's further options of the container.
    """

    media_type: str
    container: str = ""
    codec: str = ""
    bit_rate: int = 0
    options: Mapping[str, str] = field(default_factory=dict)


FORMS = {
    "mp3": SoundForm("audio/mpeg", "mp3", "libmp3lame", 96_000),
    "opus": SoundForm("audio/ogg", "ogg", "libopus", 48_000, {"page_duration": "100000"}),
    "aac": SoundForm("audio/aac", "adts", "aac", 96_000),
    "flac": SoundForm("audio/flac", "flac", "flac"),
    "wav": SoundForm("audio/wav"),
    "pcm": SoundForm("audio/pcm"),
}


class SoundEncoder(Protocol):
    """Takes (samples,) int16 mono and gives bytes."""

    def feed(self, pcm: Pcm) -> bytes:
        """Take sound; the bytes that are ready."""
        ...

    def finish(self) -> bytes:
        """End the sound; the last bytes."""
        ...


def encoder_for(form: str, rate: int) -> SoundEncoder:
    """An encoder for one of `FORMS`, at `rate` Hz mono."""
    if form == "pcm":
        return _Bare(b"")
    if form == "wav":
        return _Bare(_wav_head(rate))
    return _Coded(FORMS[form], rate)


class _Bare:
    """16-bit samples, little endian, after a head."""

    def __init__(self, head: bytes) -> None:
        self._head = head

    def feed(self, pcm: Pcm) -> bytes:
        head, self._head = self._head, b""
        return head + np.ascontiguousarray(pcm, "<i2").tobytes()

    def finish(self) -> bytes:
        return self.feed(np.zeros(0, np.int16))


def _wav_head(rate: int) -> bytes:
    """The head of a WAV whose length is not known yet, as streams have it."""
    form = struct.pack("<HHIIHH", 1, 1, rate, rate * 2, 2, 16)
    return b"".join(
        [
            b"RIFF" + struct.pack("<I", _UNKNOWN_SIZE) + b"WAVE",
            b"fmt " + struct.pack("<I", len(form)) + form,
            b"data" + struct.pack("<I", _UNKNOWN_SIZE),
        ]
    )


class _Pipe:
    """What FFmpeg writes to: no file, so that it never goes back in it."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._parts.append(bytes(data))
        return len(data)

    def take(self) -> bytes:
        data = b"".join(self._parts)
        self._parts.clear()
        return data


class _Coded:
    """A coded form, in a container that can be read while it comes."""

    def __init__(self, form: SoundForm, rate: int) -> None:
        self._pipe = _Pipe()
        self._file = av.open(
            self._pipe, "w", format=form.container, options={"flush_packets": "1", **form.options}
        )
        stream: Any = self._file.add_stream(form.codec, rate=rate, layout="mono")
        if form.bit_rate:
            stream.bit_rate = form.bit_rate
        self._stream = stream
        self._rate = rate
        self._at = 0

    def feed(self, pcm: Pcm) -> bytes:
        if len(pcm):
            frame = av.AudioFrame.from_ndarray(pcm.reshape(1, -1), "s16", "mono")
            frame.sample_rate = self._rate
            frame.pts = self._at
            self._at += len(pcm)
            self._file.mux(self._stream.encode(frame))
        return self._pipe.take()

    def finish(self) -> bytes:
        self._file.mux(self._stream.encode(None))
        self._file.close()
        return self._pipe.take()
