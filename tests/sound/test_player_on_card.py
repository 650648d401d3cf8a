"""The player on a real sound card: what the server sends is what comes out of it."""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np
import pytest

from config import Settings
from event_system import MediaFrame, MediaKind
from frontend.audio_io import Player
from frontend.audio_outputs import device_names
from frontend.metrics import Metrics
from tests.support.pulse import SoundCard
from tests.support.window_parts import run, wait_until

RATE = 48_000
FRAME = 960
BLOCK = 480
RECORDER_LAG_S = 0.8


def frame(index: int, generation: int = 0) -> MediaFrame:
    times = (np.arange(FRAME) + index * FRAME) / RATE
    pcm = (np.sin(2 * np.pi * 1000 * times) * 12_000).astype("<i2").tobytes()
    return MediaFrame(MediaKind.SPEECH, generation, index * 20_000, pcm)


@pytest.fixture
def player(settings: Settings, pulse_sink: SoundCard) -> Iterator[Player]:
    chosen = settings.model_copy(update={"audio_backend": "sounddevice"})
    problems: list[str] = []
    made = Player(chosen, Metrics(), problems.append, run)
    made.start()
    wait_until(lambda: made.device)
    assert not problems
    assert not made.silent
    yield made
    made.close()


def say(player: Player, frames: range) -> None:
    start = time.monotonic()
    for count, index in enumerate(frames):
        time.sleep(max(0.0, start + count * 0.02 - time.monotonic()))
        player.push(frame(index))


def heard_seconds(samples: np.ndarray) -> float:
    """How much sounds, in blocks of 10 ms; the card of a busy machine may pause in between."""
    blocks = samples[: len(samples) // BLOCK * BLOCK].reshape(-1, BLOCK)
    return float((np.abs(blocks).max(axis=1) > 500).sum()) * BLOCK / RATE


def test_a_tone_is_heard_whole(player: Player, pulse_sink: SoundCard) -> None:
    player.prepare(time.monotonic())
    time.sleep(0.3)
    with pulse_sink.recording() as take:
        say(player, range(50))
        time.sleep(RECORDER_LAG_S)
    assert heard_seconds(take.samples) == pytest.approx(1.0, abs=0.05)


def test_a_stop_is_heard_within_200_ms(player: Player, pulse_sink: SoundCard) -> None:
    player.prepare(time.monotonic())
    time.sleep(0.3)
    with pulse_sink.recording() as take:
        say(player, range(20))
        player.hush()
        say(player, range(20, 40))
        time.sleep(RECORDER_LAG_S)
    assert 0 < player._metrics.silence[0] < 0.2
    assert 0.2 < heard_seconds(take.samples) < 0.6


def test_the_card_is_listed(pulse_sink: SoundCard) -> None:
    assert "default" in device_names("sounddevice")


def test_a_name_that_is_gone_means_the_systems_choice(
    settings: Settings, pulse_sink: SoundCard
) -> None:
    chosen = settings.model_copy(
        update={"audio_backend": "sounddevice", "output_device": "Lost headset"}
    )
    player = Player(chosen, Metrics(), lambda _text: None, run)
    player.start()
    try:
        wait_until(lambda: player.device)
        assert not player.silent
    finally:
        player.close()
