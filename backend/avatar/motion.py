"""The motion of a living character: what the face does beside the lips.

Blinks, glances, breath, small head motion, nods on stressed syllables and the easing of emotions.
Everything that happens by chance is a function of the seed and of time, so the same seed moves
alike at every frame rate; only what answers the caller (speech, emotion, attention) keeps state,
in springs whose steps are exact for any time step.
"""

from __future__ import annotations

import math
from typing import Literal, get_args

from backend.avatar.chance import Drift, EventTable, Spring, smoothstep
from backend.avatar.emotion import EMOTIONS, expression
from backend.avatar.pose import POSE_CHANNELS, Mouth, Pose

Attention = Literal["idle", "listening", "thinking", "speaking"]

BLINK_CLOSE, BLINK_HOLD, BLINK_OPEN = 0.06, 0.03, 0.1
"""Seconds of one blink's parts: lids close faster than they open, 190 ms in all."""

_BLINK_PERIOD, _BLINK_JITTER = 4.4, 1.5
_GLANCE_PERIOD, _GLANCE_JITTER = 1.5, 1.1
_TREMOR_PERIOD, _TREMOR_JITTER = 0.55, 0.4
_SACCADE_SECONDS = 0.05
_WIDE_GLANCE, _BLINK_REST = 0.5, 0.7
_BREATHS_PER_SECOND = 0.25
_NOD_SECONDS, _NOD_DEPTH = 0.9, 0.4
_EMOTION_IN, _EMOTION_CHANGE, _EMOTION_OUT = 15.0, 8.0, 4.0

_ATTENTION: dict[str, dict[str, float]] = {
    "idle": {"glance": 1.0, "sway": 1.0},
    "listening": {
        "glance": 0.4, "sway": 0.7, "pitch": 0.06, "roll": 0.22, "brow": 0.1, "smile": 0.1,
    },
    "thinking": {
        "glance": 0.35, "sway": 0.6, "gaze_x": 0.42, "gaze_y": -0.38, "yaw": 0.12,
        "pitch": -0.1, "roll": -0.2, "brow": 0.12, "brow_inner": 0.1,
    },
    "speaking": {"glance": 0.6, "sway": 1.35},
}  # fmt: skip

_LIMITS: dict[str, tuple[float, float]] = {
    "yaw": (-0.6, 0.6),
    "pitch": (-0.6, 0.6),
    "squint": (0.0, 1.0),
    "blink_l": (-0.3, 1.0),
    "blink_r": (-0.3, 1.0),
    "breath": (0.0, 1.0),
    "blush": (0.0, 1.0),
}


