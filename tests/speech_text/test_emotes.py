"""Acts and emphasis: what moves the face, what is said."""

from __future__ import annotations

import random

import pytest

from backend.avatar.emotion import EMOTIONS
from backend.speech_text.acts import ACTING, BARE, FEELINGS, NOD, OTHER_TONGUES
from backend.speech_text.emotes import take_emotes

ACTS = [
    ("*waves* Hello!", "Hello!", "happy"),
    ("*She smiles softly.* Hi.", "Hi.", "happy"),
    ("Hi. *tilts her head*", "Hi.", ""),
    ("Oh [laughs] no.", "Oh no.", "happy"),
    ("Oh *laughs* that's so funny", "Oh that's so funny", "happy"),
    ("*giggles* You're silly", "You're silly", "happy"),
    ("[happy] Hi there!", "Hi there!", "happy"),
    ("(smiles) Welcome back", "Welcome back", "happy"),
    ("Hello *waves excitedly at chat* everyone!", "Hello everyone!", "happy"),
    ("_blushes_ Thank you", "Thank you", "shy"),
    ("*nods* Yes, I agree.", "Yes, I agree.", "nod"),
    ("*nods slowly* Right.", "Right.", "nod"),
    ("*her ears twitch* What was that?", "What was that?", ""),
    ("*Kotone spins around* Ta-da!", "Ta-da!", ""),
    ("*leans closer to the microphone* Listen...", "Listen...", ""),
    ("*sighs* Fine.", "Fine.", "sad"),
    ("*sigh* Fine.", "Fine.", "sad"),
    ("Well... *shrugs* who knows?", "Well... who knows?", ""),
    ("*softly hums a tune* La la la", "La la la", ""),
    ("Sure thing *winks*", "Sure thing", "happy"),
    ("I can't believe it *gasps*", "I can't believe it", "surprised"),
    ("*adjusts glasses nervously* Um.", "Um.", "scared"),
    ("*stretches and yawns* Good morning", "Good morning", "tired"),
    ("[laughs softly] Okay", "Okay", "happy"),
    ("[sighs] Okay", "Okay", "sad"),
    ("(laughs softly) Okay", "Okay", "happy"),
    ("*clears throat* Ahem.", "Ahem.", ""),
    ("**waves** hi", "hi", "happy"),
    ("*bows* Thank you!", "Thank you!", "nod"),
    ("(giggles nervously) sorry", "sorry", "happy"),
    ("*微笑む* こんにちは", "こんにちは", "happy"),
    ("（笑）そうだね", "そうだね", "happy"),
    ("*lächelt* Hallo", "Hallo", "happy"),
    ("*sonríe* Hola", "Hola", "happy"),
    ("*sourit* Bonjour", "Bonjour", "happy"),
    ("*улыбается* Привет", "Привет", "happy"),
    ("*웃음* 안녕", "안녕", "happy"),
    ("（点头）好的", "好的", "nod"),
    ("*takes a deep breath* Okay.", "Okay.", ""),
    ("*pouts* Not fair!", "Not fair!", "angry"),
    ("That's great! *claps hands*", "That's great!", "happy"),
    ("*smiling* I missed you", "I missed you", "happy"),
    ("*rolls eyes* whatever", "whatever", ""),
    ("*I wave at chat* hi", "hi", "happy"),
    ("*looks away, blushing* Maybe.", "Maybe.", "shy"),
    ("Aww *hugs you tightly*", "Aww", "happy"),
    ("~giggles~ hi", "hi", "happy"),
    ("[nods] yes", "yes", "nod"),
    ("[Action: waves] hi", "hi", "happy"),
    ("*sips tea* Mmm.", "Mmm.", ""),
    ("*gasp* No way!", "No way!", "surprised"),
    ("*flops onto the desk* So tired", "So tired", ""),
    ("*boops your nose* boop", "boop", "happy"),
]
EMPHASIS = [
    ("I *really* like it.", "I really like it."),
    ("This is *so* good!", "This is so good!"),
    ("You *always* say that.", "You always say that."),
    ("I'm *happy* for you.", "I'm happy for you."),
    ("She *smiles* at everyone.", "She smiles at everyone."),
    ("I was *laughing* so hard.", "I was laughing so hard."),
    ("*This is important.* Please read.", "This is important. Please read."),
    ("*Never* do that again.", "Never do that again."),
    ("*What a day!*", "What a day!"),
    ("*Please don't touch that!*", "Please don't touch that!"),
    ("*Thank you so much!*", "Thank you so much!"),
    ("It's *amazing*!", "It's amazing!"),
    ("That *was* fun.", "That was fun."),
    ("My *favorite* game is Celeste.", "My favorite game is Celeste."),
    ("I love *dancing* at night.", "I love dancing at night."),
    ("Do you mean *this* one?", "Do you mean this one?"),
    ("(happy birthday)", "(happy birthday)"),
    ("I went home (it was late) and slept.", "I went home (it was late) and slept."),
    ("He (the king) smiled.", "He (the king) smiled."),
    ("The *Lord of the Rings* trilogy.", "The Lord of the Rings trilogy."),
    ("I read *Nodding Off* last week.", "I read Nodding Off last week."),
    ("*Yes*, of course.", "Yes, of course."),
    ("a *sigh* of relief", "a sigh of relief"),
    ("stop *crying*", "stop crying"),
    ("5 * 3 = 15 * 1", "5 * 3 = 15 * 1"),
    ("See [the docs](https://a.b) now.", "See [the docs](https://a.b) now."),
    ("[link] is here", "[link] is here"),
    ("The word *blush* is funny", "The word blush is funny"),
    ("I *do* nod a lot.", "I do nod a lot."),
    ("Not *that* kind of wave.", "Not that kind of wave."),
    ("**Important:** read this", "**Important:** read this"),
    ("**Step one:** open it", "**Step one:** open it"),
    ("*I love you.*", "I love you."),
    ("*Wow*, nice", "Wow, nice"),
    ("Is it *really* him?", "Is it really him?"),
    ("I can *feel* it", "I can feel it"),
    ("The *sounds* of music", "The sounds of music"),
    ("She *never* waves.", "She never waves."),
    ("_really_ good", "_really_ good"),
    ("snake_case_name", "snake_case_name"),
    ("(see page 5)", "(see page 5)"),
    ("*Everything* is fine.", "Everything is fine."),
    ("*Her name is Kotone.* Nice.", "Her name is Kotone. Nice."),
    ("(smiling at you is easy)", "(smiling at you is easy)"),
    ("*always remember this*", "always remember this"),
    ("we *are* dancing", "we are dancing"),
    ("*Cats rule the world*", "Cats rule the world"),
]


