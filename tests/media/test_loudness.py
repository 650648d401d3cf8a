"""Loudness by the figures that the standards give for tones."""

from __future__ import annotations

import numpy as np
import pytest

from backend.media.loudness import SILENCE_LUFS, VoiceLevel, gain_to, loudness
from backend.media.pcm import apply_gain


def sine(dbfs: float, hertz: float, rate: int, seconds: float = 3.0) -> np.ndarray:
    wave = np.sin(2 * np.pi * hertz * np.arange(round(rate * seconds)) / rate)
    return np.rint(wave * 32767 * 10 ** (dbfs / 20)).astype(np.int16)


@pytest.mark.parametrize("rate", [16_000, 22_050, 44_100, 48_000])
def test_a_reference_tone_has_its_loudness(rate: int) -> None:
    # BS.1770-4, annex 1: 997 Hz in one channel, 0 dBFS, is -3.01 LKFS.
    assert loudness(sine(-20.0, 997.0, rate), rate) == pytest.approx(-23.01, abs=0.05)


def test_the_table_of_the_standard_is_met_at_48_khz() -> None:
    # The coefficients of BS.1770-4, tables 1 and 2, as gains at four frequencies.
    shelf = (
        (1.53512485958697, -2.69169618940638, 1.19839281085285),
        (1.0, -1.69065929318241, 0.73248077421585),
    )
    high_pass = ((1.0, -2.0, 1.0), (1.0, -1.99004745483398, 0.99007225036621))
    for hertz in (60.0, 500.0, 2_000.0, 8_000.0):
        turn = np.exp(-2j * np.pi * hertz / 48_000 * np.arange(3))
        gain = 1.0
        for over, under in (shelf, high_pass):
            gain *= abs(np.dot(over, turn) / np.dot(under, turn))
        expected = -0.691 + 20 * np.log10(gain) - 3.01 - 20.0
        assert loudness(sine(-20.0, hertz, 48_000), 48_000) == pytest.approx(expected, abs=0.03)


def test_pauses_do_not_count() -> None:
    # EBU Tech 3341, case 3: quiet parts around a loud one are gated away.
    rate = 48_000
    parts = [sine(-36.0, 1000.0, rate, 4), sine(-20.0, 1000.0, rate, 8), np.zeros(rate * 4)]
    sound = np.concatenate(parts).astype(np.int16)
    assert loudness(sound, rate) == pytest.approx(-23.0, abs=0.2)


def test_the_gain_brings_a_sound_to_the_target() -> None:
    sound = sine(-31.0, 440.0, 22_050)
    assert loudness(apply_gain(sound, gain_to(sound, 22_050)), 22_050) == pytest.approx(
        -18.0, abs=0.05
    )


def test_silence_and_short_sounds() -> None:
    assert loudness(np.zeros(0, np.int16), 22_050) == SILENCE_LUFS
    assert loudness(np.zeros(9_000, np.int16), 22_050) == SILENCE_LUFS
    assert gain_to(np.zeros(9_000, np.int16), 22_050) == 1.0
    short = sine(-20.0, 997.0, 22_050, 0.1)
    assert loudness(short, 22_050) == pytest.approx(-23.0, abs=0.6)


def test_a_voice_is_known_after_half_a_minute_and_keeps_its_accents() -> None:
    level = VoiceLevel()
    assert (level.gain, level.known) == (1.0, False)
    level.hear(np.zeros(48_000, np.int16), 48_000)
    assert level.seconds == 0.0
    quiet, loud = sine(-30.0, 997.0, 48_000, 8.0), sine(-24.0, 997.0, 48_000, 8.0)
    for sound in (quiet, loud, quiet, loud):
        assert not level.known
        level.hear(sound, 48_000)
    assert level.known
    spoken = np.concatenate([quiet, loud, quiet, loud])
    assert loudness(apply_gain(spoken, level.gain), 48_000) == pytest.approx(-18.0, abs=0.1)
