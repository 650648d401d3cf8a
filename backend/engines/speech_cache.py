"""Spoken sentences on disk, so that what was said before is said again at once.

One file a sentence: its chunks as npz, never a pickle. The name is a hash of everything that
shapes the sound. The oldest used ones go when the folder grows beyond its limit.
"""

from __future__ import annotations

import hashlib
import io
import json
import logging
import os
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from backend.engines.base import Phoneme, SpeechChunk, SpeechRequest, Voice
from config import write_atomically

FORMAT = 1
LONGEST_TEXT = 300
"""Characters of a sentence that is kept: a longer one is hardly said twice."""
LONGEST_S = 30.0
_DAMAGED = (
    OSError, EOFError, ValueError, TypeError, LookupError, RuntimeError, zipfile.BadZipFile,
)  # fmt: skip
_FREED = 0.9
"""How full the folder is left when room was made."""

log = logging.getLogger("kotodama.speech_cache")


class SpeechCache:
    """The sentences that are kept.

    Args:
        folder: Where; it is made when something is kept.
        limit: Gives the most bytes that may be kept; 0 keeps nothing.
    """

    def __init__(self, folder: Path, limit: Callable[[], int]) -> None:
        self._folder = folder
        self._limit = limit
        self._size: int | None = None

    def path_of(self, voice: Voice, request: SpeechRequest) -> Path | None:
        """Where this voice's rendering of a sentence is kept, or None where it never is.

        An embedded voice is quicker than the disk.
        """
        if voice.embedded or not self._limit() or len(request.text) > LONGEST_TEXT:
            return None
        shape = [FORMAT, voice.name, voice.fingerprint(), asdict(request)]
        name = hashlib.sha256(json.dumps(shape, sort_keys=True).encode()).hexdigest()
        return self._folder / name[:2] / f"{name}.npz"

    def read(self, path: Path) -> list[SpeechChunk] | None:
        """The chunks that are kept there; None when there are none."""
        try:
            with np.load(path, allow_pickle=False) as data:
                chunks = _unpack(data)
            os.utime(path)
        except FileNotFoundError:
            return None
        except _DAMAGED as error:
            log.warning("a kept sentence is damaged and was dropped: %s", error)
            path.unlink(missing_ok=True)
            return None
        return chunks

    def keep(self, path: Path, chunks: Sequence[SpeechChunk]) -> None:
        """Keep a sentence that was synthesized to its end; a full disk is logged."""
        if not chunks or sum(chunk.seconds for chunk in chunks) > LONGEST_S:
            return
        data = _pack(_joined(chunks))
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(path, data)
        except OSError as error:
            log.warning("a sentence could not be kept: %s", error)
            return
        if self._size is None:
            self._size = sum(size for _at, size, _path in self._kept())
        else:
            self._size += len(data)
        if self._size > self._limit():
            self._make_room()

    def _kept(self) -> list[tuple[float, int, Path]]:
        """Time of last use, bytes and path of every file."""
        found = []
        for path in self._folder.glob("*/*.npz"):
            stat = path.stat()
            found.append((stat.st_mtime, stat.st_size, path))
        return found

    def _make_room(self) -> None:
        kept = sorted(self._kept())
        self._size = sum(size for _at, size, _path in kept)
        for _at, size, path in kept:
            if self._size <= self._limit() * _FREED:
                return
            path.unlink(missing_ok=True)
            self._size -= size


def _joined(chunks: Sequence[SpeechChunk]) -> Sequence[SpeechChunk]:
    """One whole chunk in place of the parts in which a sentence came."""
    rate = chunks[0].sample_rate
    if any(chunk.sample_rate != rate for chunk in chunks):
        return chunks
    phonemes: list[Phoneme] = []
    start = 0.0
    for chunk in chunks:
        phonemes += [Phoneme(p.start + start, p.end + start, p.ipa) for p in chunk.phonemes]
        start += chunk.seconds
    return [SpeechChunk(np.concatenate([chunk.pcm for chunk in chunks]), rate, tuple(phonemes))]


def _pack(chunks: Sequence[SpeechChunk]) -> bytes:
    arrays: dict[str, Any] = {"rates": np.array([chunk.sample_rate for chunk in chunks])}
    for number, chunk in enumerate(chunks):
        arrays[f"pcm{number}"] = chunk.pcm
        arrays[f"times{number}"] = np.array(
            [(one.start, one.end) for one in chunk.phonemes], np.float64
        ).reshape(-1, 2)
        arrays[f"ipa{number}"] = np.array([one.ipa for one in chunk.phonemes], np.str_)
    packed = io.BytesIO()
    np.savez(packed, **arrays)
    return packed.getvalue()


def _unpack(data: Any) -> list[SpeechChunk]:
    chunks = []
    for number, rate in enumerate(data["rates"]):
        times, symbols = data[f"times{number}"], data[f"ipa{number}"]
        phonemes = tuple(
            Phoneme(float(start), float(end), str(ipa))
            for (start, end), ipa in zip(times, symbols, strict=True)
        )
        chunks.append(SpeechChunk(data[f"pcm{number}"].astype(np.int16), int(rate), phonemes))
    return chunks
