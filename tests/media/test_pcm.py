from __future__ import annotations

import numpy as np
import pytest

from backend.media.pcm import (
    apply_gain,
    concat_segments,
    fade,
    peak,
    resample,
    rms_dbfs,
    silence,
    speech_dbfs,
    to_mono,
)


def tone(hz: float, seconds: float, rate: int, amplitude: float = 10_000) -> np.ndarray:
    return (amplitude * np.sin(2 * np.pi * hz * np.arange(int(seconds * rate)) / rate)).astype(
        np.int16
    )


def test_resampling_keeps_pitch_level_and_length() -> None:
    out = resample(tone(440, 1.0, 22_050), 22_050, 16_000)
    assert out.dtype == np.int16
    assert len(out) == 16_000
    spectrum = np.abs(np.fft.rfft(out))
    assert abs(int(spectrum.argmax()) - 440) <= 1
    assert rms_dbfs(out) == pytest.approx(rms_dbfs(tone(440, 1.0, 22_050)), abs=0.1)


def test_resampling_does_not_delay() -> None:
    click = np.zeros(22_050, np.int16)
    click[11_025] = 20_000
    out = resample(click, 22_050, 48_000)
    assert abs(int(np.abs(out.astype(int)).argmax()) - 24_000) <= 1


def test_resampling_nothing_or_to_the_same_rate() -> None:
    assert len(resample(np.zeros(0, np.int16), 8_000, 16_000)) == 0
    sound = tone(100, 0.1, 16_000)
    same = resample(sound, 16_000, 16_000)
    assert np.array_equal(same, sound)
    assert same is not sound


def test_mono_is_the_mean_of_the_channels() -> None:
    stereo = np.array([[100, 300], [-100, 100], [32767, 32767]], np.int16)
    assert to_mono(stereo).tolist() == [200, 0, 32767]


def test_level_of_a_full_scale_sine_and_of_silence() -> None:
    assert rms_dbfs(tone(1000, 1, 16_000, 32767)) == pytest.approx(-3.01, abs=0.02)
    assert rms_dbfs(silence(1, 16_000)) == -120.0
    assert rms_dbfs(np.zeros(0, np.int16)) == -120.0


def test_pauses_do_not_lower_the_speech_level() -> None:
    spoken = tone(200, 1, 16_000)
    with_pause = concat_segments([spoken, spoken], 16_000, gap_seconds=2.0)
    assert speech_dbfs(with_pause, 16_000) == pytest.approx(rms_dbfs(spoken), abs=0.1)
    assert rms_dbfs(with_pause) < rms_dbfs(spoken) - 2


def test_gain_clips_instead_of_wrapping() -> None:
    assert apply_gain(np.array([20_000, -20_000], np.int16), 2.0).tolist() == [32767, -32768]
    assert peak(np.array([5, -32768], np.int16)) == 32768


def test_a_fade_starts_and_ends_at_zero_and_leaves_the_middle() -> None:
    sound = np.full(1600, 1000, np.int16)
    faded = fade(sound, 16_000, 0.01, 0.01)
    assert faded[0] == 0
    assert faded[-1] == 0
    assert (faded[160:-160] == 1000).all()
    assert len(fade(np.zeros(0, np.int16), 16_000)) == 0


def test_segments_join_with_gaps_between_only() -> None:
    joined = concat_segments([np.ones(10, np.int16)] * 3, 1000, gap_seconds=0.005)
    assert joined.tolist() == ([1] * 10 + [0] * 5) * 2 + [1] * 10
    assert len(concat_segments([], 1000)) == 0
