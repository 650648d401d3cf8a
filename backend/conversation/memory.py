"""Learn from what the user says about themselves: their name and plain facts.

Facts are short phrases in the third person without a subject ("lives in Berlin", "has a cat named
Miso"), so that a prompt can list them and a reply can turn them to "you live in Berlin". What is
asked, denied, imagined or reported of somebody else is not learned; better to miss than to invent.
"""

from __future__ import annotations

import re
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
        bye haha hello hey hi hiya hmm lol please sup thanks thx whatever yo
        american australian austrian belgian brazilian british canadian chinese danish dutch
        english european filipino finnish french german greek indian indonesian irish italian
        japanese korean mexican norwegian polish portuguese romanian russian scottish spanish
        swedish swiss thai turkish ukrainian vietnamese welsh
    """.split()  # noqa: SIM905
)
"""Words that follow "I'm" without being a name."""

_LETTERS = r"[^\W\d_]"
_NAME = rf"{_LETTERS}[\w'’.-]*(?: {_LETTERS}[\w'’-]*){{0,2}}"
_FIRM_NAME = re.compile(
    rf"\b(?:(?:my|the) name(?:'s|’s| is)|(?:you can |please |just |everyone )?calls? me|"
    rf"i go by|i am called|i['’]m called|ich hei(?:ß|ss)e|mein name ist|je m['’]appelle|"
    rf"me llamo|mi chiamo|meu nome é|me chamo)\s+(?P<name>{_NAME})",
    re.I,
)
_LOOSE_NAME = re.compile(
    rf"^(?:(?:hi|hey|hello|yo|hiya|howdy|oh|well)[,!. ]+(?:\w+[,!. ]+)?)?"
    rf"(?:i['’]?m|i am|this is|it['’]s)\s+(?P<name>{_LETTERS}[\w'’-]*)(?P<rest>.*)$",
    re.I,
)
_ASKED_NAME = re.compile(r"\b(?:your name|call you)\b[^.!]*\?\s*$", re.I)
_BARE_NAME = re.compile(
    rf"(?:it['’]?s |i['’]?m |just |hi[,!] )?"
    rf"(?P<name>{_LETTERS}[\w'’-]*(?: {_LETTERS}[\w'’-]*)?)[.!]*",
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
    r"\b(?:if|imagine|pretend|suppose|wish|would|wouldn['’]?t|used to|joking|just kidding|jk|"
    r"guess|bet)\b",
    re.I,
)
_SENTENCE = re.compile(r"[^.!?\n…]+(?:\.(?=\w)[^.!?\n…]+)*[.!?…]*")
_THING_END = re.compile(
    r"\s*(?:[,;:]|\s-\s|\b(?:because|but|since|although|though|when|if|so that|which|"
    r"and (?:i|you|my|we|it)|btw|lol|right now)\b).*$",
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


_I = (
    r"^(?:(?:and|but|so|well|oh|hey|hi|hello|also|actually|yes|yeah|no|fun fact)[,: ]+)*"
    r"i(?:['’]?ve got| have got)? ?"
)
_AM = rf"{_I}(?:am|['’]?m) (?:really |also |actually |just |originally )*"
_SOFT = (
    r"(?:really |also |absolutely |totally |just |still |mostly |usually |kind of |actually |"
    r"currently )*"
)
_MY = r"\bmy (?P<what>(?:[\w-]+ ){0,2}?[\w-]+)"
_JOBS = (
    rf"{_LETTERS}+(?:er|or|ist|ian|ent|ant|eer)|nurse|chef|cook|nerd|fan|vegan|vegetarian|musician|"
    r"streamer|vtuber|gamer"
)
_COUNTED = r"an?|one|two|three|four|five|\d+"
_KEPT = (
    r"cats?|dogs?|birds?|parrots?|hamsters?|rabbits?|bunny|bunnies|fish|snakes?|turtles?|horses?|"
    r"puppy|puppies|kittens?|pets?|sisters?|brothers?|sons?|daughters?|kids?|children|child|"
    r"siblings?|guitars?|pianos?|lizards?|ferrets?|rats?"
)

_FACTS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, re.I), phrase)
    for pattern, phrase in (
        (rf"{_I}{_SOFT}live in (?P<x>.+)", "lives in {x}"),
        (rf"{_AM}from (?P<x>.+)", "comes from {x}"),
        (rf"{_I}{_SOFT}come from (?P<x>.+)", "comes from {x}"),
        (rf"{_AM}(?P<x>\d{{1,3}})(?: years old)?[.!]*$", "is {x} years old"),
        (rf"{_I}{_SOFT}work (?P<how>as|at|for|in) (?P<x>.+)", "works {how} {x}"),
        (rf"{_AM}(?P<x>an? (?:[\w-]+ ){{0,2}}?(?:{_JOBS}))[.!]*$", "is {x}"),
        (rf"{_I}{_SOFT}study (?P<x>.+)", "studies {x}"),
        (rf"{_AM}studying (?P<x>.+)", "studies {x}"),
        (rf"{_I}{_SOFT}play (?:the )?(?P<x>.+)", "plays {x}"),
        (rf"{_I}{_SOFT}stream (?P<x>\w.+)", "streams {x}"),
        (rf"{_I}{_SOFT}(?:like|love|enjoy|adore) (?P<x>.+)", "likes {x}"),
        (
            rf"{_I}{_SOFT}(?:hate|dislike|can['’]?t stand|don['’]?t like|do not like) (?P<x>.+)",
            "dislikes {x}",
        ),
        (
            rf"{_I}(?:have|own|got)? ?(?P<x>(?:{_COUNTED}) (?:[\w-]+ ){{0,2}}?(?:{_KEPT})"
            r"(?: (?:named|called) .+)?)",
            "has {x}",
        ),
        (rf"{_MY}['’]s name(?: is|['’]s) (?P<x>.+)", "has a {what} named {x}"),
        (rf"{_MY} (?:is|are) (?:named|called) (?P<x>.+)", "has a {what} named {x}"),
        (
            r"\bmy favou?rite (?P<what>[\w-]+(?: [\w-]+)?) (?:is|are) (?P<x>.+)",
            "favourite {what} is {x}",
        ),
        (
            r"^(?P<x>[\w'’ -]{2,40}) (?:is|are) my favou?rite (?P<what>[\w-]+(?: [\w-]+)?)",
            "favourite {what} is {x}",
        ),
        (r"\bmy birthday is (?:on |in )?(?P<x>.+)", "birthday is {x}"),
        (r"\bmy (?P<what>hobby|job) is (?P<x>.+)", "{what} is {x}"),
        (r"\bmy pronouns are (?P<x>.+)", "pronouns are {x}"),
    )
)
"""What a line says of its writer: a pattern with the thing in `x`, and the fact's phrase."""


