"""The stage: paces the character's voice and face on one media clock, for all who watch.

Every 20 ms a frame of sound leaves, if there is any, and at the set rate a picture; both carry
their presentation time on the same clock, so that lips and voice cannot drift apart. The stage
alone knows what has been heard. With nobody watching, nothing is rendered.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
from numpy.typing import NDArray

from backend.avatar.motion import Attention, Performer
from backend.avatar.puppet import Puppet
from backend.stage.far_end import FarEnd
from backend.stage.playout import FRAME_SAMPLES, Playout, Segment
from backend.stage.sinks import Sink
from event_system import (
    FRAME_SECONDS,
    MICROPHONE_RATE,
    PLAYOUT_RATE,
    MediaFrame,
    MediaKind,
    PlayoutFlush,
    TurnCaption,
)

IDLE_FPS = 15
"""Pictures a second while nobody speaks: enough for a blink, half the work."""
CLIENT_BUFFER_S = 0.1
"""Sound that a client holds back; what it holds was not heard."""
JPEG_QUALITY = 90
EXPRESSION_S = 6.0
DUCKED = 0.3
AHEAD_S = 20.0
"""Speech that is prepared ahead of what is heard; beyond it synthesis waits."""

log = logging.getLogger("kotodama.stage")


class Stage:
    """One session's playout.

    Args:
        puppet: The face.
        performer: How it moves.
        publish: Where captions and flushes go (the session's events).
        fps: Pictures a second while speaking.
    """

    def __init__(
        self,
        puppet: Puppet,
        performer: Performer,
        publish: Callable[[TurnCaption | PlayoutFlush], None],
        *,
        fps: int = 30,
    ) -> None:
        self.puppet = puppet
        self.fps = fps
        self.sinks: set[Sink] = set()
        self.on_first_frame: Callable[[str], None] = lambda turn_id: None
        self._performer = performer
        self._publish = publish
        self._playout = Playout()
        self._started = time.monotonic()
        self._drained = asyncio.Event()
        self._drained.set()
        self._wake = asyncio.Event()
        self._renderer = ThreadPoolExecutor(1, thread_name_prefix="avatar")
        self._expression: tuple[str, float] = ("neutral", 0.0)
        self._attention: Attention = "idle"
        self._announced = ""
        self._energy = 0.0
        self._rendered_at: list[float] = []
        self._far_end = FarEnd()
        self._gain = self._wanted_gain = 1.0

    @property
    def media_time(self) -> float:
        """The media clock now, seconds since the stage was made."""
        return time.monotonic() - self._started

    @property
    def generation(self) -> int:
        """Counts up at each flush."""
        return self._playout.generation

    @property
    def speaking(self) -> bool:
        """Whether something sounds or waits to."""
        return not self._playout.idle

    @property
    def held(self) -> bool:
        """Whether the character was silenced, and has more to say."""
        return self._playout.held

    async def room_for_more(self) -> None:
        """Wait while more than `AHEAD_S` of speech is queued."""
        # Speech drains at the rate of the clock, so one sleep is enough, but for a flush.
        await asyncio.sleep(max(0.0, self._playout.seconds_ahead - AHEAD_S))

    @property
    def measured_fps(self) -> float:
        """Pictures rendered in the last second."""
        now = time.monotonic()
        self._rendered_at = [at for at in self._rendered_at if now - at < 1.0]
        return float(len(self._rendered_at))

    def attend(self, mode: Attention) -> None:
        """Show that the character listens, thinks or idles (see `Performer.attend`)."""
        self._attention = mode
        self._wake.set()

    def express(self, emotion: str, seconds: float = EXPRESSION_S) -> None:
        """Show an expression for some seconds, whatever is being said."""
        self._expression = (emotion, self.media_time + seconds)
        self._wake.set()

    def nod(self) -> None:
        """Nod once."""
        self._performer.nod(self.media_time)
        self._wake.set()

    def add(self, segment: Segment) -> None:
        """Queue speech."""
        self._playout.add(segment)
        self._drained.clear()
        self._wake.set()

    async def drained(self) -> None:
        """Wait until everything queued has left, and the clients have played it."""
        await self._drained.wait()
        await asyncio.sleep(CLIENT_BUFFER_S)

    def flush(self, turn_id: str) -> list[tuple[str, float]]:
        """Stop at once: drop what is queued, and say what of the turn was heard."""
        until = round((self.media_time - CLIENT_BUFFER_S) * PLAYOUT_RATE)
        told = self._playout.heard(turn_id, until)
        generation = self._playout.flush()
        self._far_end.flush(round(self.media_time * PLAYOUT_RATE))
        self._gain = self._wanted_gain = 1.0
        self._publish(PlayoutFlush(generation=generation))
        self._drained.set()
        return told

    def hold(self) -> None:
        """Fall silent at once, and keep what was not heard."""
        if not self.speaking or self.held:
            return
        until = round((self.media_time - CLIENT_BUFFER_S) * PLAYOUT_RATE)
        generation = self._playout.hold(until)
        self._far_end.flush(round(self.media_time * PLAYOUT_RATE))
        self._publish(PlayoutFlush(generation=generation))

    def resume(self) -> None:
        """Go on after `hold`."""
        self._playout.held = False
        self._wake.set()

    def heard(self, turn_id: str) -> list[tuple[str, float]]:
        """What of a turn was heard so far."""
        return self._playout.heard(turn_id, round(self.media_time * PLAYOUT_RATE))

    def played(self, start: float, count: int) -> NDArray[np.int16]:
        """What left the stage: (count,) int16 at 16,000 Hz from a media time (seconds) on."""
        return self._far_end.read(round(start * MICROPHONE_RATE), count)

    def duck(self, ducked: bool) -> None:
        """Make the voice quieter, while an interruption is suspected, or loud again."""
        self._wanted_gain = DUCKED if ducked else 1.0

    def recast(self, puppet: Puppet, performer: Performer, fps: int) -> None:
        """Put another face on the stage."""
        self.puppet, self._performer, self.fps = puppet, performer, fps

    async def run(self) -> None:
        """Pace sound and pictures until cancelled."""
        try:
            await asyncio.gather(self._pace_sound(), self._pace_pictures())
        finally:
            self._renderer.shutdown(wait=False, cancel_futures=True)
            # A stage and its session refer to each other, and would keep the face, which takes
            # 15 MB, until garbage is collected.
            del self.puppet

    async def _pace_sound(self) -> None:
        position = 0
        while True:
            if self._playout.idle or self.held:
                if self._playout.idle:
                    self._drained.set()
                await self._asleep_until_speech()
                # A new start on the clock, on the 20 ms grid.
                position = max(position, round(self.media_time / FRAME_SECONDS) * FRAME_SAMPLES)
            frame, begun = self._playout.take(position)
            if frame is None:
                continue
            self._energy = float(np.sqrt(np.mean(np.square(frame, dtype=np.float32)))) / 8000.0
            self._announce(begun)
            frame = self._with_gain(frame)
            self._far_end.write(position, frame)
            pts_us = position * 1_000_000 // PLAYOUT_RATE
            media = MediaFrame(
                MediaKind.SPEECH, self._playout.generation, pts_us, frame.astype("<i2").tobytes()
            )
            for sink in tuple(self.sinks):
                if sink.wants_audio:
                    sink.media(media)
            position += FRAME_SAMPLES
            ahead = position / PLAYOUT_RATE - self.media_time
            if ahead > 0:
                await asyncio.sleep(ahead)
            elif ahead < -0.25:
                # The machine stalled: go on from now rather than in a burst.
                position = round(self.media_time / FRAME_SECONDS) * FRAME_SAMPLES

    def _with_gain(self, frame: NDArray[np.int16]) -> NDArray[np.int16]:
        """The frame at the wanted loudness, faded there within it."""
        if self._gain == self._wanted_gain == 1.0:
            return frame
        ramp = np.linspace(self._gain, self._wanted_gain, len(frame), dtype=np.float32)
        self._gain = self._wanted_gain
        return (frame * ramp).astype(np.int16)

    async def _asleep_until_speech(self) -> None:
        while self._playout.idle or self.held:
            self._wake.clear()
            await self._wake.wait()

    def _announce(self, begun: list[Segment]) -> None:
        for segment in begun:
            if segment.turn_id != self._announced:
                self._announced = segment.turn_id
                self.on_first_frame(segment.turn_id)
            if segment.opens_sentence:
                self._publish(
                    TurnCaption(turn_id=segment.turn_id, text=segment.text, emotion=segment.emotion)
                )

    async def _pace_pictures(self) -> None:
        loop = asyncio.get_running_loop()
        last = 0.0
        while True:
            viewers = [sink for sink in self.sinks if sink.wants_video]
            fps = self.fps if self.speaking else min(self.fps, IDLE_FPS)
            due = max(last + 1.0 / fps, self.media_time - 0.05)
            delay = due - self.media_time
            if delay > 0:
                await asyncio.sleep(delay)
            last = due
            if not viewers:
                await asyncio.sleep(0.1)
                continue
            try:
                payload = await loop.run_in_executor(self._renderer, self._draw, due)
            except Exception:
                log.exception("the avatar could not be drawn")
                await asyncio.sleep(1.0)
                continue
            self._rendered_at.append(time.monotonic())
            media = MediaFrame(
                MediaKind.AVATAR_JPEG, self._playout.generation, round(due * 1e6), payload
            )
            for sink in viewers:
                sink.media(media)

    def _draw(self, at: float) -> bytes:
        """The face at a media time, as JPEG."""
        position = round(at * PLAYOUT_RATE)
        segment, into = self._playout.at(position)
        emotion, until = self._expression
        if at > until:
            emotion = segment.emotion_at(into) if segment else "neutral"
        puppet, performer = self.puppet, self._performer
        nod = segment.nod_at(into) if segment else None
        if nod is not None:
            performer.nod(at - into + nod)
        performer.attend("speaking" if segment else self._attention)
        pose = performer.pose(
            at,
            self._playout.mouth_at(position),
            speaking=segment is not None,
            energy=min(1.0, self._energy) if segment else 0.0,
            emotion=emotion,
        )
        picture = puppet.render(pose)
        done, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
        if not done:
            raise RuntimeError("the picture could not be encoded as JPEG")
        return data.tobytes()
