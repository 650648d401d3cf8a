"""One utterance of the user: its words while it goes on, and the answer that it begins.

While it goes on, partial transcripts are asked for whenever the recogniser is idle. At a pause
the words so far are taken for the whole, and an answer is prepared without sound; if the
utterance really ends there, and the final words are the same, that answer goes out at once.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from backend.conversation.record import Source
from backend.conversation.self_hearing import SelfHearing
from backend.conversation.waterfall import Waterfall
from backend.engines.transcription import Transcription
from backend.errors import KotodamaError
from event_system import Event, TranscriptFinal, TranscriptInterim

A = TypeVar("A")
PARTIAL_EVERY_S = 0.4
log = logging.getLogger("kotodama.utterance")


class Answers(Protocol[A]):
    """Who prepares answers: the session."""

    def prepare(self, text: str, waterfall: Waterfall) -> A:
        """Let the character think of an answer, and let nobody see or hear it yet."""
        ...

    async def release(self, prepared: A, source: Source) -> str:
        """Let it be seen and heard."""
        ...

    async def discard(self, prepared: A) -> None:
        """Drop it."""
        ...


class Utterance(Generic[A]):
    """What one user says in one breath.

    Args:
        transcription: Where the sound goes.
        answers: Who answers.
        publish: Hears of interim and final transcripts.
        self_hearing: Tells the character's own voice.
        prefetch: Whether answers are prepared at pauses.

    Attributes:
        words: What is understood so far.
    """

    def __init__(
        self,
        transcription: Transcription,
        answers: Answers[A],
        publish: Callable[[Event], object],
        self_hearing: SelfHearing,
        *,
        prefetch: bool = True,
    ) -> None:
        self.words = ""
        self._transcription = transcription
        self._answers = answers
        self._publish = publish
        self._self_hearing = self_hearing
        self._prefetch = prefetch
        self._asked_at = time.monotonic()
        self._waterfall = Waterfall()
        self._asking: asyncio.Task[None] | None = None
        self._prepared: tuple[str, A] | None = None
        self._pausing = False

    def feed(self, pcm: NDArray[np.int16]) -> None:
        """Take sound: (samples,) int16 mono at 16,000 Hz."""
        if len(pcm):
            self._transcription.feed(pcm)
        idle = self._asking is None or self._asking.done()
        if idle and not self._pausing and time.monotonic() - self._asked_at >= PARTIAL_EVERY_S:
            self._asked_at = time.monotonic()
            self._asking = asyncio.create_task(self._ask_partial())

    def pause(self, silence: float) -> None:
        """The user pauses: look at the words, and think of an answer.

        Args:
            silence: Seconds since the last voice; the turn's waterfall begins there.
        """
        self._pausing = True
        self._waterfall = Waterfall(started=time.perf_counter() - silence)
        self._asking = asyncio.create_task(self._speculate())

    def resume(self) -> None:
        """The user goes on: what was prepared is void."""
        self._pausing = False
        prepared, self._prepared = self._prepared, None
        if prepared:
            self._asking = asyncio.create_task(self._discard(prepared[1]))

    async def commit(self) -> bool:
        """The user has finished: answer.

        Returns:
            Whether it was the character's own voice, which is not answered.

        Raises:
            KotodamaError: It could not be recognised, or the answer could not begin.
        """
        waterfall = self._waterfall if self._pausing else Waterfall()
        waterfall.mark("endpoint")
        if self._asking is not None:
            await asyncio.wait([self._asking])
        transcript = await self._transcription.finalize()
        text = transcript.text.strip()
        waterfall.mark("transcript")
        if not text:
            await self.drop()
            return False
        if self._self_hearing.judge(text):
            log.info("heard the character's own voice: %r", text)
            await self.drop()
            return True
        self._publish(TranscriptFinal(text=text))
        prepared, self._prepared = self._prepared, None
        if prepared and prepared[0] != text:
            await self._answers.discard(prepared[1])
            prepared = None
        answer = prepared[1] if prepared else self._answers.prepare(text, waterfall)
        await self._answers.release(answer, "voice")
        return False

    async def drop(self) -> bool:
        """Nothing was said after all."""
        if self._asking is not None:
            self._asking.cancel()
        prepared, self._prepared = self._prepared, None
        if prepared:
            await self._answers.discard(prepared[1])
        await self._transcription.cancel()
        return False

    async def _ask_partial(self) -> None:
        try:
            transcript = await self._transcription.partial()
        except KotodamaError as error:
            log.warning("no interim transcript: %s", error.message)
            return
        if transcript is not None and transcript.text != self.words:
            self.words = transcript.text
            self._publish(TranscriptInterim(text=self.words))

    async def _speculate(self) -> None:
        try:
            transcript = await self._transcription.speculate()
        except KotodamaError as error:
            log.warning("no early transcript: %s", error.message)
            return
        if transcript is None or not self._pausing:
            return
        self.words = transcript.text.strip()
        self._publish(TranscriptInterim(text=self.words))
        if self._prefetch and self.words and not self._self_hearing.resembles(self.words):
            self._prepared = (self.words, self._answers.prepare(self.words, self._waterfall))

    async def _discard(self, prepared: A) -> None:
        await self._answers.discard(prepared)
