"""Listening: one microphone of a session, from its frames to the turns that they begin.

The ear works in a thread of its own; here its notices become transcripts and turns. While the
user pauses, an answer is prepared without sound; when the pause turns out to be the end it goes
out at once. What a voice over the character's own does is decided by `BargeIn`.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, Literal, NamedTuple, Protocol

import anyio
import numpy as np
from numpy.typing import NDArray

from backend.conversation.barge_in import BargeIn, Floor
from backend.conversation.ear import Ear, Noticed
from backend.conversation.echo_reference import EchoReference, Playing
from backend.conversation.endpointing import Gate, Signal
from backend.conversation.self_hearing import SelfHearing
from backend.conversation.utterance import Utterance
from backend.errors import BadInputError, BusyError, KotodamaError
from event_system import FRAME_SECONDS, MICROPHONE_RATE, ErrorOccurred, Event

FRAME_SAMPLES = round(FRAME_SECONDS * MICROPHONE_RATE)
FRAME_BYTES = 2 * FRAME_SAMPLES
MOST_WAITING = round(5.0 / FRAME_SECONDS)
"""Frames that may wait to be processed: a client that sends faster than real time is told."""
AT_ONCE = 10
"""Frames that are processed at once when several wait."""
ECHO_LASTS_S = 0.45
"""How long after it left the stage the character's voice may still be in the room."""
DEAF_AFTER_S = 0.5
"""In half-duplex, how long after the character has spoken nothing is heard."""
GONE_AFTER_S = 2.0
"""A microphone that sends nothing for so long in mid-utterance has vanished."""
MOST_PARTS = 8
"""An utterance of so many parts (two minutes) ends: it is a radio, or wants an answer at last."""
CLOSING_S = 5.0

Mode = Literal["hands_free", "push_to_talk"]
log = logging.getLogger("kotodama.listening")


class Stage(Floor, Playing, Protocol):
    """What listening needs of the stage."""


class _Sound(NamedTuple):
    """A frame of the microphone.

    Attributes:
        arrived: When it came, seconds on the media clock.
        recorded_us: When its last sample was recorded, by the client's clock.
        pcm: (samples,) int16 at 16,000 Hz.
    """

    arrived: float
    recorded_us: int
    pcm: NDArray[np.int16]


