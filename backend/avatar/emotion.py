"""What a character feels, as far as a face can show it: from text to an emotion to a face.

The text rule is small and open to inspection: emoji, words and punctuation. It is made for English
and is neutral whenever it is in doubt, because a wrong face is worse than a calm one.
"""

from __future__ import annotations

import re

EMOTIONS = (
    "neutral",
    "happy",
    "sad",
    "angry",
    "surprised",
    "shy",
    "smug",
    "scared",
    "tired",
)

_EXPRESSIONS: dict[str, dict[str, float]] = {
    "neutral": {},
    "happy": {
        "smile": 0.65, "squint": 0.45, "brow_l": 0.22, "brow_r": 0.18, "blush": 0.12,
        "pitch": -0.05,
    },
    "sad": {
        "smile": -0.5, "brow_inner": 0.75, "brow_l": -0.06, "brow_r": -0.06, "blink_l": 0.22,
        "blink_r": 0.22, "gaze_y": 0.18, "pitch": 0.2, "roll": 0.12, "shift_y": 0.03,
    },
    "angry": {
        "smile": -0.38, "brow_inner": -0.9, "brow_l": -0.35, "brow_r": -0.35, "squint": 0.32,
        "blink_l": 0.1, "blink_r": 0.1, "pitch": 0.12,
    },
    "surprised": {
        "smile": 0.05, "brow_l": 0.85, "brow_r": 0.85, "blink_l": -0.28, "blink_r": -0.28,
        "pitch": -0.12, "shift_y": -0.03,
    },
    "shy": {
        "smile": 0.28, "brow_inner": 0.4, "brow_l": 0.08, "brow_r": 0.05, "blush": 0.85,
        "blink_l": 0.14, "blink_r": 0.14, "gaze_x": 0.2, "gaze_y": 0.3, "pitch": 0.18,
        "roll": -0.2, "yaw": 0.08,
    },
    "smug": {
        "smile": 0.5, "brow_l": 0.38, "brow_r": -0.12, "brow_inner": -0.22, "squint": 0.35,
        "blink_l": 0.24, "blink_r": 0.26, "pitch": -0.12, "roll": 0.2, "yaw": -0.08,
    },
    "scared": {
        "smile": -0.28, "brow_inner": 0.8, "brow_l": 0.45, "brow_r": 0.42, "blink_l": -0.24,
        "blink_r": -0.24, "pitch": -0.08, "shift_y": 0.03,
    },
    "tired": {
        "smile": -0.08, "brow_l": -0.15, "brow_r": -0.12, "brow_inner": 0.15, "blink_l": 0.42,
        "blink_r": 0.42, "pitch": 0.14, "roll": 0.12,
    },
}  # fmt: skip

_LEXICON: dict[str, tuple[str, float]] = {
    word: (emotion, weight)
    for emotion, weight, words in (
        ("happy", 1.0, "happy glad yay hooray woohoo wonderful awesome fantastic amazing haha "
         "hahaha hehe lol delighted love lovely thrilled congratulations congrats"),
        ("happy", 0.5, "great nice fun thanks welcome enjoy excited cute sweet perfect cool"),
        ("sad", 1.0, "sad sadly unhappy heartbroken crying lonely miserable depressed grief "
         "condolences"),
        ("sad", 0.5, "sorry unfortunately alas regret disappointed pity"),
        ("angry", 1.0, "angry furious outrageous infuriating enraged unforgivable"),
        ("angry", 0.5, "annoying annoyed unfair stupid ridiculous hate grr"),
        ("surprised", 1.0, "wow whoa omg unbelievable astonishing gasp"),
        ("surprised", 0.5, "surprised surprising unexpected incredible huh"),
        ("shy", 1.0, "blush blushing embarrassed embarrassing flustered bashful shy"),
        ("smug", 1.0, "smug obviously hmph told-you-so heh"),
        ("scared", 1.0, "scared terrified afraid frightening eek horror"),
        ("scared", 0.5, "scary nervous worried creepy spooky"),
        ("tired", 1.0, "tired sleepy exhausted yawn zzz"),
    )
    for word in words.split()
}  # fmt: skip

