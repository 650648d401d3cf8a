from __future__ import annotations

import logging
from pathlib import Path

import av
import numpy as np
import pytest

from backend.errors import BadInputError, TooLargeError
from backend.media.decode import decode_audio, decode_file
from backend.media.wav import write_wav

RATE = 24_000
TONE = (np.sin(2 * np.pi * 500 * np.arange(RATE) / RATE) * 12_000).astype(np.int16)


def encode(path: Path, codec: str) -> None:
    with av.open(str(path), "w") as file:
        stream = file.add_stream(codec, rate=RATE)
        stream.layout = "mono"
        fits = stream.codec_context.codec.audio_formats[0].name
        frame = av.AudioFrame.from_ndarray(TONE[None], format="s16", layout="mono")
        frame.sample_rate = RATE
        resampler = av.AudioResampler(format=fits, layout="mono", rate=RATE)
        for out in [*resampler.resample(frame), None]:
            file.mux(stream.encode(out))


def pitch(pcm: np.ndarray, rate: int) -> float:
    spectrum = np.abs(np.fft.rfft(pcm))
    return float(spectrum.argmax() * rate / len(pcm))


def test_a_wav_is_decoded_at_the_wanted_rate(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    write_wav(path, TONE, RATE)
    pcm = decode_audio(path)
    assert len(pcm) == 16_000
    assert pitch(pcm, 16_000) == pytest.approx(500, abs=2)


@pytest.mark.parametrize(("name", "codec"), [("a.flac", "flac"), ("a.m4a", "aac")])
def test_compressed_files(tmp_path: Path, name: str, codec: str) -> None:
    path = tmp_path / name
    encode(path, codec)
    decoded = decode_file(path, 16_000)
    assert decoded.warning == ""
    assert decoded.seconds == pytest.approx(1.0, abs=0.1)
    assert pitch(decoded.pcm, 16_000) == pytest.approx(500, abs=5)


def test_a_wav_that_is_cut_off_is_used_and_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "cut.wav"
    write_wav(path, TONE, RATE)
    path.write_bytes(path.read_bytes()[: 44 + RATE])
    decoded = decode_file(path, RATE)
    assert decoded.warning == "cut.wav is cut off; only its first 0.5 s could be used."
    assert np.array_equal(decoded.pcm, TONE[: RATE // 2])
    with caplog.at_level(logging.WARNING):
        decode_audio(path)
    assert "cut off" in caplog.text


def test_too_long_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    write_wav(path, TONE, RATE)
    with pytest.raises(TooLargeError, match="longer than 0 s"):
        decode_file(path, max_seconds=0.4)
    other = tmp_path / "a.flac"
    encode(other, "flac")
    with pytest.raises(TooLargeError):
        decode_file(other, max_seconds=0.4)


@pytest.mark.parametrize("data", [b"", b"hello, I am text", b"\x89PNG\r\n\x1a\n" + b"\0" * 99])
def test_what_is_not_audio_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "x.mp3"
    path.write_bytes(data)
    with pytest.raises(BadInputError, match=r"x\.mp3"):
        decode_file(path)


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="cannot be read"):
        decode_file(tmp_path / "none.wav")
