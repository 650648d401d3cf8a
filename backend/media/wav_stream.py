"""Reading a WAV while it arrives, as servers send it: its length may not be known at the start."""

from __future__ import annotations

import struct

import numpy as np

from backend.errors import BadInputError
from backend.media.pcm import Pcm, to_mono
from backend.media.wav import (
    STREAMED_SIZES,
    WavFormat,
    broken_header,
    decode_samples,
    parse_format,
)

_MAX_HEADER_BYTES = 65_536
_UNKNOWN_FROM = 0x7FFFFF00
"""Sizes from here on are placeholders of writers that could not know the length."""


class WavStream:
    """Takes the bytes of one WAV file, cut anywhere, and gives its samples.

    Args:
        name: What the file is called in error messages.

    Attributes:
        format: How its samples are written; None before the header is complete.
    """

    def __init__(self, name: str) -> None:
        self.format: WavFormat | None = None
        self._name = name
        self._held = b""
        self._in_sound = False
        self._left: int | None = None

    @property
    def missing_seconds(self) -> float:
        """How much sound the header promises and has not come; 0 when it does not say."""
        if self.format is None or not self._left:
            return 0.0
        return self._left / (self.format.block * self.format.sample_rate)

    def feed(self, data: bytes) -> Pcm:
        """Take the next bytes.

        Returns:
            (samples,) int16 mono: what is complete now, at `format.sample_rate`.

        Raises:
            BadInputError: It is not a WAV, or one of a kind that is not supported.
        """
        self._held += data
        if not self._in_sound:
            self._find_sound()
        if not self._in_sound or self.format is None:
            return np.zeros(0, np.int16)
        usable = len(self._held) if self._left is None else min(len(self._held), self._left)
        usable -= usable % self.format.block
        raw, self._held = self._held[:usable], self._held[usable:]
        if self._left is not None:
            self._left -= usable
            if not self._left:
                self._held = b""
        return to_mono(decode_samples(self._name, self.format, raw))

    def finish(self) -> None:
        """Say that nothing more comes.

        Raises:
            BadInputError: The header is not complete.
        """
        if not self._in_sound:
            raise BadInputError(broken_header(self._name))

    def _find_sound(self) -> None:
        """Walk the chunks that have come, up to the samples."""
        head = self._held[:12]
        if len(head) < 12:
            return
        if head[:4] != b"RIFF" or head[8:] != b"WAVE":
            raise BadInputError(f"{self._name} is not a WAV file.")
        at = 12
        while at + 8 <= len(self._held):
            kind, size = self._held[at : at + 4], struct.unpack_from("<I", self._held, at + 4)[0]
            body = at + 8
            if kind == b"data":
                if self.format is None:
                    raise BadInputError(broken_header(self._name))
                unknown = size in STREAMED_SIZES or size >= _UNKNOWN_FROM
                self._left = None if unknown else size
                self._held, self._in_sound = self._held[body:], True
                return
            if size > _MAX_HEADER_BYTES:
                raise BadInputError(broken_header(self._name))
            if len(self._held) < body + size:
                return
            if kind == b"fmt ":
                self.format = parse_format(self._name, self._held[body : body + size])
            at = body + size + (size & 1)
        if len(self._held) > 2 * _MAX_HEADER_BYTES:
            raise BadInputError(broken_header(self._name))
