"""Writing and reading MP4 files: H.264 and AAC, exact times, whole or not at all."""

from __future__ import annotations

import os
import queue
import tempfile
import threading
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any

import av
import cv2
import numpy as np
from av.container import InputContainer, OutputContainer
from numpy.typing import NDArray

from backend.errors import BadInputError, StorageError
from backend.media.pcm import FULL_SCALE, Pcm

Bgr = NDArray[np.uint8]
"""A picture: (height, width, 3) BGR."""

_QUEUED_FRAMES = 8
_AAC_FRAME = 1024
_AUDIO_BITRATE = 128_000
_TEMPORARY_SUFFIX = ".part.mp4"


class Mp4Writer:
    """Encodes a video while it is rendered: `with Mp4Writer(...) as writer`.

    Frames are handed to a thread of the writer's own through a short queue, so that rendering and
    encoding overlap and a slow disk slows the renderer instead of filling the memory. The file
    stands at its place only after the `with` block ended without an error. Sound may be written
    before, between or after the frames.
    """

    def __init__(
        self,
        path: Path | str,
        size: tuple[int, int],
        fps: int,
        sample_rate: int = 48_000,
        preset: str = "ultrafast",
        crf: int = 24,
    ) -> None:
        """Prepare, without touching the disk.

        Args:
            path: Where the video shall stand.
            size: Width and height in pixels, both even.
            fps: Frames a second.
            sample_rate: Of the sound in the file, Hz.
            preset: x264's speed. On the drawn character "ultrafast" takes half the time of
                "superfast" for the same luma PSNR, in a file a third larger.
            crf: x264's quality, 0 (lossless) to 51; 24 gives a luma PSNR of 41 dB there.

        Raises:
            BadInputError: The size is odd or empty, or the frame rate is not positive.
        """
        width, height = size
        if width < 2 or height < 2 or width % 2 or height % 2:
            raise BadInputError(f"A video needs an even width and height, not {width}×{height}.")
        if fps < 1:
            raise BadInputError(f"A video needs at least 1 frame a second, not {fps}.")
        self.path = Path(path)
        self.size = size
        self.fps = fps
        self.sample_rate = sample_rate
        # B-frames cost more than they save on a face that hardly moves.
        # Neither does looking ahead pay there; x264 calls both "zerolatency".
        self.options = {"preset": preset, "crf": str(crf), "tune": "zerolatency"}
        self._queue: queue.Queue[tuple[str, NDArray[Any]] | None] = queue.Queue(_QUEUED_FRAMES)
        self._ended = False
        self._failure: Exception | None = None
        self._temporary = Path()
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Mp4Writer:
        """Open the temporary file and start the encoder.

        Raises:
            StorageError: The folder cannot be written.
        """
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(
                prefix=f".{self.path.stem}.", suffix=_TEMPORARY_SUFFIX, dir=self.path.parent
            )
        except OSError as error:
            raise StorageError(self._cannot_write(error)) from error
        os.close(handle)
        self._temporary = Path(name)
        self._thread = threading.Thread(target=self._run, name="mp4-encoder", daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Finish the file and move it to its place; after an error, leave nothing.

        Raises:
            StorageError: The video could not be written.
        """
        assert self._thread is not None
        if error is not None:
            self._failure = self._failure or RuntimeError("abandoned")
        self._queue.put(None)
        self._thread.join()
        try:
            if error is None:
                if self._failure is not None:
                    raise StorageError(self._cannot_write(self._failure)) from self._failure
                self._temporary.replace(self.path)
        except OSError as problem:
            raise StorageError(self._cannot_write(problem)) from problem
        finally:
            self._temporary.unlink(missing_ok=True)

    def write_frame(self, bgr: Bgr) -> None:
        """Append one picture; it may be reused as soon as this returns.

        Args:
            bgr: (height, width, 3) uint8 BGR of the writer's size.

        Raises:
            BadInputError: The picture has another size.
            StorageError: The encoder failed.
        """
        if bgr.shape != (self.size[1], self.size[0], 3):
            raise BadInputError(
                f"A frame of {bgr.shape} does not fit a video of {self.size[0]}×{self.size[1]}."
            )
        # A copy is cheaper than the conversion, which the encoder's thread does on another core.
        self._put("video", bgr.copy())

    def write_audio(self, pcm: Pcm) -> None:
        """Append sound: (samples,) int16 mono at the writer's sample rate.

        Raises:
            StorageError: The encoder failed.
        """
        if len(pcm):
            self._put("audio", np.array(pcm, np.int16))

    def _put(self, kind: str, data: NDArray[Any]) -> None:
        if self._failure is not None:
            raise StorageError(self._cannot_write(self._failure)) from self._failure
        self._queue.put((kind, data))

    def _run(self) -> None:
        """The encoder's thread: encode until told to end; after a failure only empty the queue."""
        try:
            with av.open(str(self._temporary), "w", options={"movflags": "+faststart"}) as file:
                encoder = _Encoder(file, self)
                for kind, data in self._items():
                    encoder.encode(kind, data)
                encoder.finish()
            self._flush_to_disk()
        except Exception as error:
            self._failure = self._failure or error
            for _ in self._items():
                pass

    def _items(self) -> Iterator[tuple[str, NDArray[Any]]]:
        """What comes out of the queue until its end, which comes only once."""
        while not self._ended:
            item = self._queue.get()
            if item is None:
                self._ended = True
            else:
                yield item

    def _flush_to_disk(self) -> None:
        with self._temporary.open("rb+") as file:
            os.fsync(file.fileno())

    def _cannot_write(self, error: Exception) -> str:
        reason = getattr(error, "strerror", None) or str(error)
        return f"The video {self.path} cannot be written: {reason}."


class _Encoder:
    """The two streams of an open file; lives in the writer's thread."""

    def __init__(self, file: OutputContainer, writer: Mp4Writer) -> None:
        self._file = file
        self._writer = writer
        self._video = file.add_stream("libx264", rate=writer.fps, options=writer.options)
        self._video.width, self._video.height = writer.size
        self._video.pix_fmt = "yuv420p"
        self._video.codec_context.time_base = Fraction(1, writer.fps)
        self._video.codec_context.thread_count = 2
        # At this bit rate the fast coder sounds the same, in half the time.
        self._audio = file.add_stream("aac", rate=writer.sample_rate, options={"aac_coder": "fast"})
        self._audio.layout = "mono"
        self._audio.bit_rate = _AUDIO_BITRATE
        self._audio_base = Fraction(1, writer.sample_rate)
        self._rest: Pcm = np.zeros(0, np.int16)
        self._frames = 0
        self._samples = 0

    def encode(self, kind: str, data: NDArray[Any]) -> None:
        """Take a picture (BGR) or sound (int16)."""
        if kind == "video":
            self._encode_frame(data)
        else:
            self._encode_sound(data)

    def finish(self) -> None:
        """Write what the encoders still hold."""
        self._encode_block(self._rest)
        for stream in (self._video, self._audio):
            self._file.mux(stream.encode(None))

    def _encode_frame(self, bgr: Bgr) -> None:
        i420 = np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2YUV_I420), np.uint8)
        # No copy: the encoder makes its own.
        frame = av.VideoFrame.from_numpy_buffer(i420, format="yuv420p")
        frame.pts = self._frames
        frame.time_base = Fraction(1, self._writer.fps)
        self._frames += 1
        self._file.mux(self._video.encode(frame))

    def _encode_sound(self, pcm: Pcm) -> None:
        """Cut the sound to AAC's frames; what is left waits for more."""
        pcm = np.concatenate([self._rest, pcm])
        whole = len(pcm) // _AAC_FRAME * _AAC_FRAME
        for start in range(0, whole, _AAC_FRAME):
            self._encode_block(pcm[start : start + _AAC_FRAME])
        self._rest = pcm[whole:]

    def _encode_block(self, pcm: Pcm) -> None:
        if not len(pcm):
            return
        planar = (pcm.astype(np.float32) / FULL_SCALE)[None]
        frame = av.AudioFrame.from_ndarray(planar, format="fltp", layout="mono")
        frame.sample_rate = self._writer.sample_rate
        frame.pts = self._samples
        frame.time_base = self._audio_base
        self._samples += len(pcm)
        self._file.mux(self._audio.encode(frame))


