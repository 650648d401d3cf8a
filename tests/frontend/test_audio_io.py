"""The loudspeaker: devices that play, fail, vanish and come back."""

from __future__ import annotations

import time
from array import array
from collections.abc import Iterator
from itertools import pairwise

import pytest

from config import Settings
from event_system import MediaFrame, MediaKind
from frontend.audio_io import Player, loudness
from frontend.audio_outputs import NoSoundError, Output, Read, SilentOutput, open_output
from frontend.devices import DeviceScan
from frontend.metrics import Metrics
from tests.support.window_parts import run, wait_until

TONE = array("h", [12_000, -12_000] * 480).tobytes()


def speech(index: int, generation: int = 0) -> MediaFrame:
    return MediaFrame(MediaKind.SPEECH, generation, index * 20_000, TONE)


class Device:
    """A device in memory that keeps what it played."""

    label = "Test speaker"
    latency = 0.01

    def __init__(self, read: Read) -> None:
        self.played = array("h")
        self.alive = True
        self.running = False
        self._read = read
        self._clock = SilentOutput("", self._listen)

    def _listen(self, samples: int, heard_at: float) -> bytes:
        block = self._read(samples, heard_at + self.latency)
        self.played.frombytes(block)
        return block

    def start(self) -> None:
        self.running = True
        self._clock.start()

    def stop(self) -> None:
        self.running = False
        self._clock.stop()

    def close(self) -> None:
        self.stop()


class Shop:
    """Opens devices, or refuses."""

    def __init__(self) -> None:
        self.made: list[Device] = []
        self.asked: list[tuple[str, str]] = []
        self.closed = False

    def __call__(self, backend: str, device: str, read: Read) -> Output:
        self.asked.append((backend, device))
        if self.closed:
            raise NoSoundError("No loudspeaker can be opened (none).")
        self.made.append(Device(read))
        return self.made[-1]


@pytest.fixture
def shop() -> Shop:
    return Shop()


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def player(settings: Settings, shop: Shop, told: list[str]) -> Iterator[Player]:
    made = Player(settings, Metrics(), told.append, run, shop, DeviceScan(lambda: None))
    made.start()
    yield made
    made.close()


def say(player: Player, frames: int, first: int = 0, generation: int = 0) -> None:
    """Push frames in real time, as the server paces them."""
    start = time.monotonic()
    for index in range(frames):
        time.sleep(max(0.0, start + index * 0.02 - time.monotonic()))
        player.push(speech(first + index, generation))


def test_speech_reaches_the_device_whole(player: Player, shop: Shop) -> None:
    wait_until(lambda: shop.made)
    player.prepare(time.monotonic())
    say(player, 10)
    wait_until(lambda: not player.speaking)
    assert sum(1 for value in shop.made[0].played if value) == 10 * 960
    assert player._metrics.first_audio[0] < 0.5


def test_the_volume_is_applied(player: Player, shop: Shop, settings: Settings) -> None:
    wait_until(lambda: shop.made)
    player.configure(settings.model_copy(update={"output_volume": 0.5}))
    say(player, 3)
    wait_until(lambda: not player.speaking)
    assert max(shop.made[0].played) == 3_000


def test_hush_is_silent_within_200_ms(player: Player, shop: Shop) -> None:
    wait_until(lambda: shop.made)
    say(player, 12)
    assert player.speaking
    player.hush()
    say(player, 5, first=12)
    assert not player.speaking
    assert 0 < player._metrics.silence[0] < 0.2


def test_after_a_flush_only_the_new_generation_is_heard(player: Player, shop: Shop) -> None:
    wait_until(lambda: shop.made)
    say(player, 6)
    player.flush(1)
    player.push(speech(6, generation=0))
    assert not any(pcm for _, pcm in player.buffer._chunks if not player.buffer._fade)
    player.push(speech(7, generation=1))
    assert player.buffer.waiting