def learn(text: str, *, asked: str = "") -> Learned:
    """Read what the user told about themselves out of one message.

    Args:
        text: The user's message.
        asked: What the character said before it. When that asked for a name, a message of one or
            two words is taken for one.
    """
    name = _bare_name(text) if _ASKED_NAME.search(asked) else None
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


def _bare_name(text: str) -> str | None:
    match = _BARE_NAME.fullmatch(text.strip())
    return _clean_name(match["name"], firm=False) if match else None


def _stands_alone(word: str, rest: str) -> bool:
    """Whether "I'm WORD rest" can introduce somebody: a capital letter, and nothing follows."""
    if word.lower() in NOT_NAMES or not word[0].isupper() or (word.isupper() and len(word) > 4):
        return False
    return (
        re.fullmatch(r"[.!]*|,.*|(?:by the way|btw|from|and|nice)\b.*", rest.strip(), re.I)
        is not None
    )


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
    words = capitals or (words[:1] if firm else words)
    return " ".join(word if not word.islower() else word.capitalize() for word in words)


def _facts_in(sentence: str) -> list[str]:
    clauses = re.split(
        r"(?:[,;]\s*(?:and |but )?|\s+(?:and|but)\s+)(?=(?:i|my)\b)", sentence, flags=re.I
    )
    return [fact for clause in clauses if (fact := _fact_in(clause.strip()))]


def _fact_in(clause: str) -> str:
    """The fact that a clause tells, or an empty string."""
    for pattern, phrase in _FACTS:
        match = pattern.search(clause)
        thing = _clean_thing(match["x"]) if match else ""
        if match and thing:
            return phrase.format(**{**match.groupdict(), "x": thing})
    return ""


def _clean_thing(thing: str) -> str:
    """The thing without what follows it; empty when it says nothing by itself."""
    thing = _THING_END.sub("", thing).strip(" .,!?…\"'“”")
    words = thing.split()
    if not words or len(words) > 8 or words[0].lower() in _WEAK_THINGS:
        return ""
    return re.sub(r"\bmy\b", "their", thing, flags=re.I)