class Listener:
    """Listens to one microphone.

    Args:
        stage: The session's stage.
        ear: Filter, voice detection, endpointing.
        begin: Makes the utterance that a new sound belongs to; it is told whether the character
            speaks.
        over: Hears that an utterance is over, and answered where it had words.
        interrupt: Cancels the character's answer.
        publish: Hears of errors and notices.

    Attributes:
        mode: Whether a voice begins an utterance, or the talk button.
        half_duplex: Whether nothing is heard while the character speaks.
    """

    def __init__(
        self,
        stage: Stage,
        ear: Ear,
        *,
        begin: Callable[[bool], Utterance[Any]],
        over: Callable[[], None],
        interrupt: Callable[[], Awaitable[object]],
        publish: Callable[[Event], object],
        self_hearing: SelfHearing,
    ) -> None:
        self.mode: Mode = "hands_free"
        self.half_duplex = False
        self._stage = stage
        self._ear = ear
        self._begin = begin
        self._over = over
        self._interrupt = interrupt
        self._publish = publish
        self._self_hearing = self_hearing
        self._barge_in = BargeIn(stage, self._cancel_answer, self_hearing)
        self._reference = EchoReference(stage)
        self._waiting: deque[_Sound | Callable[[], list[Noticed]]] = deque()
        self._ready = asyncio.Event()
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="ear")
        self._utterance: Utterance[Any] | None = None
        self._ending = 0
        self._failed = self._working = False
        self._jobs: set[asyncio.Task[None]] = set()

    @property
    def level(self) -> float:
        """Loudness of the microphone, 0 to 1."""
        return self._ear.level

    @property
    def waiting(self) -> int:
        """Frames that wait to be processed."""
        return len(self._waiting)

    def feed(self, payload: bytes, recorded_us: int = 0) -> None:
        """Take a frame of the microphone.

        Args:
            payload: 20 ms of PCM16 mono at 16,000 Hz.
            recorded_us: When its last sample was recorded, microseconds on the client's clock;
                it counts for a client that tells what its loudspeaker plays.

        Raises:
            BadInputError: Its size is wrong, or its time is missing.
            BusyError: Frames come faster than real time, or the microphone failed.
        """
        if len(payload) != FRAME_BYTES:
            raise BadInputError(
                f"A microphone frame has {FRAME_BYTES} bytes (20 ms of PCM16, mono, 16 kHz), "
                f"not {len(payload)}."
            )
        if self._reference.told and not recorded_us:
            raise BadInputError(
                "A client that tells what its loudspeaker plays also gives the time at which its "
                "microphone's sound was recorded."
            )
        if self._failed:
            raise BusyError("Listening has failed; turn the microphone off and on again.")
        if len(self._waiting) >= MOST_WAITING:
            raise BusyError("Microphone sound comes faster than real time; some was dropped.")
        pcm = np.frombuffer(payload, "<i2").astype(np.int16)
        self._put(_Sound(self._stage.media_time, recorded_us, pcm))

    def tell_played(self, payload: bytes, heard_us: int) -> None:
        """Take what the client's loudspeaker plays; see `EchoReference.tell`."""
        self._reference.tell(heard_us, payload)

    async def press(self) -> None:
        """The talk button was pressed: an utterance begins, and the character falls silent."""
        await self._interrupt()
        self._put(self._ear.begin)

    def let_go(self) -> None:
        """The talk button was let go: the utterance is over."""
        self._put(self._ear.finish)

    async def drained(self) -> None:
        """Wait until nothing waits, nobody speaks, and what was said is answered."""
        while self._waiting or self._working or self._utterance or self._jobs:  # noqa: ASYNC110
            # It is asked once a file.
            await asyncio.sleep(FRAME_SECONDS / 2)

    async def run(self) -> None:
        """Process frames until cancelled; what is under way then is dropped."""
        try:
            while True:
                await self._next()
        except Exception:
            log.exception("the microphone cannot be listened to any more")
            self._failed = True
            self._tell("listening_failed", "Listening has failed; turn the microphone off and on.")
        finally:
            self._worker.shutdown(wait=False)
            await self._close()

    def _put(self, item: _Sound | Callable[[], list[Noticed]]) -> None:
        self._waiting.append(item)
        self._ready.set()

    async def _next(self) -> None:
        """Process what waits next: sound, or the talk button."""
        if not self._waiting:
            self._ready.clear()
            limit = GONE_AFTER_S if self._utterance and not self._ear.endpointer.held else None
            with anyio.move_on_after(limit) as patience:
                await self._ready.wait()
            if patience.cancelled_caught:
                # After a loop that was held up, sound may be waiting in the socket: it comes first.
                await asyncio.sleep(0.1)
                if not self._waiting:
                    self._waiting.append(self._ear.finish)
        if isinstance(self._waiting[0], _Sound):
            self._working = True
            noticed = await self._listen()
            self._working = False
        else:
            button = self._waiting.popleft()
            assert not isinstance(button, _Sound)
            noticed = button()
        for one in noticed:
            self._take(one)

    async def _listen(self) -> list[Noticed]:
        sound: list[_Sound] = []
        while self._waiting and isinstance(self._waiting[0], _Sound) and len(sound) < AT_ONCE:
            sound.append(self._waiting[0])
            self._waiting.popleft()
        near = np.concatenate([one.pcm for one in sound])
        far = self._reference.beside(sound[-1].arrived, sound[-1].recorded_us, len(near))
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._worker, self._ear.feed, near, far, self._gate())

    def _gate(self) -> Gate:
        """What may begin an utterance now."""
        since = self._reference.quiet_for()
        if self.mode == "push_to_talk" or (self.half_duplex and since < DEAF_AFTER_S):
            return Gate.SHUT
        return Gate.GUARDED if since < ECHO_LASTS_S else Gate.OPEN

    def _take(self, noticed: Noticed) -> None:
        signal, endpointer = noticed.signal, self._ear.endpointer
        if signal is Signal.STARTED:
            since = self._reference.quiet_for()
            self._utterance = self._begin(since < ECHO_LASTS_S + self._ear.rules.pre_roll)
        utterance = self._utterance
        if utterance is None:
            return
        utterance.feed(noticed.pcm)
        endpointer.hear_words(utterance.words)
        if signal is Signal.PAUSED:
            utterance.pause(endpointer.silence)
        elif signal is Signal.RESUMED:
            utterance.resume()
        elif signal is Signal.SPLIT and utterance.parts < MOST_PARTS:
            utterance.split()
        elif signal in (Signal.COMMITTED, Signal.SPLIT):
            self._end(utterance.commit())
            return
        elif signal is Signal.REJECTED:
            self._end(utterance.drop())
            return
        self._barge_in.follow(endpointer.voiced, utterance.words, settled=utterance.settled)

    def _end(self, work: Coroutine[Any, Any, bool | None]) -> None:
        self._utterance = None
        self._barge_in.end()
        self._ending += 1
        self._spawn(self._finish(work))

    def _cancel_answer(self) -> None:
        self._spawn(self._stop_answer())

    async def _stop_answer(self) -> None:
        await self._interrupt()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        job = asyncio.get_running_loop().create_task(work)
        self._jobs.add(job)
        job.add_done_callback(self._jobs.discard)

    async def _finish(self, work: Awaitable[bool | None]) -> None:
        try:
            echo = await work
        except KotodamaError as error:
            self._tell(error.code, error.message, retryable=error.retryable)
            return
        finally:
            self._ending -= 1
            self._tell_over()
        if echo and self._self_hearing.must_break and not self.half_duplex:
            self.half_duplex = True
            log.warning("the microphone hears the character; half-duplex from now on")
            self._tell(
                "self_hearing",
                "The microphone hears the character's own voice, so it is not listened to while "
                "she speaks; use headphones to interrupt her.",
            )

    def _tell_over(self) -> None:
        """Unless the user speaks again, or what was said before is still being answered."""
        if self._utterance is None and not self._ending:
            self._over()

    def _tell(self, code: str, message: str, *, retryable: bool = False) -> None:
        self._publish(ErrorOccurred(code=code, message=message, retryable=retryable))

    async def _close(self) -> None:
        """Drop what is being said; what was said to its end is still answered."""
        self._barge_in.end()
        utterance, self._utterance = self._utterance, None
        if utterance is not None:
            with suppress(KotodamaError):
                await utterance.drop()
            self._tell_over()
        if self._jobs:
            await asyncio.wait(self._jobs, timeout=CLOSING_S)
        for job in tuple(self._jobs):
            job.cancel()
