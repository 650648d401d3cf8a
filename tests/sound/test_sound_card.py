"""sounddevice plays and records on the virtual sound card: the air that other sound tests use."""

from __future__ import annotations

import numpy as np

from tests.support.pulse import Samples, SoundCard

RATE = 48_000


def tone(hertz: float, seconds: float) -> Samples:
    times = np.arange(int(RATE * seconds)) / RATE
    return (np.sin(2 * np.pi * hertz * times) * 12_000).astype(np.int16)


def frequency(samples: Samples) -> float:
    """The loudest frequency in Hz, refined between the bins by a parabola."""
    heard = samples[np.abs(samples) > 500]
    assert len(heard) > RATE // 4, "nothing was heard"
    first = int(np.argmax(np.abs(samples) > 500))
    piece = samples[first : first + RATE // 2].astype(float)
    spectrum = np.log(np.abs(np.fft.rfft(piece * np.hanning(len(piece)))) + 1e-9)
    peak = int(np.argmax(spectrum))
    left, centre, right = spectrum[peak - 1 : peak + 2]
    return float((peak + 0.5 * (left - right) / (left - 2 * centre + right)) * RATE / len(piece))


def test_what_is_played_is_heard(pulse_sink: SoundCard) -> None:
    import sounddevice

    with pulse_sink.recording() as take:
        sounddevice.play(tone(1000, 0.8), RATE, device="default", blocking=True)
    assert abs(frequency(take.samples) - 1000) < 1


def test_what_is_spoken_reaches_the_microphone(pulse_sink: SoundCard) -> None:
    import sounddevice

    heard = sounddevice.rec(int(4.0 * RATE), RATE, channels=1, dtype="int16", device="default")
    pulse_sink.speak(tone(440, 2.0))
    sounddevice.wait()
    assert abs(frequency(heard[:, 0]) - 440) < 1