class Performer:
    """Turns speech, emotion and attention into poses.

    Args:
        seed: What chance draws from; the same seed gives the same performance.
        liveliness: 0 (still, but it blinks and breathes) to 1 (natural) to 2 (animated).
    """

    def __init__(self, seed: int, *, liveliness: float = 1.0) -> None:
        self._liveliness = min(max(liveliness, 0.0), 2.0)
        self._blinks = EventTable(seed, "blink", _BLINK_PERIOD, _BLINK_JITTER)
        self._glances = EventTable(seed, "glance", _GLANCE_PERIOD, _GLANCE_JITTER)
        self._tremor = EventTable(seed, "tremor", _TREMOR_PERIOD, _TREMOR_JITTER)
        self._sway = {
            name: Drift(seed, name, slowest=0.07, fastest=0.43)
            for name in ("yaw", "pitch", "roll", "shift_x", "shift_y", "smile", "brow_l", "brow_r")
        }
        self._gusts = Drift(seed, "breath", slowest=0.03, fastest=0.08)
        self._emotions = {name: Spring(0.0) for name in EMOTIONS if name != "neutral"}
        self._attention = {
            name: Spring(_ATTENTION["idle"].get(name, 0.0))
            for name in sorted({name for mode in _ATTENTION.values() for name in mode})
        }
        self._beat = Spring(0.0)
        self._loudness = Spring(0.0)
        self._question = Spring(0.0)
        self._head_x, self._head_y = Spring(0.0), Spring(0.0)
        self._mode: Attention = "idle"
        self._time: float | None = None
        self._was_speaking = False
        self._fell_silent = -math.inf
        self._nodded = -math.inf

    def attend(self, mode: Attention) -> None:
        """Say what the character does while it is not speaking.

        Raises:
            ValueError: There is no such mode.
        """
        if mode not in get_args(Attention):
            raise ValueError(f"no such attention mode: {mode!r}")
        self._mode = mode

    def nod(self, t: float) -> None:
        """Nod from a moment of the clock of `pose` on: down twice, the second time less."""
        self._nodded = t

    def pose(
        self,
        t: float,
        mouth: Mouth,
        *,
        speaking: bool,
        energy: float = 0.0,
        emotion: str = "neutral",
        emphasis: float = 0.0,
        question: float = 0.0,
    ) -> Pose:
        """The face at one moment.

        Args:
            t: Seconds on any clock, never earlier than at the last call.
            mouth: The lips, passed through.
            speaking: Whether the character is speaking now.
            energy: Loudness of the voice now, 0 to 1.
            emotion: What it feels; a name that is not in `EMOTIONS` is neutral.
            emphasis: Stress of the syllable being spoken, 0 to 1.
            question: 1 while a question is being asked: the head tilts and the brows rise.
        """
        dt = 0.0 if self._time is None else max(0.0, t - self._time)
        self._time = t
        if self._was_speaking and not speaking:
            self._fell_silent = t
        self._was_speaking = speaking
        self._advance(dt, speaking, energy, emotion, emphasis, question)

        channels = dict.fromkeys(POSE_CHANNELS, 0.0)
        self._add_attention(channels)
        self._add_emotion(channels)
        self._add_gaze(channels, t, dt)
        self._add_head(channels, t)
        self._add_speech(channels)
        channels["pitch"] += _NOD_DEPTH * nod_curve(t - self._nodded)
        channels["breath"] = self._breath(t)
        self._add_blink(channels, t)
        for name, (low, high) in _LIMITS.items():
            channels[name] = min(max(channels[name], low), high)
        return Pose(mouth=mouth, **channels)

    def _advance(
        self,
        dt: float,
        speaking: bool,
        energy: float,
        emotion: str,
        emphasis: float,
        question: float,
    ) -> None:
        """Move every spring on by `dt` seconds towards what is asked for now."""
        goal = _ATTENTION["speaking" if speaking else self._mode]
        for name, spring in self._attention.items():
            spring.step(goal.get(name, 0.0), 18.0 if name.startswith("gaze") else 4.5, dt)
        for name, spring in self._emotions.items():
            if name == emotion:
                spring.step(1.0, _EMOTION_IN, dt)
            else:
                rate = _EMOTION_CHANGE if emotion in self._emotions else _EMOTION_OUT
                spring.step(0.0, rate, dt)
        loud = min(max(energy, 0.0), 1.0) if speaking else 0.0
        self._loudness.step(loud, 8.0, dt)
        self._beat.step(min(max(emphasis, 0.0), 1.0) if speaking else 0.0, 11.0, dt)
        self._question.step(min(max(question, 0.0), 1.0) if speaking else 0.0, 5.0, dt)

    def _add_attention(self, channels: dict[str, float]) -> None:
        attention = self._attention
        for name in ("gaze_x", "gaze_y", "yaw", "pitch", "roll", "smile", "brow_inner"):
            channels[name] += attention[name].value
        channels["brow_l"] += attention["brow"].value
        channels["brow_r"] += attention["brow"].value * 0.8

    def _add_emotion(self, channels: dict[str, float]) -> None:
        weights = {name: spring.value for name, spring in self._emotions.items()}
        # Two emotions that cross over must not add up to more than one whole face.
        scale = 1.0 / max(1.0, sum(weights.values()))
        for name, weight in weights.items():
            if weight > 1e-3:
                for channel, value in expression(name).items():
                    channels[channel] += value * weight * scale

    def _add_gaze(self, channels: dict[str, float], t: float, dt: float) -> None:
        """Fixations joined by saccades; the head follows a glance late and a little."""
        reach = self._attention["glance"].value * self._liveliness
        x, y = self._glance(t)
        tremor_x, tremor_y = self._tremble(t)
        channels["gaze_x"] += x * reach + tremor_x
        channels["gaze_y"] += y * reach + tremor_y
        self._head_x.step(x * reach, 5.0, dt)
        self._head_y.step(y * reach, 5.0, dt)
        channels["yaw"] += 0.3 * self._head_x.value
        channels["pitch"] += 0.22 * self._head_y.value

    def _glance_target(self, event: int) -> tuple[float, float]:
        """Where the eyes rest after a glance: mostly on the viewer, sometimes aside."""
        draw = self._glances.chance
        if draw(event, 0) < 0.55:
            return (draw(event, 1) - 0.5) * 0.12, (draw(event, 2) - 0.5) * 0.08
        side = 1.0 if draw(event, 1) < 0.5 else -1.0
        return side * (0.2 + 0.35 * draw(event, 2)), (draw(event, 3) - 0.45) * 0.35

    def _glance(self, t: float) -> tuple[float, float]:
        event, start = self._glances.latest(t)
        x0, y0 = self._glance_target(event - 1)
        x1, y1 = self._glance_target(event)
        amount = smoothstep((t - start) / _SACCADE_SECONDS)
        return x0 + (x1 - x0) * amount, y0 + (y1 - y0) * amount

    def _tremble(self, t: float) -> tuple[float, float]:
        """Microsaccades: the eyes are never quite at rest."""
        event, start = self._tremor.latest(t)
        draw = self._tremor.chance
        amount = smoothstep((t - start) / _SACCADE_SECONDS)
        x0, y0 = draw(event - 1, 0) - 0.5, draw(event - 1, 1) - 0.5
        x1, y1 = draw(event, 0) - 0.5, draw(event, 1) - 0.5
        return (x0 + (x1 - x0) * amount) * 0.05, (y0 + (y1 - y0) * amount) * 0.03

    def _add_head(self, channels: dict[str, float], t: float) -> None:
        reach = self._attention["sway"].value * self._liveliness
        sway = {name: drift.at(t) for name, drift in self._sway.items()}
        for name, amplitude in (
            ("yaw", 0.16),
            ("pitch", 0.08),
            ("roll", 0.2),
            ("shift_x", 0.05),
            ("shift_y", 0.02),
            ("smile", 0.05),
        ):
            channels[name] += amplitude * reach * sway[name]
        # The brows drift nearly together; a perfect mirror image would look like a mask.
        channels["brow_l"] += 0.06 * reach * (sway["brow_l"] + 0.3 * sway["brow_r"])
        channels["brow_r"] += 0.06 * reach * (sway["brow_l"] - 0.3 * sway["brow_r"])

    def _add_speech(self, channels: dict[str, float]) -> None:
        beat = self._beat.value * self._liveliness
        loud = self._loudness.value * self._liveliness
        question = self._question.value * self._liveliness
        channels["pitch"] += 0.22 * beat + 0.1 * loud - 0.06 * question
        channels["roll"] += 0.35 * question
        raised = 0.22 * beat + 0.1 * loud + 0.3 * question
        channels["brow_l"] += raised
        channels["brow_r"] += raised * 0.92

    def _breath(self, t: float) -> float:
        """0 (empty) to 1 (full): breathing in takes two fifths of a breath."""
        phase = (t * _BREATHS_PER_SECOND + 0.3 * self._gusts.at(t)) % 1.0
        part = phase / 0.4 if phase < 0.4 else (1.0 - phase) / 0.6
        return smoothstep(part)

    def _add_blink(self, channels: dict[str, float], t: float) -> None:
        closure = self._closure(t)
        for name in ("blink_l", "blink_r"):
            rest = channels[name]
            channels[name] = rest + (1.0 - rest) * closure

    def _closure(self, t: float) -> float:
        event, start = self._blinks.latest(t)
        closure = blink_curve(t - start)
        if self._blinks.chance(event, 0) < 0.12:
            closure = max(closure, blink_curve(t - start - 0.3))
        closure = max(closure, blink_curve(t - self._fell_silent - 0.12))
        glance, moved = self._glances.latest(t)
        x0, _ = self._glance_target(glance - 1)
        x1, _ = self._glance_target(glance)
        if abs(x1 - x0) > _WIDE_GLANCE and not self._blinks_near(moved):
            closure = max(closure, blink_curve(t - moved))
        return closure

    def _blinks_near(self, t: float) -> bool:
        """Whether a blink of the table falls so close that another one would look like a tic."""
        _, start = self._blinks.latest(t + _BLINK_REST)
        return t - start < _BLINK_REST + 0.3


def nod_curve(t: float) -> float:
    """How far down the head is, 0 to 1, `t` seconds after a nod began."""
    if not 0.0 <= t < _NOD_SECONDS:
        return 0.0
    half = _NOD_SECONDS / 2.0
    return math.sin(math.pi * (t % half) / half) ** 2 * (1.0 if t < half else 0.5)


def blink_curve(t: float) -> float:
    """Closure of the lids, 0 to 1, `t` seconds after a blink began."""
    if t < BLINK_CLOSE:
        return smoothstep(t / BLINK_CLOSE)
    return 1.0 - smoothstep((t - BLINK_CLOSE - BLINK_HOLD) / BLINK_OPEN)
