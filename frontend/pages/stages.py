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


def spoken(stages: Iterable[Stage]) -> bool:
    """Whether the turn began with the user's voice."""
    return any(stage.name == "endpoint" for stage in stages)


def own_times(stages: Iterable[Stage]) -> dict[str, float]:
    """Milliseconds that each stage took by itself.

    Stages of a spoken turn overlap: an answer is prepared while the end of the speech is not
    certain yet. There each one counts from the one before it, and an answer is prepared once the
    words are understood, so that "received" is a part of "transcript".
    """
    stages = tuple(stages)
    if not spoken(stages):
        return {stage.name: max(0.0, stage.took_ms) for stage in stages}
    took: dict[str, float] = {}
    before = 0.0
    for stage in sorted(stages, key=lambda stage: stage.at_ms):
        name = "transcript" if stage.name == "received" else stage.name
        took[name] = took.get(name, 0.0) + max(0.0, stage.at_ms - before)
        before = max(before, stage.at_ms)
    return took