_EMOJI: dict[str, str] = {
    symbol: emotion
    for emotion, symbols in {
        "happy": "😀 😃 😄 😁 😆 😂 🤣 😊 🙂 😍 🥰 🥳 🎉 ❤ 💖 ^_^ :) :-) :D xD =)",
        "sad": "😢 😭 😞 😔 🙁 ☹ 💔 :( :-( T_T ;_; :'(",
        "angry": "😠 😡 🤬 💢 >:(",
        "surprised": "😮 😲 😱 🤯 :O :-O o_O O_O",
        "shy": "😳 🙈 ☺ >///< >_<",
        "smug": "😏 😼 😎 ;) ;-)",
        "scared": "😨 😰 😬",
        "tired": "😴 🥱 😪 😩",
    }.items()
    for symbol in symbols.split()
}

_NEGATIONS = frozenset(
    {"not", "no", "never", "isn't", "aren't", "wasn't", "don't", "doesn't", "didn't", "can't"}
)
_INTENSIFIERS = frozenset({"very", "so", "really", "extremely", "super", "absolutely", "totally"})
_WORD = re.compile(r"[a-z]+(?:['’-][a-z]+)*")
_SENTENCE_END = frozenset(".!?;\n")
_MAX_TEXT = 2_000
_THRESHOLD = 0.9


def expression(emotion: str, intensity: float = 1.0) -> dict[str, float]:
    """The offsets that an emotion adds to a neutral face.

    Args:
        emotion: One of `EMOTIONS`; anything else is neutral.
        intensity: 0 to 1.

    Returns:
        Pose channel names and what to add to each; empty for neutral.
    """
    scale = min(max(intensity, 0.0), 1.0)
    return {name: value * scale for name, value in _EXPRESSIONS.get(emotion, {}).items()}


def detect_emotion(text: str) -> tuple[str, float]:
    """Guess the emotion of a sentence from its words, emoji and punctuation.

    Every known word adds its weight to its emotion, half as much again after "very" and the
    like; a negation within the three words before it cancels it; an emoji counts 1.2; exclamation
    marks strengthen what is there. Below a threshold, or with two emotions nearly even, the
    answer is neutral.

    Returns:
        One of `EMOTIONS`, and an intensity from 0 to 1 (0 for neutral).
    """
    text = text[:_MAX_TEXT]
    scores = _word_scores(text.lower())
    for symbol, emotion in _EMOJI.items():
        if _has_symbol(text, symbol):
            scores[emotion] = scores.get(emotion, 0.0) + 1.2
    if not scores:
        return "neutral", 0.0
    ranked = sorted(scores.items(), key=lambda item: -item[1])
    emotion, best = ranked[0]
    best += 0.25 * min(text.count("!"), 3)
    second = ranked[1][1] if len(ranked) > 1 else 0.0
    if best < _THRESHOLD or best < 1.25 * second:
        return "neutral", 0.0
    return emotion, min(1.0, 0.3 + 0.3 * best)


def _has_symbol(text: str, symbol: str) -> bool:
    if not symbol.isascii():
        return symbol in text
    # ":D" is a smile, the middle of "C:Data" is not.
    return re.search(rf"(?:^|\s){re.escape(symbol)}(?:$|[\s.,!?])", text) is not None


def _word_scores(text: str) -> dict[str, float]:
    scores: dict[str, float] = {}
    recent: list[str] = []
    end = 0
    for match in _WORD.finditer(text):
        if _SENTENCE_END.intersection(text[end : match.start()]):
            recent.clear()
        end = match.end()
        word = match.group().replace("’", "'")
        entry = _LEXICON.get(word)
        if entry is not None and not _NEGATIONS.intersection(recent[-3:]):
            emotion, weight = entry
            strength = 1.5 if recent and recent[-1] in _INTENSIFIERS else 1.0
            scores[emotion] = scores.get(emotion, 0.0) + weight * strength
        recent.append(word)
    return scores
