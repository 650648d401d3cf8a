from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from backend.errors import BadInputError, StorageError
from backend.media.mp4 import Mp4Writer, iter_frames, read_audio

SIZE = (96, 64)


def picture(value: int) -> np.ndarray:
    return np.full((64, 96, 3), value, np.uint8)


def write_flashes(path: Path, rate: int, flashes: tuple[int, ...], count: int = 60) -> None:
    sound = np.zeros(rate * count // 30, np.int16)
    for index in flashes:
        sound[index * rate // 30 :][: rate // 100] = 20_000
    with Mp4Writer(path, SIZE, 30, rate, preset="ultrafast") as writer:
        for index in range(count):
            writer.write_frame(picture(255 if index in flashes else 0))
            if index == count // 2:
                writer.write_audio(sound[:10_001])
        writer.write_audio(sound[10_001:])


@pytest.mark.parametrize("rate", [22_050, 48_000])
def test_sound_and_picture_start_together(tmp_path: Path, rate: int) -> None:
    path = tmp_path / "a.mp4"
    write_flashes(path, rate, (15, 40))
    seen = [time for time, frame in iter_frames(path) if frame.mean() > 128]
    pcm, decoded_rate = read_audio(path)
    assert decoded_rate == rate
    heard = np.flatnonzero(np.abs(pcm.astype(int)) > 8_000) / rate
    assert seen == pytest.approx([0.5, 40 / 30])
    assert heard[0] == pytest.approx(seen[0], abs=0.005)
    assert heard[heard > 1][0] == pytest.approx(seen[1], abs=0.005)


def test_streams_are_what_players_expect(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    write_flashes(path, 48_000, (3,))
    with av.open(str(path)) as file:
        video, audio = file.streams.video[0], file.streams.audio[0]
        assert video.codec_context.name == "h264"
        assert video.codec_context.pix_fmt == "yuv420p"
        assert video.average_rate == 30
        assert (video.width, video.height) == SIZE
        assert audio.codec_context.name == "aac"
        assert float(video.duration * video.time_base) == pytest.approx(2.0)
    data = path.read_bytes()
    assert data.find(b"moov") < data.find(b"mdat")


def test_the_renderer_may_reuse_its_frame(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    frame = picture(0)
    with Mp4Writer(path, SIZE, 10) as writer:
        for value in (0, 120, 240):
            frame[:] = value
            writer.write_frame(frame)
    values = [image.mean() for _, image in iter_frames(path)]
    assert values == pytest.approx([0, 120, 240], abs=4)


def test_an_error_inside_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    with pytest.raises(RuntimeError, match="mine"), Mp4Writer(path, SIZE, 30) as writer:
        writer.write_frame(picture(9))
        raise RuntimeError("mine")
    assert list(tmp_path.iterdir()) == []


def test_an_encoder_failure_is_told_and_keeps_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(b"old")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("backend.media.mp4._Encoder._encode_frame", full)
    with pytest.raises(StorageError, match="No space left"), Mp4Writer(path, SIZE, 30) as writer:
        for _ in range(100):
            writer.write_frame(picture(9))
    assert path.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.mp4"]


def test_a_disk_that_fills_at_the_very_end_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("backend.media.mp4.os.fsync", full)
    path = tmp_path / "a.mp4"
    with pytest.raises(StorageError, match="No space left"), Mp4Writer(path, SIZE, 30) as writer:
        writer.write_frame(picture(9))
    assert list(tmp_path.iterdir()) == []


def test_wrong_sizes_and_rates_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="even"):
        Mp4Writer(tmp_path / "a.mp4", (95, 64), 30)
    with pytest.raises(BadInputError, match="1 frame"):
        Mp4Writer(tmp_path / "a.mp4", SIZE, 0)
    with (
        pytest.raises(BadInputError, match="does not fit"),
        Mp4Writer(tmp_path / "a.mp4", SIZE, 30) as writer,
    ):
        writer.write_frame(np.zeros((10, 10, 3), np.uint8))
    assert list(tmp_path.iterdir()) == []


def test_an_unwritable_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with (
        pytest.raises(StorageError, match="cannot be written"),
        Mp4Writer(tmp_path / "file" / "a.mp4", SIZE, 30),
    ):
        pass


def test_reading_what_is_not_a_video(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(b"not a video")
    with pytest.raises(BadInputError, match=r"a\.mp4"):
        list(iter_frames(path))
    with pytest.raises(BadInputError, match=r"a\.mp4"):
        read_audio(path)
