"""The path that explains a sound best, for sounds whose path is known."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from backend.media.echo_fit import convolved, fit

TAPS, SAMPLES = 1_000, 4_000


def played(seed: int) -> NDArray[np.float32]:
    """Noise with most of its power in the low frequencies, as speech has."""
    white = np.random.default_rng(seed).standard_normal(SAMPLES + TAPS - 1)
    return np.convolve(white, 0.8 ** np.arange(20), "same").astype(np.float32)


def room(seed: int) -> NDArray[np.float32]:
    at = np.arange(TAPS)
    decaying = np.random.default_rng(seed).standard_normal(TAPS) * np.exp(-(at - 200) / 150)
    return np.where(at < 200, 0.0, decaying).astype(np.float32)


def test_a_path_is_applied_as_a_convolution() -> None:
    far, path = played(1), room(2)
    expected = np.convolve(far.astype(np.float64), path)[TAPS - 1 : TAPS - 1 + SAMPLES]
    assert np.abs(convolved(path, far) - expected).max() < 1e-3


def test_an_echo_is_explained_by_its_path() -> None:
    far, path = played(1), room(2)
    found = fit(convolved(path, far), far)
    assert found.gain_db > 20
    assert np.argmax(np.abs(found.path)) == np.argmax(np.abs(path))
    assert np.corrcoef(found.path, path)[0, 1] > 0.9


@pytest.mark.parametrize("seed", range(5))
def test_a_sound_of_another_source_is_not_explained(seed: int) -> None:
    assert fit(played(seed)[-SAMPLES:], played(100 + seed)).gain_db < 3


def test_silence_explains_and_is_nothing() -> None:
    silence = np.zeros(SAMPLES + TAPS - 1, np.float32)
    assert fit(silence[:SAMPLES], played(1)).gain_db == pytest.approx(0.0)
    nothing = fit(played(1)[:SAMPLES], silence)
    assert nothing.gain_db == pytest.approx(0.0)
    assert not nothing.path.any()
