"""The microphone on a real sound card: what is said arrives as frames for the backend."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import numpy as np
import pytest

from config import Settings
from frontend.audio_inputs import input_names
from frontend.framing import FRAME_BYTES
from frontend.microphone import Microphone
from tests.support.pulse import SoundCard
from tests.support.window_parts import run, wait_until

CARD_RATE = 48_000
RATE = 16_000


@pytest.fixture
def microphone(settings: Settings, pulse_sink: SoundCard) -> Iterator[Microphone]:
    made = Microphone(settings.model_copy(update={"audio_backend": "sounddevice"}), run)
    made.start()
    yield made
    made.close()


def test_a_tone_that_is_spoken_arrives(microphone: Microphone, pulse_sink: SoundCard) -> None:
    frames: list[bytes] = []
    microphone.listen("test", lambda frame, _at: frames.append(frame))
    wait_until(lambda: frames)
    times = np.arange(CARD_RATE * 2) / CARD_RATE
    sound = (np.sin(2 * np.pi * 440 * times) * 12_000).astype(np.int16)
    speaker = threading.Thread(target=pulse_sink.speak, args=(sound,))
    speaker.start()
    wait_until(lambda: microphone.levels[0] > 0.6)
    speaker.join()
    time.sleep(0.3)
    assert {len(frame) for frame in frames} == {FRAME_BYTES}
    heard = np.frombuffer(b"".join(frames), "<i2").astype(float)
    loud = np.flatnonzero(np.abs(heard) > 500)
    assert (loud[-1] - loud[0]) / RATE == pytest.approx(2.0, abs=0.1)
    part = heard[loud[0] + 2_000 : loud[0] + 2_000 + RATE]
    spectrum = np.abs(np.fft.rfft(part * np.hanning(len(part))))
    assert np.argmax(spectrum) == pytest.approx(440, abs=2)


def test_frames_come_in_real_time(microphone: Microphone) -> None:
    frames: list[bytes] = []
    microphone.listen("test", lambda frame, _at: frames.append(frame))
    wait_until(lambda: frames)
    frames.clear()
    time.sleep(1.0)
    assert len(frames) == pytest.approx(50, abs=6)


def test_the_card_is_listed_and_a_lost_one_is_told(
    microphone: Microphone, settings: Settings, pulse_sink: SoundCard
) -> None:
    assert "default" in input_names("sounddevice")
    microphone.configure(
        settings.model_copy(update={"audio_backend": "sounddevice", "input_device": "Lost headset"})
    )
    microphone.listen("test", lambda _frame, _at: None)
    wait_until(lambda: microphone.problem)
    assert "Lost headset is not there" in microphone.problem
