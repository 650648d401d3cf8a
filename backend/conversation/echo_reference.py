"""What the microphone may hear of the character: what her loudspeaker plays meanwhile.

A client knows best what its loudspeaker plays, and when: it may tell, piece by piece, on the clock
by which it also times its microphone. Of a client that does not, it is presumed that it plays what
leaves the stage, after the delay that the protocol asks of it.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from backend.errors import BadInputError
from backend.stage.far_end import FarEnd, SteadyCursor
from event_system import MICROPHONE_RATE, PLAYOUT_RATE

ECHO_DELAY_S = 0.08
"""How long after it left the stage a sound is looked for in the microphone: a little less than
the 100 ms that a client buffers, because an echo must not come before what it is the echo of."""
LEAD_S = 0.025
"""By how much more than its clock says a client's loudspeaker is taken to be ahead, for the same
reason: sound libraries guess the latency of their devices."""
MOST_PIECE_S = 0.1
_STEP = PLAYOUT_RATE // MICROPHONE_RATE
_GAP = round(0.15 * MICROPHONE_RATE)
_AUDIBLE = 33
"""-60 dBFS."""


class Playing(Protocol):
    """What is needed of the stage."""

    @property
    def speaking(self) -> bool:
        """Whether the character has something to say."""
        ...

    @property
    def held(self) -> bool:
        """Whether she was silenced, and has more to say."""
        ...

    @property
    def media_time(self) -> float:
        """The media clock, seconds."""
        ...

    def played(self, start: float, count: int) -> NDArray[np.int16]:
        """What left the stage: (count,) int16 at 16,000 Hz from a media time on."""
        ...


class EchoReference:
    """Finds what was played beside the sound of one microphone.

    Args:
        stage: Where the character's voice comes from.
    """

    def __init__(self, stage: Playing) -> None:
        self._stage = stage
        self._cursor = SteadyCursor()
        self._sounded_at = float("-inf")
        self._loudspeaker: _Loudspeaker | None = None

    def tell(self, heard_us: int, payload: bytes) -> None:
        """A client tells what its loudspeaker plays; what left the stage counts no more.

        Args:
            heard_us: When its first sample is heard, microseconds on the client's clock.
            payload: PCM16 mono at `PLAYOUT_RATE`.

        Raises:
            BadInputError: It is no whole number of samples at 16,000 Hz, or too long.
        """
        if len(payload) % (2 * _STEP) or len(payload) > 2 * PLAYOUT_RATE * MOST_PIECE_S:
            raise BadInputError(
                "A loudspeaker message has up to 100 ms of PCM16, mono, 48 kHz, in whole multiples "
                f"of 6 bytes, not {len(payload)} bytes."
            )
        if self._loudspeaker is None:
            self._loudspeaker = _Loudspeaker()
        self._loudspeaker.write(heard_us, np.frombuffer(payload, "<i2"))

    @property
    def told(self) -> bool:
        """Whether the client tells what its loudspeaker plays."""
        return self._loudspeaker is not None

    def quiet_for(self) -> float:
        """Seconds for which the loudspeaker has been silent; asked with every piece of sound."""
        if self._loudspeaker is not None:
            return self._loudspeaker.quiet_for
        now = self._stage.media_time
        if self._stage.speaking and not self._stage.held:
            self._sounded_at = now
        return now - self._sounded_at

    def beside(self, arrived: float, recorded_us: int, count: int) -> NDArray[np.int16]:
        """What was played beside the next sound of the microphone.

        Args:
            arrived: When the sound had arrived, seconds on the media clock.
            recorded_us: When its last sample was recorded, microseconds on the client's clock.
            count: Its samples.

        Returns:
            (count,) int16 at 16,000 Hz.
        """
        if self._loudspeaker is not None:
            return self._loudspeaker.beside(recorded_us, count)
        wanted = round((arrived - ECHO_DELAY_S) * MICROPHONE_RATE) - count
        start = self._cursor.place(wanted, count)
        return self._stage.played(start / MICROPHONE_RATE, count)


class _Loudspeaker:
    """A client's loudspeaker, on the client's clock."""

    def __init__(self) -> None:
        self._far = FarEnd()
        self._writing = SteadyCursor(patience=10, gap=_GAP)
        self._reading = SteadyCursor(gap=_GAP)
        self._until = self._sounded_until = self._now = 0

    @property
    def quiet_for(self) -> float:
        return max(0.0, (self._now - self._sounded_until) / MICROPHONE_RATE)

    def write(self, heard_us: int, sound: NDArray[np.int16]) -> None:
        start = self._writing.place(_samples(heard_us), len(sound) // _STEP)
        self._until = start + len(sound) // _STEP
        self._far.write(start * _STEP, sound)
        if np.abs(sound.astype(np.int32)).max(initial=0) > _AUDIBLE:
            self._sounded_until = self._until

    def beside(self, recorded_us: int, count: int) -> NDArray[np.int16]:
        lead = round(LEAD_S * MICROPHONE_RATE)
        wanted = _samples(recorded_us) - count
        # A device of little latency has not been given yet what is heard in a moment.
        playing = self._until > wanted
        limit = self._until if playing else wanted + 2 * count + lead
        start = self._reading.place(wanted + lead, count, limit)
        self._now = start + count
        return self._far.read(start, count)


def _samples(time_us: int) -> int:
    return round(time_us * MICROPHONE_RATE / 1_000_000)
