"""The acts that characters write between stars and brackets, and what each does to the face."""

from __future__ import annotations

from backend.avatar.emotion import EMOTIONS

NOD = "nod"
"""Stands in place of an emotion for acts that move the head down and up."""

_VERBS: dict[str, str] = {
    "happy": "smile grin beam laugh giggle chuckle cheer clap wave dance twirl bounce jump hop "
    "applaud celebrate hug wink skip hum sing snicker cackle cuddle snuggle squeal purr nuzzle "
    "highfive boop wag twinkle glow sparkle rejoice",
    "sad": "cry sob weep sigh frown sniff sniffle whimper wail mope droop sulk",
    "angry": "pout glare scowl huff growl hiss snarl stomp fume grumble snap grit clench punch "
    "seethe",
    "surprised": "gasp gape blink stare startle jolt flinch gawk",
    "shy": "blush fidget fluster hide squirm peek",
    "smug": "smirk tease gloat scoff preen strut snort",
    "scared": "tremble shiver panic cower quiver shudder gulp wince recoil cringe",
    "tired": "yawn stretch nap doze slump snore sleep rest",
    NOD: "nod bow agree salute curtsy curtsey",
    "": "tilt shake look glance turn lean sip drink eat munch nibble chew think ponder pause "
    "cough clear shrug point hold raise lower lift adjust fix brush tuck cross fold put place "
    "take grab pick pull push pat poke tap rub scratch touch stroke wipe roll raise furrow narrow "
    "widen close open lick bite whisper mutter mumble murmur shout yell scream shriek groan moan "
    "hum breathe exhale inhale sit stand walk run step pace lie fall kneel crouch spin approach "
    "enter leave move gesture pose strike flip toss throw catch hand offer show reveal check "
    "read write type scroll tilt twitch flick perk flutter bat crack stretch flex float fly "
    "appear vanish teleport disappear swing sway rock kick play strum cover bury face peer squint "
    "gaze ponder consider hesitate prepare reach extend grip squeeze wrap embrace kiss "
    "facepalm flop tickle chase follow pretend attempt try continue begin start finish stop wait "
    "straighten smooth twiddle drum stutter stammer swallow deadpan bonk headpat",
}  # fmt: skip
_TAG_WORDS: dict[str, str] = {
    "neutral": "neutral calm normal serious",
    "happy": "happy joy joyful excited cheerful delighted playful laughter applause amused "
    "giggling warmly happily cheerfully brightly excitedly gleefully",
    "sad": "sad sadness tearful sadly teary",
    "angry": "angry anger mad furious annoyed irritated angrily",
    "surprised": "surprised surprise shocked amazed astonished startled",
    "shy": "shy embarrassed bashful flustered shyly bashfully",
    "smug": "smug proud teasing confident smugly teasingly proudly",
    "scared": "scared fear afraid fearful nervous worried nervously",
    "tired": "tired sleepy bored exhausted sleepily",
    "": "pause beat silence music ahem thoughtful thoughtfully softly quietly curious curiously",
}
OTHER_TONGUES: dict[str, str] = {
    # Stems of acts in the other languages; the first that an act contains decides.
    "うなず": NOD, "頷": NOD, "お辞儀": NOD, "点头": NOD, "點頭": NOD, "鞠躬": NOD, "끄덕": NOD,
    "nickt": NOD, "asiente": NOD, "hoche": NOD, "annuisce": NOD, "acena com a cabeça": NOD,
    "кивает": NOD, "кивнул": NOD,
    "笑": "happy", "微笑": "happy", "手を振": "happy", "拍手": "happy", "挥手": "happy",
    "鼓掌": "happy", "웃": "happy", "미소": "happy", "손을 흔": "happy", "박수": "happy",
    "lächel": "happy", "lacht": "happy", "winkt": "happy", "grinst": "happy", "kichert": "happy",
    "strahlt": "happy", "sonríe": "happy", "ríe": "happy", "saluda": "happy", "guiña": "happy",
    "sourit": "happy", "rit": "happy", "rigole": "happy", "salue": "happy", "sorride": "happy",
    "ride": "happy", "saluta": "happy", "sorri": "happy", "ri": "happy", "acena": "happy",
    "улыба": "happy", "смеёт": "happy", "смеет": "happy", "машет": "happy", "хихика": "happy",
    "泣": "sad", "哭": "sad", "叹气": "sad", "ため息": "sad", "울": "sad", "한숨": "sad",
    "seufzt": "sad", "weint": "sad", "llora": "sad", "suspira": "sad", "pleure": "sad",
    "soupire": "sad", "piange": "sad", "sospira": "sad", "chora": "sad", "вздыха": "sad",
    "плач": "sad",
    "怒": "angry", "生气": "angry", "화": "angry", "schmollt": "angry", "boude": "angry",
    "злит": "angry", "хмурит": "angry",
    "驚": "surprised", "惊": "surprised", "놀라": "surprised", "staunt": "surprised",
    "удив": "surprised",
    "照": "shy", "脸红": "shy", "臉紅": "shy", "얼굴이 빨": "shy", "부끄": "shy",
    "errötet": "shy", "wird rot": "shy", "se sonroja": "shy", "rougit": "shy",
    "arrossisce": "shy", "cora": "shy", "краснеет": "shy",
    "あくび": "tired", "打哈欠": "tired", "하품": "tired", "gähnt": "tired", "bosteza": "tired",
    "bâille": "tired", "sbadiglia": "tired", "boceja": "tired", "зевает": "tired",
    "考え": "", "思考": "", "首をかしげ": "", "歪头": "", "갸웃": "", "denkt": "", "zuckt": "",
    "schaut": "", "piensa": "", "mira": "", "réfléchit": "", "regarde": "", "hausse": "",
    "pensa": "", "guarda": "", "olha": "", "думает": "", "смотрит": "", "пожимает": "",
}  # fmt: skip
_DOUBLED = frozenset(
    """
    clap flop hug wag hop skip snap nap hum tap pat rub grab flip spin sit run step stop dab
    wrap slip strut grin nod sob sip put bat grip chop begin flit cut jog bob zip snip drum
    strum
    """.split()  # noqa: SIM905
)


