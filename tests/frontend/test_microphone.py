"""The microphone: framing at any rate, devices that are missing, vanish and come back."""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np
import pytest

from config import Settings
from frontend.audio_inputs import Deliver, Input, NoMicrophoneError, input_names, open_input
from frontend.devices import DeviceScan, named
from frontend.framing import FRAME_BYTES, Framer
from frontend.microphone import Microphone, decibels
from tests.support.window_parts import run, wait_until

RATE = 16_000


def tone(rate: int, seconds: float, hertz: float = 440.0, level: int = 12_000) -> np.ndarray:
    times = np.arange(round(rate * seconds)) / rate
    return (np.sin(2 * np.pi * hertz * times) * level).astype("<i2")


def framed(sound: np.ndarray, rate: int, channels: int, block: int) -> np.ndarray:
    framer = Framer(rate, channels)
    data = sound.tobytes()
    frames = [
        frame for at in range(0, len(data), block) for frame in framer.feed(data[at : at + block])
    ]
    assert all(len(frame) == FRAME_BYTES for frame in frames)
    return np.frombuffer(b"".join(frames), "<i2")


@pytest.mark.parametrize("rate", [8_000, 11_025, 16_000, 22_050, 44_100, 48_000, 96_000])
@pytest.mark.parametrize("channels", [1, 2])
def test_any_rate_becomes_16_khz_with_the_same_tone(rate: int, channels: int) -> None:
    sound = np.repeat(tone(rate, 2.0)[:, None], channels, axis=1)
    pcm = framed(sound, rate, channels, block=rate // 50 * 2 * channels)
    assert len(pcm) / RATE == pytest.approx(2.0, abs=0.1)
    part = pcm[RATE // 2 : RATE // 2 + RATE].astype(float)
    spectrum = np.abs(np.fft.rfft(part * np.hanning(len(part))))
    assert np.argmax(spectrum) == pytest.approx(440, abs=1)
    assert np.max(np.abs(part)) == pytest.approx(12_000, rel=0.02)


@pytest.mark.parametrize("hertz", [9_500, 12_000, 20_000])
def test_what_16_khz_cannot_hold_is_taken_out(hertz: float) -> None:
    pcm = framed(tone(48_000, 1.0, hertz), 48_000, 1, block=1920)
    rms, _peak = decibels(pcm[3_000:13_000].tobytes())
    assert rms < -70


def test_little_sound_is_held_back() -> None:
    framer = Framer(48_000, 1)
    sound = tone(48_000, 1.0).tobytes()
    behind = [(at + 1920) / 96_000 - 0.02 * frames for at, frames in _counted(framer, sound, 1920)]
    assert max(behind[10:]) <= 0.03


def _counted(framer: Framer, sound: bytes, block: int) -> list[tuple[int, int]]:
    """Where each block begins, and how many frames came out by its end."""
    counts, total = [], 0
    for at in range(0, len(sound), block):
        total += len(framer.feed(sound[at : at + block]))
        counts.append((at, total))
    return counts


def test_blocks_that_end_inside_a_sample_are_joined() -> None:
    sound = tone(RATE, 0.5)
    assert np.array_equal(framed(sound, RATE, 1, block=333), sound[: len(sound) // 320 * 320])


def test_a_channel_without_a_microphone_does_not_halve_the_other() -> None:
    sound = np.stack([tone(48_000, 1.0), np.zeros(48_000, "<i2")], axis=1)
    pcm = framed(sound, 48_000, 2, block=3840)
    assert np.max(np.abs(pcm[4_000:])) == pytest.approx(12_000, rel=0.02)


def test_full_scale_is_clipped_and_does_not_wrap() -> None:
    square = np.sign(tone(48_000, 0.5, 300)).astype("<i2") * 32_767
    pcm = framed(square, 48_000, 1, block=1920)
    middle = pcm[2_000:6_000].astype(int)
    assert np.mean(np.abs(middle) > 25_000) > 0.9


class Device:
    """A microphone in memory: the test says what it hears."""

    label = "Desk microphone"
    rate = 48_000
    channels = 1

    def __init__(self, deliver: Deliver) -> None:
        self.alive = True
        self.closed = False
        self.deliver = deliver

    def hear(self, seconds: float) -> None:
        sound = tone(self.rate, seconds).tobytes()
        for at in range(0, len(sound), 1920):
            self.deliver(sound[at : at + 1920])

    def close(self) -> None:
        self.closed = True


class Shop:
    """Opens devices, or refuses."""

    def __init__(self) -> None:
        self.made: list[Device] = []
        self.asked: list[tuple[str, str]] = []
        self.empty = False

    def __call__(self, backend: str, device: str, deliver: Deliver) -> Input:
        self.asked.append((backend, device))
        if self.empty:
            raise NoMicrophoneError("No microphone can be opened (none).")
        self.made.append(Device(deliver))
        return self.made[-1]


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> Shop:
    monkeypatch.setattr("frontend.microphone.RETRY_S", 0.1)
    monkeypatch.setattr("frontend.microphone.WATCH_S", 0.05)
    return Shop()


@pytest.fixture
def scans() -> list[float]:
    return []


@pytest.fixture
def microphone(settings: Settings, shop: Shop, scans: list[float]) -> Iterator[Microphone]:
    scan = DeviceScan(lambda: scans.append(time.monotonic()))
    made = Microphone(settings, run, shop, scan)
    made.start()
    yield made
    made.close()


def test_it_opens_when_wanted_and_closes_when_nobody_listens(
    microphone: Microphone, shop: Shop
) -> None:
    assert not shop.made
    first: list[bytes] = []
    second: list[bytes] = []
    microphone.listen("first", lambda frame, _at: first.append(frame))
    wait_until(lambda: microphone.device)
    microphone.listen("second", lambda frame, _at: second.append(frame))
    shop.made[0].hear(0.5)
    wait_until(lambda: len(first) >= 23)
    assert len(second) == len(first)
    assert microphone.live
    assert microphone.levels[0] == pytest.approx(1 - 11.7 / 60, abs=0.02)
    microphone.leave("first")
    microphone.leave("second")
    wait_until(lambda: shop.made[0].closed)
    assert microphone.levels == (0.0, 0.0)
    assert len(shop.made) == 1


def test_a_device_that_vanishes_is_told_once_and_comes_back(
    microphone: Microphone, shop: Shop, scans: list[float]
) -> None:
    told: list[str] = []
    microphone.on_change = lambda: told.append(microphone.problem)
    heard: list[bytes] = []
    microphone.listen("me", lambda frame, _at: heard.append(frame))
    wait_until(lambda: shop.made)
    shop.made[0].hear(0.1)
    shop.empty = True
    shop.made[0].alive = False
    wait_until(lambda: len(shop.asked) >= 4)
    assert "Desk microphone went away" in microphone.problem
    assert len({text for text in told if "went away" in text}) == 1
    assert scans, "devices are looked for while none is open"
    shop.empty = False
    wait_until(lambda: len(shop.made) == 2 and not microphone.problem)
    before = len(heard)
    shop.made[1].hear(0.2)
    wait_until(lambda: len(heard) > before + 5)
    assert told[-1] == ""


def test_a_device_that_delivers_nothing_counts_as_gone(
    microphone: Microphone, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("frontend.microphone.STARTING_S", 0.2)
    microphone.listen("me", lambda _frame, _at: None)
    wait_until(lambda: len(shop.made) >= 2)
    assert shop.made[0].closed


def test_no_device_is_one_sentence(microphone: Microphone, shop: Shop) -> None:
    shop.empty = True
    microphone.listen("me", lambda _frame, _at: None)
    wait_until(lambda: microphone.problem)
    assert microphone.problem == "No microphone can be opened (none)."
    microphone.leave("me")
    wait_until(lambda: not microphone.problem)


def test_another_choice_is_opened_at_once(
    microphone: Microphone, shop: Shop, settings: Settings
) -> None:
    microphone.listen("me", lambda _frame, _at: None)
    wait_until(lambda: shop.made)
    microphone.configure(settings.model_copy(update={"input_device": "Headset"}))
    wait_until(lambda: len(shop.made) == 2)
    assert shop.made[0].closed
    assert shop.asked[-1] == ("none", "Headset")


def test_sound_of_a_device_that_was_closed_is_not_heard(
    microphone: Microphone, shop: Shop, settings: Settings
) -> None:
    heard: list[bytes] = []
    microphone.listen("me", lambda frame, _at: heard.append(frame))
    wait_until(lambda: shop.made)
    microphone.configure(settings.model_copy(update={"input_device": "Headset"}))
    wait_until(lambda: len(shop.made) == 2)
    shop.made[0].hear(0.2)
    shop.made[1].hear(0.04)
    wait_until(lambda: heard)
    assert len(heard) <= 2


def test_a_scan_waits_for_open_streams_and_asks_for_them() -> None:
    looked: list[int] = []
    asked: list[int] = []
    scan = DeviceScan(lambda: looked.append(1))
    scan.on_wanted(lambda: asked.append(1))
    with scan.opening():
        pass
    assert not scan.renew()
    assert asked and not looked
    scan.closed()
    assert scan.renew()
    assert looked
    with pytest.raises(NoMicrophoneError), scan.opening():
        raise NoMicrophoneError("refused")
    assert scan.renew()


def test_without_sound_there_is_no_microphone() -> None:
    with pytest.raises(NoMicrophoneError, match="switched off"):
        open_input("none", "", lambda _block: None)
    assert input_names("none") == []


def test_devices_are_found_by_a_part_of_their_name() -> None:
    devices = {"USB Audio: Headset": 3, "Headset": 5}
    assert named(devices, "Headset") == 5
    assert named(devices, "usb audio") == 3
    assert named(devices, "Lost") is None


def test_decibels_of_known_sounds() -> None:
    rms, peak = decibels(tone(RATE, 0.02, 400, 32_767).tobytes())
    assert rms == pytest.approx(-3.01, abs=0.05)
    assert peak == pytest.approx(0.0, abs=0.1)
    assert decibels(bytes(640)) == (-120.0, -120.0)
    assert decibels(b"") == (-120.0, -120.0)
