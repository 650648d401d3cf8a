"""Jokes, and the parts of very short stories."""

from __future__ import annotations

HEROES = (
    "a very small dragon",
    "a night watchman",
    "a fox with glasses",
    "an old lighthouse keeper",
    "a shy robot",
    "a baker who couldn't sleep",
)
THINGS = (
    "lost echoes",
    "a paper moon",
    "thunderstorms",
    "unfinished songs",
    "a singing kettle",
    "forgotten passwords",
)

FOODS = (
    "noodle soup",
    "something with far too much cheese",
    "pancakes, because nobody can stop you",
    "a big bowl of curry",
    "rice and an egg, the honest classic",
    "tacos",
    "whatever has been in the freezer the longest",
)

JOKES = (
    "Why do headphones never argue? They always hear both sides.",
    "The keyboard threw a party last night, but nobody could find the space.",
    "I asked a metronome for its opinion. It went back and forth.",
    "Why was the equaliser so relaxed? It had made peace with its highs and lows.",
    "What does a ghost check before going live? Its boo rate.",
    "I know a joke about lag. You'll get it in a moment.",
    "Why did the pixel move out? It needed a change of resolution.",
    "A cable walked into a bar and stayed all night. It was just too wound up to leave.",
    "What do you call a cat that streams? A purr-former.",
    "Why did the microphone blush? It picked up something.",
    "My echo and I had a fight. It insisted on the last word.",
    "What is a dragon's favourite setting? Fire rate. I mean, frame rate.",
)
JOKE_AFTER = ("", "", " I'm here all week.", " Thank you, thank you.", " Another one?")
