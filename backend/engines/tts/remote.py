"""What voices on a server share: sound that arrives in pieces becomes chunks of speech."""

from __future__ import annotations

import threading
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from typing import TYPE_CHECKING

import numpy as np
import soxr

from backend.engines.base import Pcm, SpeechChunk, SpeechRequest
from backend.engines.http.call_loop import AbandonedError, CallLoop
from backend.errors import EngineError

if TYPE_CHECKING:
    from backend.media.tempo import TempoStream

SPEECH_RATE = 48_000
"""Sample rate of the chunks, Hz: what is played, so that nothing resamples a piece by itself."""
MAX_SECONDS = 300.0
"""The longest sound of one request; a server that goes on is cut off."""
MOST_SEMITONES = 4.0
LEAST_SPEED, MOST_SPEED = 0.8, 1.25
"""How far finished sound is changed: beyond it, it no longer sounds like the voice."""

_FIRST_S = 0.2
_LONGEST_S = 1.6


class ChunkMaker:
    """Collects the samples of one sound and gives them out in chunks.

    The first chunk is short, so that it sounds early; each further one is twice as long, up to
    1.6 s, because each costs a search for its phonemes. The sound is resampled in one stream, so
    that chunks join without a click.

    Args:
        server: Its name, for error messages.
        rate: Sample rate of the sound, Hz.
        pitch: Factor by which the sound is played faster: raises pitch and formants.
        tempo: Factor by which it is made faster before, at the same pitch.
    """

    def __init__(self, server: str, rate: int, pitch: float = 1.0, tempo: float = 1.0) -> None:
        self._server = server
        self._tempo = _tempo_stream(rate, tempo) if tempo != 1.0 else None
        self._resampler = soxr.ResampleStream(
            rate * pitch, SPEECH_RATE, 1, dtype="int16", quality="HQ"
        )
        self._parts: list[Pcm] = []
        self._held = 0
        self._wanted = round(_FIRST_S * SPEECH_RATE)
        self._began = False
        self.seconds = 0.0

    def feed(self, pcm: Pcm) -> Iterator[SpeechChunk]:
        """Take (samples,) int16; yield a chunk when enough is there.

        Raises:
            EngineError: The sound does not end.
        """
        self._keep(self._resampler.resample_chunk(self._tempo.feed(pcm) if self._tempo else pcm))
        if self._held >= self._wanted:
            self._wanted = min(self._wanted * 2, round(_LONGEST_S * SPEECH_RATE))
            yield self._take()
        if self.seconds > MAX_SECONDS:
            raise EngineError(
                f"{self._server} does not stop speaking; it was cut off after "
                f"{MAX_SECONDS / 60:g} minutes."
            )

    def finish(self, *, broken: bool = False) -> Iterator[SpeechChunk]:
        """End the sound and yield what is left of it.

        Args:
            broken: The sound ends because of a failure. Then less than a first chunk is dropped,
                so that another voice can speak from the start.
        """
        rest = self._tempo.finish() if self._tempo else np.zeros(0, np.int16)
        self._keep(self._resampler.resample_chunk(rest, last=True))
        if self._held and (self._began or not broken):
            yield self._take(whole=not self._began and not broken)

    def _keep(self, pcm: Pcm) -> None:
        if len(pcm):
            self._parts.append(pcm)
            self._held += len(pcm)
            self.seconds += len(pcm) / SPEECH_RATE

    def _take(self, *, whole: bool = False) -> SpeechChunk:
        pcm = np.concatenate(self._parts).astype(np.int16)
        self._parts, self._held, self._began = [], 0, True
        return SpeechChunk(pcm, SPEECH_RATE, whole=whole)


def _tempo_stream(rate: int, tempo: float) -> TempoStream:
    # FFmpeg is needed by voices that are changed alone.
    from backend.media.tempo import TempoStream

    return TempoStream(rate, tempo)


def changes_to(request: SpeechRequest) -> tuple[float, float]:
    """How finished sound is changed where a server knows neither speed nor pitch.

    Returns:
        The factors `pitch` and `tempo` of `ChunkMaker`, within what still sounds like the voice.
    """
    semitones = min(max(request.pitch, -MOST_SEMITONES), MOST_SEMITONES)
    pitch = float(2.0 ** (semitones / 12.0))
    speed = min(max(request.speed, LEAST_SPEED), MOST_SPEED)
    return pitch, speed / pitch


async def as_chunks(
    sounds: AsyncIterator[tuple[Pcm, int]], server: str, pitch: float = 1.0, tempo: float = 1.0
) -> AsyncGenerator[SpeechChunk, None]:
    """Turn sound that comes in pieces into chunks of speech.

    Args:
        sounds: (samples,) int16 and its sample rate in Hz, the same for all pieces.
        server: Its name, for error messages.
        pitch: See `ChunkMaker`.
        tempo: Likewise.

    Raises:
        EngineError: The sound failed, after what came of it was given out; or none came.
    """
    maker: ChunkMaker | None = None
    try:
        async for pcm, rate in sounds:
            if maker is None:
                maker = ChunkMaker(server, rate, pitch, tempo)
            for chunk in maker.feed(pcm):
                yield chunk
    except EngineError:
        for chunk in maker.finish(broken=True) if maker else ():
            yield chunk
        raise
    for chunk in maker.finish() if maker else ():
        yield chunk
    if maker is None or not maker.seconds:
        raise EngineError(f"{server} gave no sound; check the voice and the model.")


class RemoteSpeech(Iterator[SpeechChunk]):
    """The chunks of one request, fetched step by step.

    Args:
        loop: Where the connection lives.
        chunks: The speech.
    """

    def __init__(self, loop: CallLoop, chunks: AsyncGenerator[SpeechChunk, None]) -> None:
        self._loop = loop
        self._chunks = chunks
        self._cancelled = threading.Event()

    def __next__(self) -> SpeechChunk:
        """Wait for the next chunk.

        Raises:
            EngineError: The server failed.
        """
        if self._cancelled.is_set():
            raise StopIteration
        try:
            chunk = await_next(self._loop, self._chunks, self._cancelled)
        except AbandonedError:
            chunk = None
        if chunk is None:
            raise StopIteration
        return chunk

    def cancel(self) -> None:
        """End the request, from any thread; a `next` that waits ends within 20 ms."""
        self._cancelled.set()

    def close(self) -> None:
        """End the request and close its connection."""
        self._cancelled.set()
        self._loop.run(self._chunks.aclose(), lambda: False)


def await_next(
    loop: CallLoop, chunks: AsyncGenerator[SpeechChunk, None], cancelled: threading.Event
) -> SpeechChunk | None:
    """The next chunk, or None after the last one.

    Raises:
        AbandonedError: It was cancelled.
        EngineError: The server failed.
    """

    async def step() -> SpeechChunk | None:
        return await anext(chunks, None)

    return loop.run(step(), cancelled.is_set)
