"""Listening: one microphone of a session, from its frames to the turns that they begin.

The ear works in a thread of its own; here its notices become transcripts and turns. While the
user pauses, an answer is prepared without sound; when the pause turns out to be the end it goes
out at once. While the character speaks, a voice first makes it quieter, and interrupts it when it
is words; a false alarm makes it loud again.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from backend.conversation.ear import Ear, Noticed
from backend.conversation.endpointing import Signal
from backend.conversation.self_hearing import SelfHearing
from backend.conversation.utterance import Utterance
from backend.errors import BadInputError, KotodamaError
from event_system import FRAME_SECONDS, MICROPHONE_RATE, ErrorOccurred, Event

FRAME_SAMPLES = round(FRAME_SECONDS * MICROPHONE_RATE)
FRAME_BYTES = 2 * FRAME_SAMPLES
MOST_WAITING = round(5.0 / FRAME_SECONDS)
"""Frames that may wait to be processed: a client that sends faster than real time is told."""
INTERRUPT_S = 0.5
"""Voice that interrupts the character; less of it only makes it quieter."""
ECHO_DELAY_S = 0.1
"""How long after it left the stage a sound leaves a client's loudspeaker: the client's buffer."""
AFTER_SPEECH_S = 0.5
"""In half-duplex, silence that is kept after the character has spoken."""

Mode = Literal["hands_free", "push_to_talk"]
log = logging.getLogger("kotodama.listening")


class Stage(Protocol):
    """What listening needs of the stage."""

    @property
    def speaking(self) -> bool:
        """Whether the character's voice sounds."""
        ...

    @property
    def media_time(self) -> float:
        """The media clock, seconds."""
        ...

    def duck(self, ducked: bool) -> None:
        """Make the voice quieter, or loud again."""
        ...

    def played(self, start: float, count: int) -> NDArray[np.int16]:
        """What the loudspeaker played: (count,) int16 at 16,000 Hz from a media time on."""
        ...