def _third_person(verb: str) -> str:
    if verb.endswith(("s", "sh", "ch", "x", "z")):
        return f"{verb}es"
    if verb.endswith("y") and verb[-2] not in "aeiou":
        return f"{verb[:-1]}ies"
    return f"{verb}s"


def _gerund(verb: str) -> str:
    if verb in _DOUBLED:
        return f"{verb}{verb[-1]}ing"
    if verb.endswith("ie"):
        return f"{verb[:-2]}ying"
    if verb.endswith("e") and not verb.endswith("ee"):
        return f"{verb[:-1]}ing"
    return f"{verb}ing"


ACTING: dict[str, str] = {
    form: meaning
    for meaning, verbs in _VERBS.items()
    for verb in verbs.split()
    for form in (_third_person(verb), _gerund(verb))
}
"""Forms that name an act by themselves: "waves", "waving"."""
BARE: dict[str, str] = {
    verb: meaning
    for meaning, verbs in _VERBS.items()
    if meaning
    for verb in verbs.split()
    if verb not in ("sleep", "rest", "agree", "hide", "stare", "snap", "punch", "sing", "dance")
} | {"cough": "", "shrug": "", "facepalm": "", "gulp": "scared", "bonk": "", "ahem": "", "sip": ""}
"""Plain forms that are written as acts: "sigh", "nod"."""
FEELINGS: dict[str, str] = {
    word: emotion for emotion, words in _TAG_WORDS.items() for word in words.split()
}
"""Words that name a feeling or a manner, as tags do: "[happy]"."""


def emotion_of(meaning: str) -> str:
    """The emotion that an act's meaning names, or nothing."""
    return meaning if meaning in EMOTIONS else ""