@pytest.mark.parametrize(("text", "left", "meaning"), ACTS)
def test_an_act_moves_the_face_and_is_not_said(text: str, left: str, meaning: str) -> None:
    said, emotes = take_emotes(text)
    assert said == left
    assert [emote.emotion or (NOD if emote.nod else "") for emote in emotes] == [meaning]


@pytest.mark.parametrize(("text", "left"), EMPHASIS)
def test_emphasis_is_said(text: str, left: str) -> None:
    assert take_emotes(text) == (left, ())


@pytest.mark.parametrize(
    ("text", "at"),
    [("*nods* Yes.", [0.0]), ("One two *nods* three four", [0.4]), ("Yes. *nods*", [1.0]),
     ("*nods* Yes. *smiles*", [0.0, 1.0])],
)  # fmt: skip
def test_acts_come_where_they_stand(text: str, at: list[float]) -> None:
    assert [round(emote.at, 1) for emote in take_emotes(text)[1]] == at


def test_nothing_is_left_of_acts_alone() -> None:
    assert take_emotes("*nods*")[0] == ""
    assert take_emotes("*nods*. *smiles*")[0] == ""
    assert take_emotes("[happy]")[0] == ""


def test_every_meaning_is_one_that_the_face_knows() -> None:
    known = {*EMOTIONS, NOD, ""}
    for table in (ACTING, BARE, FEELINGS, OTHER_TONGUES):
        assert set(table.values()) <= known


def test_taking_acts_twice_changes_nothing() -> None:
    rng = random.Random(8)
    parts = [
        "*",
        "**",
        "_",
        "(",
        ")",
        "[",
        "]",
        "waves",
        "I",
        "really",
        "she",
        " ",
        ".",
        "~",
        "笑",
        "（",
        "）",
        "\n",
    ]
    for _ in range(2_000):
        text = "".join(rng.choice(parts) for _ in range(rng.randint(1, 25)))
        left, emotes = take_emotes(text)
        assert all(0 <= emote.at <= 1 for emote in emotes)
        assert left.count("waves") + len(emotes) >= min(1, text.count("waves")), text


@pytest.mark.parametrize("char", "*_([【~（")
def test_many_open_marks_take_no_time(char: str) -> None:
    assert take_emotes(char * 100_000)[1] == ()
    assert take_emotes((char + "a ") * 20_000)[1] == ()
