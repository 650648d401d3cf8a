"""What was played beside the microphone's sound: by the stage, or by what a client tells."""

from __future__ import annotations

import numpy as np
import pytest

from backend.conversation.echo_reference import ECHO_DELAY_S, LEAD_S, EchoReference
from backend.errors import BadInputError
from event_system import MICROPHONE_RATE, PLAYOUT_RATE

FRAME, SECOND_US = 320, 1_000_000


class Theatre:
    """A stage that has played a tone all the time."""

    speaking, held, media_time = True, False, 100.0

    def played(self, start: float, count: int) -> np.ndarray:
        return tone(start, count)


def tone(start: float, count: int, rate: int = MICROPHONE_RATE) -> np.ndarray:
    """A sweep, so that a wrong time does not look right."""
    at = start + np.arange(count) / rate
    return (8_000 * np.sin(2 * np.pi * (300 + 100 * at) * at)).astype(np.int16)


def tell(reference: EchoReference, start: float, seconds: float, ahead: float = 0.0) -> None:
    """A client's loudspeaker plays the sweep from a time on its clock."""
    for index in range(round(seconds / 0.02)):
        at = start + 0.02 * index
        reference.tell(round((at + ahead) * SECOND_US), tone(at, 960, PLAYOUT_RATE).tobytes())


def heard(reference: EchoReference, start: float, frames: int) -> np.ndarray:
    return np.concatenate(
        [
            reference.beside(0.0, round((start + 0.02 * (index + 1)) * SECOND_US), FRAME)
            for index in range(frames)
        ]
    )


def lag(sound: np.ndarray, start: float) -> float:
    """By how many seconds the sweep in a sound is ahead of its time."""
    tries = np.arange(-0.12, 0.05, 0.0001)
    likeness = [np.corrcoef(sound, tone(start + ahead, len(sound)))[0, 1] for ahead in tries]
    assert max(likeness) > 0.95
    return float(tries[int(np.argmax(likeness))])


def test_what_left_the_stage_counts_for_a_client_that_tells_nothing() -> None:
    reference = EchoReference(Theatre())
    sound = reference.beside(50.0, 0, FRAME)
    assert np.array_equal(sound, tone(50.0 - ECHO_DELAY_S - 0.02, FRAME))
    assert reference.quiet_for() == 0.0


def test_what_a_client_tells_is_found_on_its_own_clock() -> None:
    reference = EchoReference(Theatre())
    tell(reference, 5.0, 1.0)
    assert lag(heard(reference, 5.2, 20), 5.2) == pytest.approx(LEAD_S, abs=0.002)
    assert reference.quiet_for() == 0.0


def test_a_device_of_little_latency_leads_by_what_it_has() -> None:
    reference = EchoReference(Theatre())
    sound = []
    for index in range(50):
        at = 7.0 + 0.02 * index
        reference.tell(round(at * SECOND_US), tone(at, 960, PLAYOUT_RATE).tobytes())
        sound.append(reference.beside(0.0, round((at + 0.02) * SECOND_US), FRAME))
    assert lag(np.concatenate(sound[10:]), 7.2) == pytest.approx(0.0, abs=0.002)


def test_a_device_that_falls_behind_is_followed() -> None:
    reference = EchoReference(Theatre())
    tell(reference, 5.0, 0.5)
    heard(reference, 5.2, 5)
    tell(reference, 5.5, 1.0, ahead=0.1)
    assert lag(heard(reference, 6.2, 10), 6.2) == pytest.approx(LEAD_S - 0.1, abs=0.032)


def test_silence_after_the_voice_is_counted_on_the_clients_clock() -> None:
    reference = EchoReference(Theatre())
    tell(reference, 5.0, 1.0)
    heard(reference, 5.5, 65)
    assert reference.quiet_for() == pytest.approx(0.8, abs=0.05)


@pytest.mark.parametrize("size", [5, 20_000])
def test_a_piece_of_a_wrong_size_is_refused(size: int) -> None:
    with pytest.raises(BadInputError, match="48 kHz"):
        EchoReference(Theatre()).tell(0, bytes(size))
