"""The sound in a server's answer: bare samples, a WAV, or a coded file; read while it arrives."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import Protocol

import numpy as np

from backend.engines.base import Pcm
from backend.engines.http.answers import error_text, looks_like_html, quoted
from backend.engines.tts.remote import MAX_SECONDS, SPEECH_RATE
from backend.errors import EngineError, KotodamaError
from backend.media.pcm import to_mono
from backend.media.wav_stream import WavStream

HEAD_BYTES = 16
"""How much of a body has to be seen to tell what it is."""

_MAX_CODED_BYTES = 32_000_000
_CODED = ("mpeg", "mp3", "mp4", "m4a", "ogg", "opus", "aac", "flac", "webm")
_CODED_HEADS = (b"OggS", b"fLaC", b"ID3")
_PARAMETER = re.compile(r";\s*(rate|channels)\s*=\s*\"?(\d{1,6})")
_RATES = range(4_000, 192_001)
_FASTEST_S_A_LETTER = 0.015
"""Below this the end must be missing; fast speech takes 0.05 s a letter, 0.025 at double speed."""


class Body(Protocol):
    """Takes the bytes of an answer and gives its sound."""

    rate: int

    def feed(self, data: bytes) -> Pcm:
        """Take bytes; (samples,) int16 mono at `rate` that are complete now."""
        ...

    def finish(self) -> Pcm:
        """Say that nothing more comes; the rest of the sound."""
        ...


class SampleBody:
    """Bare samples: 16 bits, little endian, as OpenAI sends them."""

    def __init__(self, rate: int, channels: int) -> None:
        self.rate = rate
        self._block = 2 * channels
        self._rest = b""

    @property
    def torn(self) -> bool:
        """Whether the last sample is only half there."""
        return bool(self._rest)

    def feed(self, data: bytes) -> Pcm:
        """Take bytes, cut anywhere."""
        data = self._rest + data
        usable = len(data) // self._block * self._block
        self._rest = data[usable:]
        samples = np.frombuffer(data[:usable], "<i2").astype(np.int16)
        return to_mono(samples.reshape(-1, self._block // 2))

    def finish(self) -> Pcm:
        """Nothing is left but half a sample."""
        return np.zeros(0, np.int16)


class WavBody:
    """A WAV file."""

    def __init__(self, server: str) -> None:
        self.rate = 0
        self._server = server
        self._wav = WavStream("The sound")

    def feed(self, data: bytes) -> Pcm:
        """Take bytes.

        Raises:
            EngineError: The file cannot be read.
        """
        try:
            pcm = self._wav.feed(data)
        except KotodamaError as error:
            raise _unreadable(self._server, error) from error
        if self._wav.format:
            self.rate = self._wav.format.sample_rate
        return pcm

    def finish(self) -> Pcm:
        """The file is over.

        Raises:
            EngineError: Its header promised more.
        """
        try:
            self._wav.finish()
        except KotodamaError as error:
            raise _unreadable(self._server, error) from error
        if self._wav.missing_seconds > 0:
            raise broken_off(self._server)
        return np.zeros(0, np.int16)


class CodedBody:
    """MP3, Ogg, FLAC, AAC: decoded when it is complete, because few servers stream them."""

    def __init__(self, server: str) -> None:
        self.rate = SPEECH_RATE
        self._server = server
        self._parts: list[bytes] = []
        self._size = 0

    def feed(self, data: bytes) -> Pcm:
        """Keep bytes.

        Raises:
            EngineError: There are too many.
        """
        self._parts.append(data)
        self._size += len(data)
        if self._size > _MAX_CODED_BYTES:
            raise EngineError(f"{self._server} does not stop sending; it was cut off.")
        return np.zeros(0, np.int16)

    def finish(self) -> Pcm:
        """Decode.

        Raises:
            EngineError: It is not sound.
        """
        from backend.media.decode import decode_audio

        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "sound"
            path.write_bytes(b"".join(self._parts))
            try:
                return decode_audio(path, self.rate, MAX_SECONDS)
            except KotodamaError as error:
                raise _unreadable(self._server, error) from error


def body_for(head: bytes, content_type: str, server: str, default_rate: int) -> Body:
    """What reads a body.

    Args:
        head: Its first `HEAD_BYTES`, or all of it if it is shorter.
        content_type: As the server says.
        server: Its name, for error messages.
        default_rate: Of bare samples, where the server does not tell, Hz.

    Raises:
        EngineError: It is a web page or a message, not sound.
    """
    told = content_type.lower()
    kind = told.partition(";")[0].strip()
    if kind == "text/html" or looks_like_html(head.decode("latin-1")):
        raise web_page(server)
    if kind.endswith("json") or kind.startswith("text/"):
        raise not_sound(server)
    if head[:4] == b"RIFF" and head[8:12] == b"WAVE":
        return WavBody(server)
    if head.startswith(_CODED_HEADS) or any(name in kind for name in _CODED):
        return CodedBody(server)
    if "wav" in kind:
        raise not_sound(server)
    found = {name: int(value) for name, value in _PARAMETER.findall(told)}
    rate, channels = found.get("rate", default_rate), found.get("channels", 1)
    if rate not in _RATES or channels not in (1, 2):
        raise not_sound(server)
    return SampleBody(rate, channels)


def too_short(seconds: float, text: str, speed: float) -> bool:
    """Whether a sound cannot hold its text, however fast it is spoken."""
    letters = sum(char.isalnum() for char in text)
    return letters > 10 and seconds * speed < letters * _FASTEST_S_A_LETTER


def web_page(server: str) -> EngineError:
    """A page for people answered: a wrong address, or a network that wants a sign-in."""
    return EngineError(
        f"{server} answered with a web page; check the address and whether the network wants you "
        "to sign in.",
        retryable=False,
    )


def not_sound(server: str, body: str = "") -> EngineError:
    """Something answered, but it is not sound."""
    said = quoted(error_text(body)) if body else ""
    return EngineError(
        f"{server} answered with something that is not sound{said or '; check the address'}.",
        retryable=False,
    )


def broken_off(server: str) -> EngineError:
    """The sound ended before its end."""
    return EngineError(f"{server} broke off in the middle of the sentence; try again.")


def _unreadable(server: str, error: KotodamaError) -> EngineError:
    return EngineError(f"{server} sent sound that cannot be read: {error.message}")
