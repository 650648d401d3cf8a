"""The embedded video engine: any portrait, played by the puppet, with nothing downloaded."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field

from backend.avatar.alignment import mouth_curve_for
from backend.avatar.casting import cast_picture
from backend.avatar.film import film
from backend.avatar.motion import Performer
from backend.engines.base import (
    Availability,
    ClipAnimator,
    ClipRequest,
    EngineOptions,
    Progress,
)
from backend.media.decode import decode_audio
from event_system import PLAYOUT_RATE


class PuppetClip(ClipAnimator):
    """Moves the lips, eyes and head of a portrait; seconds of video in about as many seconds."""

    name = "puppet"
    label = "Puppet"
    summary = "Moves any portrait at once, on any computer."
    embedded = True

    class Options(EngineOptions):
        """How the video is made."""

        size: int = Field(512, ge=128, le=1024, description="Edge of the video, pixels.")
        fps: int = Field(30, ge=10, le=60, description="Pictures a second.")
        seed: int = Field(1, description="Another number, another performance.")

    options: Options

    def probe(self) -> Availability:
        """It always can."""
        return Availability(ok=True, reason="Built in.")

    def animate(self, request: ClipRequest) -> Iterator[Progress]:
        """Film the portrait while it speaks the sound file.

        Raises:
            BadInputError: The picture or the sound cannot be used.
            StorageError: The file cannot be written.
        """
        puppet = cast_picture(request.image, self.options.size)
        pcm = decode_audio(request.audio, PLAYOUT_RATE)
        curve = mouth_curve_for(pcm, PLAYOUT_RATE, request.text)
        steps = film(
            request.out,
            puppet,
            Performer(self.options.seed),
            pcm,
            PLAYOUT_RATE,
            curve.at,
            emotion_at=lambda t: request.emotion,
            fps=self.options.fps,
        )
        for done in steps:
            yield Progress(done, "rendering")
