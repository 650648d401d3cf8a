"""How long each stage of a turn took by itself, and what the stages are called in a sentence."""

from __future__ import annotations

from collections.abc import Iterable

from event_system import Stage

WORDS = {
    "endpoint": "end of speech",
    "transcript": "speech to text",
    "received": "hand-over",
    "first_token": "language model",
    "first_sentence": "first sentence",
    "first_audio": "voice",
    "first_frame": "playout",
}


def own_times(stages: Iterable[Stage]) -> dict[str, float]:
    """Milliseconds that each stage took by itself."""
    return {stage.name: stage.took_ms for stage in stages}
