"""Learn from what the user says about themselves: their name and plain facts.

Facts are short phrases in the third person without a subject ("lives in Berlin", "has a cat named
Miso"), so that a prompt can list them and a reply can turn them to "you live in Berlin". What is
asked, denied, imagined or reported of somebody else is not learned; better to miss than to invent.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

MAX_FACTS = 5
MAX_NAME_WORDS = 3

NOT_NAMES = frozenset(
    """
        a about above afraid again all almost alone already also always an and angry any annoyed
        anxious at available awake aware away awesome back bad basically beginner behind being bit
        blind blessed bored born broke busy by calm careful certain cold coming confused cool
        crazy curious dead deaf definitely depressed disappointed doing done down drunk dying
        early eating even ever excited exhausted fan feeling fine first for free from full fun
        getting glad going gonna good grateful great guessing half happy having her here high his
        home homesick honestly hoping how hungry hurt ill in inside interested into it joking just
        kidding kind lagging late learning leaving literally live living lonely looking lost
        loving lucky mad making married me mostly my nervous never new nice no nobody not now of
        off offline ok okay old on one online only open out over perfect playing pleased poor
        pregnant pretty probably proud quite rather ready really relaxed retired rich right sad
        safe saying scared scary serious shocked shy sick single sitting sleepy slow so sober some
        someone soon sorry speechless starting starving still streaming stressed stuck stupid sure
        surprised talking taking terrible thankful that the their there they thinking this tired
        to today together too totally traveling travelling trying under unemployed unsure up upset
        used using very vegan vegetarian waiting walking watching well wet what when where who why
        with without wondering working worried writing wrong you young your
    """.split()  # noqa: SIM905
)
"""Words that follow "I'm" without being a name."""

_LETTERS = r"[^\W\d_]"
_NAME = rf"{_LETTERS}[\w'’.-]*(?: {_LETTERS}[\w'’-]*){{0,2}}"
_FIRM_NAME = re.compile(
    rf"\b(?:my name(?:'s|’s| is)|(?:you can |please |just |everyone )?calls? me|the name(?:'s|’s| is)|"
    rf"i go by|i am called|i['’]m called|ich hei(?:ß|ss)e|mein name ist|je m['’]appelle|me llamo|mi chiamo|"
    rf"meu nome é|me chamo)\s+(?P<name>{_NAME})",
    re.I,
)
_LOOSE_NAME = re.compile(
    rf"^(?:(?:hi|hey|hello|yo|hiya|howdy|oh|well)[,!. ]+(?:\w+[,!. ]+)?)?"
    rf"(?:i['’]?m|i am|this is|it['’]s)\s+(?P<name>{_LETTERS}[\w'’-]*)(?P<rest>.*)$",
    re.I,
)
_JAPANESE_NAME = re.compile(
    r"(?:私|僕|俺|わたし|ぼく)(?:の名前)?は\s*(?P<name>[^\s。、！!はがをの]{1,10}?)(?:です|だよ|と(?:い|言)います)"
)
_STOP_NAME_AT = re.compile(
    r"\s+(?:and|but|by|from|because|so|i|if|when|please|now|btw|not|or|nice|the)\b.*$", re.I
)
_NAME_JOKES = frozenset(
    """
        your maybe later back crazy names whatever anything tomorrow when if a an the what
    """.split()  # noqa: SIM905
)

_NOT_MEANT = re.compile(
    r"\b(?:if|imagine|pretend|suppose|wish|would|wouldn['’]?t|used to|joking|just kidding|jk|guess|bet)\b",
    re.I,
)
_SENTENCE = re.compile(r"[^.!?\n…]+(?:\.(?=\w)[^.!?\n…]+)*[.!?…]*")
_THING_END = re.compile(
    r"\s*(?:[,;:]|\s-\s|\b(?:because|but|since|although|though|when|if|so that|which|and (?:i|you|my|we|it)|btw|lol|right now)\b).*$",
    re.I,
)
_WEAK_THINGS = frozenset(
    """
        it that this them him her you your me to that's the way those these what when how one some
        all everything nothing something u ur
    """.split()  # noqa: SIM905
)


@dataclass(frozen=True, slots=True)
class Learned:
    """What one message told about its writer.

    Attributes:
        user_name: Their name, or None when none was told.
        facts: Phrases without a subject, in the order told.
    """

    user_name: str | None = None
    facts: tuple[str, ...] = ()


_Phrase = Callable[[re.Match[str]], str]


def _fact(pattern: str, phrase: _Phrase) -> tuple[re.Pattern[str], _Phrase]:
    return re.compile(pattern, re.I), phrase


_I = r"^(?:(?:and|but|so|well|oh|hey|hi|hello|also|actually|yes|yeah|no|fun fact)[,: ]+)*i(?:['’]?ve got| have got)? ?"
_SOFT = r"(?:really |also |absolutely |totally |just |still |mostly |usually |kind of |actually )*"
_MY = r"\bmy (?P<what>(?:[\w'’-]+ ){0,2}?[\w'’-]+)"

_FACT_PATTERNS: tuple[tuple[re.Pattern[str], _Phrase], ...] = (
    _fact(rf"{_I}{_SOFT}live in (?P<x>.+)", lambda m: f"lives in {m['x']}"),
    _fact(rf"{_I}(?:come|am|['’]?m) {_SOFT}from (?P<x>.+)", lambda m: f"comes from {m['x']}"),
    _fact(
        rf"{_I}(?:am|['’]?m) {_SOFT}(?P<x>\d{{1,3}})(?: years old)?[.!]*$",
        lambda m: f"is {m['x']} years old",
    ),
    _fact(rf"{_I}{_SOFT}work (?P<p>as|at|for|in) (?P<x>.+)", lambda m: f"works {m['p']} {m['x']}"),
    _fact(
        rf"{_I}(?:am|['’]?m) {_SOFT}(?P<x>an? (?:[\w-]+ ){{0,2}}?(?:{_LETTERS}+(?:er|or|ist|ian|ent|ant|eer|nurse|chef|cook|"
        rf"artist|nerd|fan|vegan|vegetarian|musician)))[.!]*$",
        lambda m: f"is {m['x']}",
    ),
    _fact(
        rf"{_I}{_SOFT}(?:study|am studying|['’]?m studying) (?P<x>.+)",
        lambda m: f"studies {m['x']}",
    ),
    _fact(rf"{_I}{_SOFT}play (?:the )?(?P<x>.+)", lambda m: f"plays {m['x']}"),
    _fact(rf"{_I}{_SOFT}(?:stream) (?P<x>\w.+)", lambda m: f"streams {m['x']}"),
    _fact(
        rf"{_I}{_SOFT}(?:like|love|enjoy|adore) (?P<x>.+)",
        lambda m: f"likes {m['x']}",
    ),
    _fact(
        rf"{_I}{_SOFT}(?:hate|dislike|can['’]?t stand|don['’]?t like|do not like) (?P<x>.+)",
        lambda m: f"dislikes {m['x']}",
    ),
    _fact(
        rf"{_I}(?:have|own|['’]?ve got|got)? ?(?P<x>(?:an?|two|three|four|five|\d+|one) (?:[\w-]+ ){{0,2}}?"
        r"(?:cats?|dogs?|birds?|parrots?|hamsters?|rabbits?|bunny|bunnies|fish|snakes?|turtles?|horses?|"
        r"puppy|puppies|kittens?|pets?|sisters?|brothers?|sons?|daughters?|kids?|children|child|siblings?|"
        r"guitars?|pianos?|lizards?|ferrets?|rats?)(?: (?:named|called) .+)?)",
        lambda m: f"has {m['x']}",
    ),
    _fact(
        rf"{_MY}['’]?s (?:name is|called|name['’]s) (?P<x>.+)",
        lambda m: f"has a {m['what']} named {m['x']}",
    ),
    _fact(
        rf"{_MY} (?:is|are) (?:named|called) (?P<x>.+)",
        lambda m: f"has a {m['what']} named {m['x']}",
    ),
    _fact(
        r"\bmy favou?rite (?P<what>[\w'’-]+(?: [\w'’-]+)?) (?:is|are|would be) (?P<x>.+)",
        lambda m: f"favourite {m['what']} is {m['x']}",
    ),
    _fact(
        r"^(?P<x>[\w'’ -]{2,40}) (?:is|are) my favou?rite (?P<what>[\w'’-]+(?: [\w'’-]+)?)",
        lambda m: f"favourite {m['what']} is {m['x']}",
    ),
    _fact(r"\bmy birthday is (?:on |in )?(?P<x>.+)", lambda m: f"birthday is {m['x']}"),
    _fact(
        r"\bmy (?P<what>hobby|job|pronouns) (?:is|are) (?P<x>.+)",
        lambda m: f"{m['what']}: {m['x']}",
    ),
)


def learn(text: str) -> Learned:
    """Read what the user told about themselves out of one message."""
    name: str | None = None
    facts: list[str] = []
    for sentence in _SENTENCE.findall(text[:2000]):
        sentence = " ".join(sentence.split())
        if not sentence or sentence.endswith("?") or _NOT_MEANT.search(sentence):
            continue
        name = _name_in(sentence) or name
        facts.extend(_facts_in(sentence))
    unique = tuple(dict.fromkeys(facts))
    return Learned(name, unique[:MAX_FACTS])


def _name_in(sentence: str) -> str | None:
    if re.search(
        r"\b(?:not|n['’]t|never) (?:my name|call)|\bname(?:'s|’s| is) not\b|\bdon['’]?t call\b",
        sentence,
        re.I,
    ):
        return None
    firm = _FIRM_NAME.search(sentence) or _JAPANESE_NAME.search(sentence)
    if firm:
        return _clean_name(firm["name"], firm=True)
    loose = _LOOSE_NAME.match(sentence)
    if loose and _stands_alone(loose["name"], loose["rest"]):
        return _clean_name(loose["name"], firm=False)
    return None


def _stands_alone(word: str, rest: str) -> bool:
    """Whether "I'm WORD rest" can be an introduction: a capital letter, and nothing that goes on."""
    if word.lower() in NOT_NAMES or not word[0].isupper() or (word.isupper() and len(word) > 4):
        return False
    return re.fullmatch(
        r"[.!,]*(?:\s+(?:by the way|btw|from|and|nice|,|the)\b.*)?", rest.strip(), re.I
    ) is not None or (rest.lstrip().startswith(","))


def _clean_name(name: str, *, firm: bool) -> str | None:
    name = _STOP_NAME_AT.sub("", name).strip(" .,!'’-")
    words = name.split()
    if not words or len(words) > MAX_NAME_WORDS or len(name) > 30:
        return None
    if words[0].lower() in (_NAME_JOKES if firm else NOT_NAMES | _NAME_JOKES):
        return None
    if firm and words[0].lower() in NOT_NAMES and words[0].islower():
        return None
    capitals = [word for word in words if word[0].isupper() or not word[0].isascii()]
    words = capitals or words[:1]
    return " ".join(word if not word.islower() else word.capitalize() for word in words)


def _facts_in(sentence: str) -> list[str]:
    found = []
    for clause in re.split(r"(?:,|;)?\s+(?:and|but)\s+(?=(?:i|my|i['’]m)\b)", sentence, flags=re.I):
        for pattern, phrase in _FACT_PATTERNS:
            match = pattern.search(clause)
            if match is None:
                continue
            thing = _clean_thing(match["x"])
            if thing:
                found.append(phrase_with(match, phrase, thing))
                break
    return found


def phrase_with(match: re.Match[str], phrase: _Phrase, thing: str) -> str:
    """The fact's phrase with the cleaned thing in place of the matched one."""
    return phrase(match).replace(match["x"], thing)


def _clean_thing(thing: str) -> str:
    """The thing without what follows it; empty when it says nothing by itself."""
    thing = _THING_END.sub("", thing).strip(" .,!?…\"'“”")
    words = thing.split()
    if not words or len(words) > 8 or words[0].lower() in _WEAK_THINGS:
        return ""
    return re.sub(r"\bmy\b", "their", thing, flags=re.I)
