"""Chance as a function of time: the same seed gives the same events at every frame rate.

`EventTable` says when something happens, `Drift` is a smooth wandering value, and `Spring` follows
a goal without overshoot, exactly for any time step.
"""

from __future__ import annotations

import math
import zlib

_MASK = (1 << 64) - 1
_AT_REST = 1e-6


def hash_unit(key: int) -> float:
    """A number in [0, 1) from an integer, by SplitMix64 (Steele et al., 2014)."""
    z = (key + 0x9E3779B97F4A7C15) & _MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _MASK
    return ((z ^ (z >> 31)) >> 11) * 2.0**-53


def smoothstep(x: float) -> float:
    """0 below 0, 1 above 1, and a curve with flat ends between."""
    if x <= 0.0:
        return 0.0
    if x >= 1.0:
        return 1.0
    return x * x * (3.0 - 2.0 * x)


def _stream(seed: int, name: str) -> int:
    return (seed * 0x2545F4914F6CDD1D ^ zlib.crc32(name.encode()) << 21) & _MASK


class EventTable:
    """One event in every slot of `period` seconds, somewhere in the slot's first `jitter` seconds.

    So the gaps between events lie between `period - jitter` and `period + jitter`.
    """

    def __init__(self, seed: int, name: str, period: float, jitter: float) -> None:
        self._key = _stream(seed, name)
        self._period = period
        self._jitter = jitter

    def chance(self, event: int, draw: int) -> float:
        """A number in [0, 1) that belongs to an event; `draw` numbers the event's own draws."""
        return hash_unit(self._key + event * 64 + draw)

    def latest(self, t: float) -> tuple[int, float]:
        """The number of the latest event that is not after `t`, and when it happens."""
        event = math.floor(t / self._period)
        start = self._start(event)
        return (event, start) if start <= t else (event - 1, self._start(event - 1))

    def _start(self, event: int) -> float:
        return event * self._period + self._jitter * self.chance(event, 63)


class Drift:
    """A smooth value that wanders within -1 and 1: three sines whose periods never line up.

    Args:
        seed: What chance draws from.
        name: Tells this value's chance from that of others with the same seed.
        slowest: Frequency of the slowest sine, Hz.
        fastest: Frequency of the fastest one, Hz; higher sines are weaker, so speed stays bounded.
    """

    def __init__(self, seed: int, name: str, *, slowest: float, fastest: float) -> None:
        key = _stream(seed, "drift " + name)
        ratio = math.sqrt(fastest / slowest)
        self._parts: list[tuple[float, float, float]] = []
        for index, amplitude in enumerate((0.5, 0.32, 0.18)):
            wobble = 0.85 + 0.3 * hash_unit(key + 2 * index)
            phase = 2 * math.pi * hash_unit(key + 2 * index + 1)
            self._parts.append((amplitude, 2 * math.pi * slowest * ratio**index * wobble, phase))

    def at(self, t: float) -> float:
        """The value at `t` seconds."""
        return sum(
            amplitude * math.sin(omega * t + phase) for amplitude, omega, phase in self._parts
        )


class Spring:
    """A critically damped spring: follows its goal smoothly and never overshoots from rest."""

    __slots__ = ("value", "velocity")

    def __init__(self, value: float) -> None:
        self.value = value
        self.velocity = 0.0

    def step(self, goal: float, rate: float, dt: float) -> None:
        """Move on by `dt` seconds towards `goal`.

        The closed form of x'' = -2 r x' - r² (x - goal), so steps of any length agree. At rest,
        90 % of the way takes 3.9 / `rate` seconds.
        """
        away = self.value - goal
        if dt <= 0.0:
            return
        if abs(away) < _AT_REST and abs(self.velocity) < _AT_REST:
            self.value, self.velocity = goal, 0.0
            return
        decay = math.exp(-rate * dt)
        slope = self.velocity + rate * away
        self.value = goal + (away + slope * dt) * decay
        self.velocity = (self.velocity - rate * slope * dt) * decay
