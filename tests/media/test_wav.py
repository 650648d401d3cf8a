from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from backend.errors import BadInputError, StorageError
from backend.media.wav import parse_wav, read_wav, write_wav

SOUND = (np.sin(np.arange(4000) / 9) * 12_000).astype(np.int16)


def riff(encoding: int, channels: int, rate: int, bits: int, data: bytes) -> bytes:
    block = channels * bits // 8
    form = struct.pack("<HHIIHH", encoding, channels, rate, rate * block, block, bits)
    body = b"WAVEfmt " + struct.pack("<I", len(form)) + form
    body += b"LIST" + struct.pack("<I", 3) + b"abc\0"
    body += b"data" + struct.pack("<I", len(data)) + data
    return b"RIFF" + struct.pack("<I", len(body)) + body


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    path = tmp_path / "new" / "a.wav"
    write_wav(path, SOUND, 22_050)
    pcm, rate = read_wav(path)
    assert rate == 22_050
    assert np.array_equal(pcm, SOUND)
    assert [entry.name for entry in path.parent.iterdir()] == ["a.wav"]


@pytest.mark.parametrize(
    ("encoding", "bits", "data"),
    [
        (1, 8, ((SOUND >> 8) + 128).astype(np.uint8).tobytes()),
        (1, 24, b"".join(struct.pack("<i", int(v) << 8)[:3] for v in SOUND)),
        (1, 32, (SOUND.astype(np.int32) << 16).tobytes()),
        (3, 32, (SOUND / 32768).astype("<f4").tobytes()),
        (3, 64, (SOUND / 32768).astype("<f8").tobytes()),
    ],
)
def test_other_sample_formats(tmp_path: Path, encoding: int, bits: int, data: bytes) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(riff(encoding, 1, 16_000, bits, data))
    pcm, _ = read_wav(path)
    assert np.abs(pcm.astype(int) - SOUND).max() <= (256 if bits == 8 else 1)


def test_stereo_is_mixed_down(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(riff(1, 2, 8_000, 16, np.array([[10, 30]] * 50, "<i2").tobytes()))
    pcm, _ = read_wav(path)
    assert pcm.tolist() == [20] * 50


def test_a_streamed_header_without_a_size_is_read_to_the_end(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    data = bytearray(riff(1, 1, 8_000, 16, SOUND.tobytes()))
    data[data.index(b"data") + 4 : data.index(b"data") + 8] = b"\xff" * 4
    path.write_bytes(bytes(data))
    assert len(read_wav(path)[0]) == len(SOUND)


def test_a_cut_off_file_is_refused_but_can_be_parsed(tmp_path: Path) -> None:
    path = tmp_path / "cut.wav"
    write_wav(path, SOUND, 1_000)
    path.write_bytes(path.read_bytes()[:-3_001])
    with pytest.raises(BadInputError, match=r"cut\.wav is cut off: 1\.5 s"):
        read_wav(path)
    content = parse_wav(path)
    assert len(content.pcm) == 4000 - 1501
    assert np.array_equal(content.pcm, SOUND[: len(content.pcm)])


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"ID3\x04 not a wav at all", "not a WAV"),
        (b"RIFF\x04\0\0\0WAVE", "header is not complete"),
        (riff(1, 1, 8_000, 16, b""), "no sound"),
        (riff(85, 1, 8_000, 16, b"\0" * 100), "not supported"),
        (riff(1, 0, 8_000, 16, b"\0" * 100), "not supported"),
        (riff(3, 1, 8_000, 32, struct.pack("<f", float("nan")) * 9), "not numbers"),
    ],
)
def test_broken_files_are_named_in_one_sentence(tmp_path: Path, data: bytes, words: str) -> None:
    path = tmp_path / "bad.wav"
    path.write_bytes(data)
    with pytest.raises(BadInputError, match=words) as caught:
        read_wav(path)
    assert caught.value.message.startswith("bad.wav ")


def test_missing_files_and_unwritable_folders(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="cannot be read"):
        read_wav(tmp_path / "none.wav")
    (tmp_path / "file").write_text("x")
    with pytest.raises(StorageError, match="cannot be written"):
        write_wav(tmp_path / "file" / "a.wav", SOUND, 8_000)


def test_a_failed_write_keeps_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.wav"
    write_wav(path, SOUND, 8_000)

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("backend.media.wav.os.fsync", full)
    with pytest.raises(StorageError, match="No space left"):
        write_wav(path, SOUND[:10], 8_000)
    assert len(read_wav(path)[0]) == len(SOUND)
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.wav"]
