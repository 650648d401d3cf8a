"""One utterance of the user: its words while it goes on, and the answer that it begins.

While it goes on, partial transcripts are asked for whenever the recogniser is idle, and one as
soon as the voice falls off: if that proves to be a pause, its words are already known. At a pause
the words so far are taken for the whole, and an answer is prepared without sound; if the
utterance really ends there, and the final words are the same, that answer goes out at once.
A long utterance is given to the recogniser in parts, and is one message all the same.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from backend.conversation.record import Source
from backend.conversation.self_hearing import SelfHearing, words_of
from backend.conversation.waterfall import Waterfall
from backend.engines.transcription import Transcription
from backend.errors import KotodamaError
from event_system import MICROPHONE_RATE, Event, TranscriptFinal, TranscriptInterim

A = TypeVar("A")
PARTIAL_EVERY_S = 0.44
"""Between two partial transcripts; a recogniser that is busy when somebody ends makes them wait."""
HUSHED_AFTER = MICROPHONE_RATE * 3 // 50
"""Samples (60 ms) after which quiet is more than the closure of a consonant."""
_HUSHED_GAIN = 10.0 ** (-25.0 / 20.0)
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


@dataclass(frozen=True, slots=True)
class _Prepared(Generic[A]):
    text: str
    answer: A
    waterfall: Waterfall


@dataclass
class Hush:
    """Notices that a voice has fallen off, by loudness alone: sooner than a pause is sure of.

    Attributes:
        news: Whether it has, and nobody has acted on it.
    """

    news: bool = False
    _loudest: float = 0.0
    _quiet: int = 0

    def hear(self, pcm: NDArray[np.int16]) -> None:
        """Take sound: (samples,) int16 mono at 16,000 Hz, some 20 ms."""
        level = float(np.sqrt(np.mean(np.square(pcm, dtype=np.float32))))
        self._loudest = max(self._loudest, level)
        if level > self._loudest * _HUSHED_GAIN:
            self._quiet, self.news = 0, False
            return
        before, self._quiet = self._quiet, self._quiet + len(pcm)
        if before < HUSHED_AFTER <= self._quiet:
            self.news = True


class Utterance(Generic[A]):
    """What one user says in one breath.

    Args:
        transcribe: Opens a way to the recognisers.
        answers: Who answers.
        publish: Hears of interim and final transcripts.
        self_hearing: Tells the character's own voice.
        over_voice: It began while the character spoke, so it may be her echo.
        prefetch: Whether answers are prepared at pauses.

    Attributes:
        settled: Whether it pauses, and its words so far are known.
    """

    def __init__(
        self,
        transcribe: Callable[[], Transcription],
        answers: Answers[A],
        publish: Callable[[Event], object],
        self_hearing: SelfHearing,
        *,
        over_voice: bool = False,
        prefetch: bool = True,
    ) -> None:
        self.settled = False
        self._transcribe = transcribe
        self._transcription = transcribe()
        self._answers = answers
        self._publish = publish
        self._self_hearing = self_hearing
        self._over_voice = over_voice
        self._prefetch = prefetch
        self._before = self._latest = self._shown = ""
        self._asked_at = time.monotonic()
        self._hush = Hush()
        self._interrupted = False
        self._voice_ended: float | None = None
        self._held_back: list[NDArray[np.int16]] = []
        self._earlier: list[asyncio.Task[str]] = []
        self._asking: set[asyncio.Task[None]] = set()
        self._prepared: _Prepared[A] | None = None

    @property
    def words(self) -> str:
        """What is understood so far."""
        return f"{self._before} {self._latest}".strip()

    @property
    def parts(self) -> int:
        """In how many parts it went to the recogniser so far."""
        return len(self._earlier) + 1

    def feed(self, pcm: NDArray[np.int16]) -> None:
        """Take sound: (samples,) int16 mono at 16,000 Hz."""
        if self._voice_ended is not None:
            # Silence so far: a recogniser that looked at the words already need not look again.
            self._held_back.append(pcm)
            return
        if len(pcm):
            self._transcription.feed(pcm)
            self._hush.hear(pcm)
        if self._asking:
            if self._hush.news and not self._interrupted:
                # What is being decoded lacks the last words; without it they are known sooner.
                self._interrupted = True
                self._transcription.interrupt()
        elif self._hush.news or time.monotonic() - self._asked_at >= PARTIAL_EVERY_S:
            self._ask(self._listen_in(self._transcription))

    def pause(self, silence: float) -> None:
        """The user pauses: look at the words, and think of an answer.

        Args:
            silence: Seconds since the last voice; the turn's waterfall begins there.
        """
        self._voice_ended = time.perf_counter() - silence
        self._ask(self._look_ahead(self._transcription, self._voice_ended))

    def resume(self) -> None:
        """The user goes on: what was prepared is void."""
        self._voice_ended, self.settled = None, False
        held_back, self._held_back = self._held_back, []
        for pcm in held_back:
            self._transcription.feed(pcm)
        prepared, self._prepared = self._prepared, None
        if prepared:
            self._ask(self._answers.discard(prepared.answer))

    def split(self) -> None:
        """The recogniser has to take what was said so far for itself; the utterance goes on."""
        self.resume()
        self._before, self._latest = self.words, ""
        self._earlier.append(asyncio.create_task(_final_words(self._transcription)))
        self._transcription = self._transcribe()

    async def commit(self) -> bool:
        """The user has finished: answer.

        Returns:
            Whether it was the character's own voice, which is not answered.

        Raises:
            KotodamaError: It could not be recognised, or the answer could not begin.
        """
        ended = self._voice_ended or time.perf_counter()
        endpoint = time.perf_counter()
        try:
            if self._asking:
                await asyncio.wait(self._asking)
            parts = [await part for part in self._earlier]
            parts.append(await _final_words(self._transcription))
        except BaseException:
            await self.drop()
            raise
        text = " ".join(part for part in parts if part)
        if not text:
            await self.drop()
            return False
        if self._over_voice and self._self_hearing.judge(text):
            log.info("heard the character's own voice: %r", text)
            await self.drop()
            return True
        await self._answer(text, ended, endpoint)
        return False

    async def drop(self) -> None:
        """Nothing was said after all."""
        for task in (*self._asking, *self._earlier):
            task.cancel()
        prepared, self._prepared = self._prepared, None
        if prepared:
            await self._answers.discard(prepared.answer)
        await self._transcription.cancel()
        self._show("")

    async def _answer(self, text: str, ended: float, endpoint: float) -> None:
        prepared, self._prepared = self._prepared, None
        if prepared and words_of(prepared.text) != words_of(text):
            await self._answers.discard(prepared.answer)
            prepared = None
        waterfall = prepared.waterfall if prepared else Waterfall(started=ended)
        waterfall.mark("endpoint", endpoint)
        waterfall.mark("transcript")
        text = prepared.text if prepared else text
        self._publish(TranscriptFinal(text=text))
        answer = prepared.answer if prepared else self._answers.prepare(text, waterfall)
        await self._answers.release(answer, "voice")

    def _ask(self, work: Coroutine[Any, Any, None]) -> None:
        self._asked_at = time.monotonic()
        task = asyncio.create_task(work)
        self._asking.add(task)
        task.add_done_callback(self._asking.discard)

    async def _listen_in(self, transcription: Transcription) -> None:
        again = True
        while again:
            self._hush.news = self._interrupted = False
            try:
                transcript = await transcription.partial()
            except KotodamaError as error:
                log.warning("no interim transcript: %s", error.message)
                return
            if transcript is None or transcription is not self._transcription:
                return
            self._latest = transcript.text.strip()
            self._show(self.words)
            again = self._hush.news and self._voice_ended is None

    async def _look_ahead(self, transcription: Transcription, ended: float) -> None:
        try:
            transcript = await transcription.speculate()
        except KotodamaError as error:
            log.warning("no early transcript: %s", error.message)
            return
        if transcript is None or self._voice_ended != ended:
            return
        self._latest = transcript.text.strip()
        self.settled = True
        self._show(self.words)
        echo = self._over_voice and self._self_hearing.resembles(self.words)
        if self._prefetch and self.words and not echo:
            self._prepare(ended)

    def _prepare(self, ended: float) -> None:
        waterfall = Waterfall(started=ended)
        waterfall.mark("transcript")
        try:
            answer = self._answers.prepare(self.words, waterfall)
        except KotodamaError as error:
            log.info("no answer in advance: %s", error.message)
            return
        self._prepared = _Prepared(self.words, answer, waterfall)

    def _show(self, words: str) -> None:
        if words != self._shown:
            self._shown = words
            self._publish(TranscriptInterim(text=words))


async def _final_words(transcription: Transcription) -> str:
    try:
        return (await transcription.finalize()).text.strip()
    finally:
        await transcription.cancel()
