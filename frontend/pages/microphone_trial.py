"""The microphone test: ten seconds are recorded, judged, and played back. No widgets.

The stages follow each other by `tick`; what the page shows is in the attributes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

from event_system import FRAME_SECONDS, MICROPHONE_RATE, PLAYOUT_RATE
from frontend.microphone_check import Verdict, judge

if TYPE_CHECKING:
    from frontend.audio_io import Player
    from frontend.hearing import Hearing
    from frontend.microphone import Microphone

WHO = "trial"
SECONDS = 10.0
PATIENCE_S = 6.0
"""How long the first sound may take before the device counts as silent."""
GRACE_S = 0.5
Stage = Literal["idle", "opening", "recording", "playing", "done"]


class MicrophoneTrial:
    """One test after the other of the microphone in use.

    Args:
        microphone: What is tested.
        player: Plays the recording back.
        hearing: Muted meanwhile, so that the character does not answer the test.
        changed: Called when the stage changed.

    Attributes:
        stage: What happens now.
        verdict: What the last recording showed; None before the first one, and while one runs.
        problem: Why there is no recording, in one sentence.
    """

    def __init__(
        self,
        microphone: Microphone,
        player: Player,
        hearing: Hearing,
        changed: Callable[[], None],
    ) -> None:
        self.stage: Stage = "idle"
        self.verdict: Verdict | None = None
        self.problem = ""
        self._microphone = microphone
        self._player = player
        self._hearing = hearing
        self._changed = changed
        self._frames: list[bytes] = []
        self._began = 0.0
        self._device = ""
        self._unmute = False

    @property
    def running(self) -> bool:
        """Whether it records or plays."""
        return self.stage in ("opening", "recording", "playing")

    @property
    def recorded(self) -> bool:
        """Whether there is a recording to be played."""
        return bool(self._frames) and not self.running

    def start(self, now: float) -> None:
        """Begin to record, at a monotonic time."""
        self.stop()
        self._unmute = self._hearing.hands_free and not self._hearing.muted
        if self._unmute:
            self._hearing.set_muted(True)
        self._frames, self.verdict, self.problem = [], None, ""
        self._began = now
        self._microphone.listen(WHO, self._hear)
        self._set("opening")

    def stop(self) -> None:
        """End recording and playing; what was recorded so far is not judged."""
        if not self.running:
            return
        if self.stage == "playing":
            self._player.play(b"")
        self._rest()
        self._set("done" if self.verdict else "idle")

    def forget(self) -> None:
        """End it, and tell nobody: who showed it is gone."""
        self._changed = lambda: None
        self.stop()

    def replay(self) -> None:
        """Play the recording again."""
        if self.recorded:
            self._play()

    def seconds_left(self, now: float) -> float:
        """How long it still records."""
        return max(0.0, self._began + SECONDS - now) if self.stage == "recording" else SECONDS

    def tick(self, now: float) -> None:
        """Go on to the next stage when its time has come."""
        if self.stage == "opening":
            if self._frames:
                self._began = now
                self._device = self._microphone.device
                self._set("recording")
            elif self._microphone.problem:
                self._give_up(self._microphone.problem)
            elif now - self._began > PATIENCE_S:
                self._give_up(judge([], device=self._microphone.device).sentence)
        elif self.stage == "recording":
            enough = len(self._frames) >= SECONDS / FRAME_SECONDS
            if enough or now - self._began > SECONDS + GRACE_S:
                self._finish()
        elif self.stage == "playing" and not self._player.playing_clip:
            self._set("done")

    def _hear(self, frame: bytes, _recorded_at: float) -> None:
        self._frames.append(frame)

    def _finish(self) -> None:
        import numpy as np

        self._rest()
        pcm = np.frombuffer(b"".join(self._frames), "<i2")
        self.verdict = judge(pcm, SECONDS, self._device)
        self._play()

    def _play(self) -> None:
        import numpy as np
        import soxr

        pcm = np.frombuffer(b"".join(self._frames), "<i2")
        clip = soxr.resample(pcm, MICROPHONE_RATE, PLAYOUT_RATE)
        self._player.play(clip.astype("<i2").tobytes())
        self._set("playing")

    def _give_up(self, why: str) -> None:
        self.problem = why
        self._rest()
        self._set("idle")

    def _rest(self) -> None:
        self._microphone.leave(WHO)
        if self._unmute:
            self._unmute = False
            self._hearing.set_muted(False)

    def _set(self, stage: Stage) -> None:
        self.stage = stage
        self._changed()
