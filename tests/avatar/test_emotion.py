"""From text to an emotion to a face."""

from __future__ import annotations

import pytest

from backend.avatar.emotion import (
    EMOTIONS,
    detect_emotion,
    expression,
)
from backend.avatar.pose import POSE_CHANNELS, Pose


def test_the_emotions_that_others_name_exist() -> None:
    assert set(EMOTIONS) >= {"neutral", "happy", "sad", "angry", "surprised", "shy", "smug"}


@pytest.mark.parametrize("emotion", EMOTIONS)
def test_an_expression_names_channels_of_a_pose(emotion: str) -> None:
    offsets = expression(emotion)
    assert set(offsets) <= set(POSE_CHANNELS)
    Pose(**offsets)
    assert (emotion == "neutral") == (offsets == {})


def test_expressions_differ_and_scale() -> None:
    faces = [tuple(sorted(expression(emotion).items())) for emotion in EMOTIONS]
    assert len(set(faces)) == len(EMOTIONS)
    assert expression("happy", 0.5)["smile"] == pytest.approx(expression("happy")["smile"] / 2)
    assert expression("happy", 9.0) == expression("happy", 1.0)
    assert expression("bewildered") == {}
    assert expression("happy")["smile"] > 0 > expression("sad")["smile"]
    assert expression("angry")["brow_inner"] < 0 < expression("sad")["brow_inner"]


@pytest.mark.parametrize(
    ("text", "emotion"),
    [
        ("I am so happy to see you!", "happy"),
        ("Yay, we did it!", "happy"),
        ("Haha, that was great fun!", "happy"),
        ("That sounds nice 😊", "happy"),
        ("I'm sorry, that is very sad.", "sad"),
        ("😭", "sad"),
        ("I am furious about this.", "angry"),
        ("Wow, I did not know that!", "surprised"),
        ("I feel so embarrassed…", "shy"),
        ("I told you so 😏", "smug"),
        ("I am terrified of spiders.", "scared"),
        ("I'm exhausted today.", "tired"),
        ("The train leaves at nine.", "neutral"),
        ("I am not happy with it.", "neutral"),
        ("It isn't really sad.", "neutral"),
        ("I'm happy and sad at once.", "neutral"),
        ("Nice.", "neutral"),
        ("Look in C:Data for it", "neutral"),
        ("", "neutral"),
        ("12345 !!!", "neutral"),
    ],
)
def test_an_emotion_is_detected_or_left_alone(text: str, emotion: str) -> None:
    found, intensity = detect_emotion(text)
    assert found == emotion
    assert (intensity == 0) == (emotion == "neutral")
    assert 0 <= intensity <= 1


def test_exclamation_marks_and_intensifiers_strengthen() -> None:
    plain = detect_emotion("I am happy.")[1]
    assert detect_emotion("I am very happy.")[1] > plain
    assert detect_emotion("I am happy!!")[1] > plain


def test_a_negation_ends_with_its_sentence() -> None:
    assert detect_emotion("No! I am happy to come.")[0] == "happy"


def test_very_long_and_odd_texts_are_fast() -> None:
    assert detect_emotion("*" * 100_000) == ("neutral", 0.0)