def test_a_hush_without_a_flush_ends_by_itself(
    player: Player, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("frontend.audio_io.HUSH_S", 0.05)
    player.hush()
    player.push(speech(0))
    assert not player.speaking
    time.sleep(0.06)
    player.push(speech(10))
    assert player.speaking


def test_a_new_turn_is_heard_though_the_old_one_was_stopped(player: Player) -> None:
    player.hush()
    player.push(speech(0))
    assert not player.speaking
    player.resume()
    player.push(speech(10))
    assert player.speaking


def test_no_device_is_told_once_and_time_goes_on(
    settings: Settings, shop: Shop, told: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("frontend.audio_io.RETRY_S", 0.2)
    shop.closed = True
    player = Player(settings, Metrics(), told.append, run, shop, DeviceScan(lambda: None))
    player.start()
    try:
        wait_until(lambda: len(shop.asked) >= 3)
        assert len(told) == 1
        assert player.silent
        say(player, 5)
        wait_until(lambda: not player.speaking)
        shop.closed = False
        wait_until(lambda: not player.silent)
        assert player.device == "Test speaker"
    finally:
        player.close()


def test_a_device_that_goes_away_is_replaced_by_the_silent_clock(
    player: Player, shop: Shop, told: list[str]
) -> None:
    wait_until(lambda: shop.made)
    say(player, 5)
    shop.closed = True
    shop.made[0].alive = False
    wait_until(lambda: player.silent)
    assert len(told) == 1
    assert "went away" in told[0]


def test_silence_stops_the_device(
    player: Player, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("frontend.audio_io.LINGER_S", 0.1)
    wait_until(lambda: shop.made)
    say(player, 3)
    wait_until(lambda: not shop.made[0].running)


def test_a_device_that_is_to_stay_on_plays_silence(
    player: Player, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("frontend.audio_io.LINGER_S", 0.0)
    player.stay_on(True)
    wait_until(lambda: len(shop.made[0].played) > 0.7 * 48_000)
    assert shop.made[0].running
    player.stay_on(False)
    wait_until(lambda: not shop.made[0].running)


def test_what_is_played_is_told_with_the_time_at_which_it_is_heard(
    player: Player, shop: Shop
) -> None:
    told: list[tuple[bytes, float]] = []
    player.on_played = lambda pcm, heard_at: told.append((pcm, heard_at))
    began = time.monotonic()
    say(player, 10)
    wait_until(lambda: b"".join(pcm for pcm, _at in told).count(TONE) >= 8)
    device, count = shop.made[0], len(told)
    assert b"".join(pcm for pcm, _at in told[:count]) == device.played.tobytes()[: 1_920 * count]
    steps = [after - before for (_, before), (_, after) in pairwise(told[:count])]
    assert all(step == pytest.approx(0.02) for step in steps)
    assert told[0][1] >= began


def test_nobody_hears_what_the_silent_clock_plays(
    player: Player, shop: Shop, settings: Settings
) -> None:
    told: list[bytes] = []
    player.on_played = lambda pcm, _heard_at: told.append(pcm)
    shop.closed = True
    player.configure(settings.model_copy(update={"output_device": "another"}))
    wait_until(lambda: player.silent)
    say(player, 10)
    wait_until(lambda: len(told) >= 8)
    assert not any(any(pcm) for pcm in told)


def test_another_device_is_opened_at_once(player: Player, shop: Shop, settings: Settings) -> None:
    wait_until(lambda: shop.made)
    player.configure(settings.model_copy(update={"output_device": "Headset"}))
    wait_until(lambda: len(shop.made) == 2)
    assert shop.asked[-1] == ("none", "Headset")


def test_the_level_follows_what_is_heard(player: Player, shop: Shop) -> None:
    wait_until(lambda: shop.made)
    assert player.level(time.monotonic()) == 0.0
    say(player, 10)
    assert player.level(time.monotonic()) > 0.8
    wait_until(lambda: not player.speaking)
    assert player.level(time.monotonic()) == 0.0


@pytest.mark.parametrize(
    ("value", "expected"), [(0, 0.0), (104, 0.0), (1036, 0.5), (10362, 1.0), (32767, 1.0)]
)
def test_loudness_is_on_a_scale_of_decibels(value: int, expected: float) -> None:
    assert loudness(array("h", [value] * 960).tobytes()) == pytest.approx(expected, abs=0.01)


def test_the_silent_clock_keeps_real_time() -> None:
    asked: list[int] = []

    def read(samples: int, _heard_at: float) -> bytes:
        asked.append(samples)
        return bytes(2 * samples)

    clock = open_output("none", "", read)
    clock.start()
    time.sleep(0.3)
    clock.stop()
    count = sum(asked) / 48_000
    assert 0.25 < count < 0.4
    clock.close()


def test_an_unplugged_system_says_so_in_one_sentence(
    monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "sounddevice", None)
    with pytest.raises(NoSoundError, match="PortAudio is missing"):
        open_output("sounddevice", "", lambda samples, _at: bytes(2 * samples))
