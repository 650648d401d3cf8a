"""One utterance at the recognisers: streaming, with a fall to the next engine at any time.

All the sound of the utterance is kept, so that the next engine can begin from the start. Partial
results are asked for by whoever wants them; only one request is under way at a time, and what was
asked before the utterance ended or was cancelled is dropped when it arrives.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, ExitStack, nullcontext
from typing import TYPE_CHECKING, cast

from backend.engines.base import EngineKind, Pcm, SpeechToText, Transcript, TranscriptionStream
from backend.engines.slot import Slot, known_error

if TYPE_CHECKING:
    from backend.engines.host import EngineHost


class Transcription:
    """An utterance under way. Methods are called from the event loop.

    Args:
        host: Who has the recognisers.
        language: BCP 47 tag, or "auto".
        detected: Told the final transcript, by a recogniser that can tell languages apart.
        guest: Whether another program asks; it comes after the conversation.

    Attributes:
        engine: The name of the recogniser that works on it; empty before the first sound.
    """

    def __init__(
        self,
        host: EngineHost,
        language: str,
        detected: Callable[[Transcript], None] = lambda transcript: None,
        *,
        guest: bool = False,
    ) -> None:
        self.engine = ""
        self._detected = detected
        self._host = host
        self._language = language
        self._sound: list[Pcm] = []
        self._fed = 0
        self._slots = host.candidates(EngineKind.STT)
        self._slot: Slot | None = None
        self._stream: TranscriptionStream | None = None
        self._busy = asyncio.Lock()
        self._closed = False
        self._guest = guest
        self._live = ExitStack()

    def feed(self, pcm: Pcm) -> None:
        """Take the next piece: (samples,) int16 mono at 16,000 Hz. It is decoded when asked for."""
        self._sound.append(pcm)

    @property
    def busy(self) -> bool:
        """Whether a request is under way; a partial result is not worth waiting for then."""
        return self._busy.locked()

    async def partial(self) -> Transcript | None:
        """What is understood so far, or None when the utterance ended meanwhile.

        Raises:
            EngineError: No recogniser can run.
        """
        found = await self._ask(lambda stream: stream.partial())
        return None if self._closed else found

    def interrupt(self) -> None:
        """Let a partial transcript that is being made end soon: a better one is wanted."""
        if self._stream is not None:
            self._stream.interrupt()

    async def speculate(self) -> Transcript | None:
        """The final transcript if it ends here, or None when it ended meanwhile.

        Raises:
            EngineError: No recogniser can run.
        """
        found = await self._ask(lambda stream: stream.speculate())
        return None if self._closed else found

    async def finalize(self) -> Transcript:
        """The final transcript.

        Raises:
            EngineError: No recogniser can run.
        """
        try:
            found = await self._ask(lambda stream: stream.finalize())
        finally:
            self._live.close()
        self._closed = True
        await self._slots.aclose()
        if self._slot is not None and not self._slot.engine.embedded:
            self._detected(found)
        return found

    async def cancel(self) -> None:
        """Drop the utterance; a decode that is under way is stopped."""
        self._closed = True
        self._live.close()
        stream = self._stream
        if stream is not None:
            # Not in the engine's thread, which may be busy with the very work that is to stop.
            await asyncio.to_thread(stream.cancel)
        async with self._busy:
            await self._slots.aclose()

    async def _ask(self, question: Callable[[TranscriptionStream], Transcript]) -> Transcript:
        async with self._busy:
            while True:
                slot = self._slot if self._stream is not None else await self._next()
                assert slot is not None
                try:
                    if self._stream is None:
                        recogniser = cast(SpeechToText, slot.engine)
                        self._stream = await slot.call(recogniser.open_stream, self._language)
                        self.engine = recogniser.name
                        self._go_first()
                    sound = self._sound[self._fed :]
                    self._fed = len(self._sound)
                    async with self._turn():
                        return await slot.call(_work, self._stream, sound, question)
                except Exception as error:
                    known = known_error(slot.engine, error)
                    if self._closed or not self._host.pass_over(slot, known):
                        raise known from error
                    self._stream, self._fed = None, 0

    def _go_first(self) -> None:
        """From the first sound to the end of the utterance, guests wait."""
        if not self._guest and not self._closed:
            self._live.close()
            self._live.enter_context(self._host.precedence[EngineKind.STT].live())

    def _turn(self) -> AbstractAsyncContextManager[None]:
        return self._host.precedence[EngineKind.STT].guest() if self._guest else nullcontext()

    async def _next(self) -> Slot:
        """The next engine that can run."""
        try:
            self._slot = await self._slots.__anext__()
        except StopAsyncIteration:
            raise self._host.none_available(EngineKind.STT) from None
        return self._slot


def _work(
    stream: TranscriptionStream,
    sound: list[Pcm],
    question: Callable[[TranscriptionStream], Transcript],
) -> Transcript:
    """In the engine's thread: give the new sound, then ask."""
    for piece in sound:
        if len(piece):
            stream.feed(piece)
    return question(stream)