class Listener:
    """Listens to one microphone.

    Args:
        stage: The session's stage.
        ear: Filter, voice detection, endpointing.
        begin: Makes the utterance that a new sound belongs to.
        interrupt: Stops the character's answer.
        publish: Hears of errors and notices.
    """

    def __init__(
        self,
        stage: Stage,
        ear: Ear,
        begin: Callable[[], Utterance[Any]],
        interrupt: Callable[[], Awaitable[object]],
        publish: Callable[[Event], object],
        self_hearing: SelfHearing,
    ) -> None:
        self.mode: Mode = "hands_free"
        self.half_duplex = False
        self._stage = stage
        self._ear = ear
        self._begin = begin
        self._interrupt = interrupt
        self._publish = publish
        self._self_hearing = self_hearing
        self._frames: deque[NDArray[np.int16]] = deque()
        self._ready = asyncio.Event()
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="ear")
        self._utterance: Utterance[Any] | None = None
        self._suspected = False
        self._spoke_at = 0.0
        self._jobs: set[asyncio.Task[None]] = set()

    @property
    def level(self) -> float:
        """Loudness of the microphone, 0 to 1."""
        return self._ear.level

    def feed(self, payload: bytes) -> None:
        """Take a frame of the microphone: 20 ms of PCM16 mono at 16,000 Hz.

        Raises:
            BadInputError: Its size is wrong, or frames come faster than real time.
        """
        if len(payload) != FRAME_BYTES:
            raise BadInputError(
                f"A microphone frame has {FRAME_BYTES} bytes (20 ms of PCM16, mono, 16 kHz), "
                f"not {len(payload)}."
            )
        if len(self._frames) >= MOST_WAITING:
            raise BadInputError("Microphone sound comes faster than real time; some was dropped.")
        self._frames.append(np.frombuffer(payload, "<i2").astype(np.int16))
        self._ready.set()

    async def run(self) -> None:
        """Process frames until cancelled."""
        loop = asyncio.get_running_loop()
        try:
            while True:
                self._ready.clear()
                if not self._frames:
                    await self._ready.wait()
                near = np.concatenate(self._frames)
                self._frames.clear()
                far = self._far_end(len(near))
                if self._deaf():
                    continue
                noticed = await loop.run_in_executor(
                    self._worker, self._listen, near, far, self._stage.speaking
                )
                for one in noticed:
                    self._take(one)
        finally:
            self._worker.shutdown(wait=False)
            await self._drop()
            for job in tuple(self._jobs):
                job.cancel()

    async def press(self) -> None:
        """The talk button was pressed: an utterance begins, and the character falls silent."""
        await self._interrupt()
        for one in self._ear.begin():
            self._take(one)

    async def let_go(self) -> None:
        """The talk button was let go: the utterance is over."""
        for one in self._ear.finish():
            self._take(one)

    def _listen(
        self, near: NDArray[np.int16], far: NDArray[np.int16], speaking: bool
    ) -> list[Noticed]:
        return self._ear.feed(near, far, guarded=speaking)

    def _far_end(self, count: int) -> NDArray[np.int16]:
        start = self._stage.media_time - ECHO_DELAY_S - count / MICROPHONE_RATE
        return self._stage.played(start, count)

    def _deaf(self) -> bool:
        """Whether nothing is to be heard now: half-duplex, and the character speaks."""
        if self._stage.speaking:
            self._spoke_at = time.monotonic()
        return self.half_duplex and time.monotonic() - self._spoke_at < AFTER_SPEECH_S

    def _take(self, noticed: Noticed) -> None:
        signal = noticed.signal
        if self.mode == "push_to_talk" and signal in (Signal.COMMITTED, Signal.REJECTED):
            signal = Signal.COMMITTED if self._utterance else None
        if signal is Signal.STARTED:
            self._started()
        if self._utterance is None:
            return
        self._utterance.feed(noticed.pcm)
        self._ear.endpointer.hear_words(self._utterance.words)
        if self._suspected:
            self._judge()
        if signal is Signal.PAUSED:
            self._utterance.pause(self._ear.endpointer.silence)
        elif signal is Signal.RESUMED:
            self._utterance.resume()
        elif signal is Signal.SPLIT:
            self._end(commit=True)
            self._started()
        elif signal in (Signal.COMMITTED, Signal.REJECTED):
            self._end(commit=signal is Signal.COMMITTED)

    def _started(self) -> None:
        self._utterance = self._begin()
        self._suspected = self._stage.speaking
        if self._suspected:
            self._stage.duck(True)

    def _judge(self) -> None:
        """Whether a voice over the character's own is an interruption."""
        utterance = self._utterance
        assert utterance is not None
        words = len(utterance.words.split())
        if self._ear.endpointer.voiced < INTERRUPT_S and words < 2:
            return
        if words >= 2 and self._self_hearing.resembles(utterance.words):
            return
        self._suspected = False
        self._spawn(self._stop_answer())

    def _end(self, *, commit: bool) -> None:
        utterance, self._utterance = self._utterance, None
        assert utterance is not None
        false_alarm, self._suspected = self._suspected, False
        self._stage.duck(False)
        work = utterance.commit() if commit and not false_alarm else utterance.drop()
        self._spawn(self._finish(work))

    async def _stop_answer(self) -> None:
        await self._interrupt()
        self._stage.duck(False)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        job = asyncio.get_running_loop().create_task(work)
        self._jobs.add(job)
        job.add_done_callback(self._jobs.discard)

    async def _finish(self, work: Awaitable[bool]) -> None:
        try:
            echo = await work
        except KotodamaError as error:
            self._publish(
                ErrorOccurred(code=error.code, message=error.message, retryable=error.retryable)
            )
            return
        if echo and self._self_hearing.must_break and not self.half_duplex:
            self.half_duplex = True
            log.warning("the microphone hears the character; half-duplex from now on")
            self._publish(
                ErrorOccurred(
                    code="self_hearing",
                    message="The microphone hears the character's own voice, so it is not "
                    "listened to while she speaks; use headphones to interrupt her.",
                )
            )

    async def _drop(self) -> None:
        utterance, self._utterance = self._utterance, None
        if utterance is not None:
            with suppress(KotodamaError):
                await utterance.drop()