def iter_frames(path: Path | str) -> Iterator[tuple[float, Bgr]]:
    """Decode the pictures of a video.

    Yields:
        The time at which the picture appears, in seconds, and the picture.

    Raises:
        BadInputError: The file cannot be read or holds no pictures.
    """
    with _open(path) as file:
        if not file.streams.video:
            raise BadInputError(f"{Path(path).name} holds no pictures. Choose a video.")
        try:
            for frame in file.decode(video=0):
                yield float(frame.time or 0.0), np.asarray(frame.to_ndarray(format="bgr24"))
        except av.FFmpegError as error:
            raise BadInputError(f"{Path(path).name} is damaged: {error.strerror}.") from error


def read_audio(path: Path | str) -> tuple[Pcm, int]:
    """Decode the sound of a video, placed on the video's clock.

    Returns:
        (samples,) int16 mono, whose first sample is at 0 s of the video, and its rate in Hz.

    Raises:
        BadInputError: The file cannot be read or holds no sound.
    """
    parts: list[Pcm] = []
    with _open(path) as file:
        if not file.streams.audio:
            raise BadInputError(f"{Path(path).name} holds no sound. Choose another file.")
        rate = file.streams.audio[0].rate
        try:
            frames = list(file.decode(audio=0))
        except av.FFmpegError as error:
            raise BadInputError(f"{Path(path).name} is damaged: {error.strerror}.") from error
        lead = round(float(frames[0].time or 0.0) * rate) if frames else 0
        resampler = av.AudioResampler(format="s16", layout="mono", rate=rate)
        for frame in frames:
            parts += [_samples(out) for out in resampler.resample(frame)]
    sound = np.concatenate([np.zeros(max(0, lead), np.int16), *parts]).astype(np.int16)
    return sound[max(0, -lead) :], rate


def _samples(frame: av.AudioFrame) -> Pcm:
    samples: Pcm = frame.to_ndarray().reshape(-1).astype(np.int16)
    return samples


def _open(path: Path | str) -> InputContainer:
    try:
        return av.open(str(path))
    except (av.FFmpegError, OSError) as error:
        reason = error.strerror or str(error)
        raise BadInputError(f"{Path(path).name} cannot be read as a video: {reason}.") from error
