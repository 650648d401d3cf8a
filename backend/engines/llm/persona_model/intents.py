"""Recognise what kind of message a line is: the patterns of everyday small talk, in order.

Patterns see the normalised text (`words.normalized`): lower case, contractions and slang written
out. The first that matches wins, so the special ones stand before the general ones.
"""

# ruff: noqa: E501 (one line a text reads better than wrapped strings)

from __future__ import annotations

import re

_GREETING_WORD = (
    r"(?:hi+|hello+|he+y+a?|hiya|howdy|yo+|sup|greetings|good (?:morning|afternoon|evening|day)|"
    r"o?hayou?|konnichiwa|konbanwa|aloha|hewwo|heyo|salut|hola|hallo|bonjour|ciao|servus|moin)"
)
GREETING_PREFIX = re.compile(
    rf"^{_GREETING_WORD}(?: (?:there|everyone|everybody|you|again|friend|buddy))?\s*[,.!~:-]*\s+"
)

_TABLE: tuple[tuple[str, str], ...] = (
    ("crisis", r"\b(?:kill(?:ing)? my ?self|suicid\w*|want to die|end my life|hurt(?:ing)? my ?self|self[- ]harm|no reason to live|do not want to (?:live|be alive))\b"),
    ("hi_chat", rf"^(?:{_GREETING_WORD}|welcome)[, ]+(?:chat|stream|viewers|(?:to )?my stream)\b"),
    ("raid", r"\b(?:(?:a|incoming|new|huge|big) raid|raid(?:ed|ing|ers)|raid (?:from|incoming)|we (?:got|are being) raided)\b|^raid!*$"),
    ("follow", r"\b(?:new follower|just followed|followed you|(?:a|new) follow|i follow(?:ed)?)\b"),
    ("support", r"\b(?:new sub(?:scriber|scription)?|subscribed|gift(?:ed)? subs?|donat\w+|super ?chat|cheered|bits|(?:a|new) tip)\b"),
    ("good_night", r"\b(?:good ?night|gn|nighty night|going to (?:bed|sleep))\b"),
    ("bye", r"^(?:ok(?:ay)?[ ,]+|well[ ,]+|anyway[ ,]+)?(?:bye+|goodbye|good bye|cya|see (?:you|ya)|later|farewell|take care|ciao|gtg|g2g|i (?:have|got|need) to go|i am (?:off|leaving)|until next time|ttyl)\b|\b(?:gotta|got to|have to|need to) go\b|\bheading out\b|\bsee you (?:tomorrow|later|soon|next time|then)\b"),
    ("good_morning", r"^good morning\b|^morning\b"),
    ("greeting", rf"^{_GREETING_WORD}(?: (?:there|everyone|you|again|friend|all))?(?:[ ,]+[\w.-]+)?\s*[!.~, ?]*$"),
    ("nice_to_meet", r"\b(?:nice|good|glad|pleased|great) to (?:meet|see|talk to) you\b"),
    ("how_are_you", r"\bhow (?:are|is) (?:you|it going|everything|life|things)(?! (?:so|able|made|called|related|different|drawn|doing (?:that|this)))|\bhow do you (?:do|feel)\b|\bhow have you been\b|^(?:what is|wassup|whats?) up\b|^sup\b|\bare you (?:ok|okay|all right|alright|good)\b|^(?:and )?how about you\b|\bhow is your (?:day|evening|morning|night)\b"),
    ("you_too", r"^(?!who|how|what|where|why|when|which|are|is|do|did|can)[^?]{1,60}(?:[,.!] (?:and |how about |what about )?|\band |\b(?:how|what) about )you \?$"),
    ("what_doing", r"\bwhat (?:are you|you) (?:doing|up to)\b"),
    ("joke_offered", r"\b(?:want|can i|let me|may i|shall i|i (?:have|know|got|will)|here is)\b.*\b(?:tell|hear|know|have|got|is)?\b.*\bjoke\b(?!.*\b(?:from|of) you)(?<!tell me a joke)"),
    ("knock", r"^knock,? knock\b"),
    ("riddle", r"^why (?:did|do|does|is|are|was|were|can|could|should) (?:the|a|an|my|some|two)\b|^what do you (?:call|get)\b|^what did the\b|^how many .* does it take\b"),
    ("joke", r"\b(?:joke|jokes|pun|puns|make me laugh|something funny)\b"),
    ("fact", r"\b(?:tell|teach|say|show) (?:me |us |chat )*(?:something|a (?:fun |random |cool )?(?:fact|secret)|anything)\b|\b(?:fun|random) fact\b|^surprise me\b|\bwhat is new\b"),
    ("eat", r"\bwhat (?:should|shall|can|could|do) (?:i|we) (?:eat|cook|have for (?:dinner|lunch|breakfast)|order)\b|\bwhat is for (?:dinner|lunch|breakfast)\b"),
    ("story", r"\b(?:tell|write|make up|read)\b.*\b(?:story|tale|fairy ?tale|poem|haiku)\b"),
    ("sing", r"\b(?:sing|singing)\b.*\b(?:song|something|for (?:me|us)|please)\b|^(?:please )?sing\b|\bcan you sing\b"),
    ("capabilities", r"\bwhat (?:can you (?:do|know)|do you know)\b(?! (?:about|for fun|in))|\bwhat are you able\b|\bwhat (?:else )?can you (?:help|do)\b"),
    ("help", r"^(?:help|menu|commands|instructions|how does this work)\b"),
    ("model", r"\b(?:language model|llm|ollama|openrouter|open ?ai|chat ?gpt|gpt|which model|what model|your model)\b"),
    ("ai", r"\b(?:are|be) you (?:an? |just an? |really an? )?(?:real )?(?:ai|artificial|machine|program|software|computer|vtuber ai)\b"),
    ("real", r"\bare you (?:a )?(?:real|human|person|alive|sentient|conscious)\b|\bare you (?:a )?real (?:person|human)\b"),
    ("who", r"^(?:so |and )?who (?:are|is) you\b|\bwho are you\b|\bwhat is your name\b|\bwhat are you\b\s*\??$|\b(?:introduce|about) you\s*[?.!]*$|\bwhat should i call you\b|\bdo you have a name\b|\byour name\s*\??$"),
    ("age", r"\bhow old are you\b|\bwhat is your age\b|\byour age\b"),
    ("looks", r"\bwhat do you look like\b|\b(?:describe|show) you\b|\bdescribe your ?(?:self|looks|appearance)\b|\byour (?:looks|appearance)\b"),
    ("job", r"\bwhat do you do(?: for (?:a living|work))?\s*\??$|\b(?:is|about) your (?:job|work|occupation|profession)\b|\bwhere do you work\b"),
    ("home", r"\bwhere (?:are you from|do you (?:live|come from)|is your home)\b"),
    ("likes", r"\bwhat (?:do|else do) you like\b(?: to do)?\s*\??$|\bwhat (?:makes you happy|are you into)\b|\bwhat are your (?:hobbies|interests|likes)\b|\bdo you have (?:a |any )?hobbies\b"),
    ("dislikes", r"\bwhat do you (?:hate|dislike|not like)\b|\bwhat are you afraid of\b|\byour dislikes\b"),
    ("birthday_user", r"\b(?:it is|today is) my birthday\b"),
    ("thanks", r"\b(?:thanks|thank you|cheers|much appreciated|arigatou?)\b"),
    ("sorry", r"^(?:oh |i am |so |very )*(?:sorry|my bad|apologies)\b"),
    ("compliment", r"\byou are (?:so |very |really |such an? |the |an? |pretty |quite )*(?:cute|pretty|beautiful|adorable|cool|nice|sweet|kind|funny|smart|clever|amazing|awesome|great|best|lovely|good|wonderful|talented|hilarious|gorgeous|fun)\b|\b(?:like|nice|cute|beautiful|lovely) (?:is )?(?:your |the )?(?:voice|hair|eyes|outfit|avatar|laugh|smile|stream|headset|jacket)\b|\bgood (?:job|girl|boy|bot)\b|\byou are my favourite\b|\bwell done\b|\byour \w+ (?:is|are|looks?|sounds?) (?:so |very |really )*(?:cute|pretty|beautiful|nice|great|amazing|lovely|good|cool)\b"),
    ("insult", r"\byou (?:are (?:so |very |really |such an? |an? )*|)(?:stupid|dumb|idiot|boring|ugly|useless|suck|sucks|annoying|trash|terrible|lame|bad|worst|hate you|cringe|fake)\b|\bi hate you\b|\bshut up\b"),
    ("feeling_you", r"\bare you (?:feeling )?(?:so |a bit |very )?(?:sad|happy|tired|bored|angry|mad|lonely|hungry|excited|nervous|upset|drunk|cold)\b"),
    ("why", r"^(?:but )?why(?: not| so| is that)?\s*\?*$|^how come\s*\?*$"),
    ("huh", r"^(?:what|huh|pardon|sorry what|which one|who|where|when|how|come again|i do not (?:understand|get it))\s*\?+$"),
    ("no_idea", r"^(?:well |hmm? |oh )?(?:i do not know|no idea|not sure|i am not sure|dunno)(?: what to (?:say|do|talk about))?\s*[.!]*$"),
    ("private", r"\b(?:record(?:ing)?|spy(?:ing)? on|tracking|saving) (?:me|us|this|my)\b|\bare you (?:recording|spying)\b"),
    ("ask_me", r"^(?:can|may|could) i ask (?:you )?(?:something|a question|anything)\b|^i have a question\b"),
    ("you_are_nice", r"\bdo you think i am\b|\bwhat do you think (?:of|about) me\b"),
    ("what_did", r"\bwhat did you do\b|\bwhat have you been (?:doing|up to)\b"),
    ("love_me", r"\bdo you (?:really )?(?:like|miss|hate) me\b|\bare (?:we|you my) friends?\b"),
    ("love", r"\bi (?:really |so )?(?:like|adore|miss(?:ed)?) you\b|\bmarry me\b|\bbe my (?:girlfriend|boyfriend|wife|husband|waifu)\b"),
    ("weather", r"\b(?:weather|temperature outside|raining|snowing|forecast)\b.*\?|\b(?:what|how) is the weather\b|\bis it (?:going to (?:rain|snow|be)|raining|snowing|sunny|cold|hot)\b"),
    ("news", r"\b(?:the news|latest news|what happened (?:today|in the world)|headlines)\b"),
    ("bored", r"\b(?:bored|boring here|entertain me|nothing to do)\b"),
    ("test", r"^(?:test(?:ing)?|mic (?:test|check)|check|one two|can you hear me|do you hear me|are you (?:there|listening|here)|anyone here|is this (?:thing )?on)\b"),
    ("good_game", r"^(?:gg+|good game|ggwp|well played)\b"),
    ("won", r"\b(?:i|we) (?:just |finally |have )*(?:won|beat|made it|passed|did it|got (?:it|the job)|finished)\b"),
    ("grief", r"\b(?:died|passed away|put (?:him|her|it) down)\b(?! (?:again|at|in|on|to|of|from))|\blost my (?:mom|mum|mother|dad|father|brother|sister|grand\w+|wife|husband|partner|son|daughter|child|friend|best friend|cat|dog|job)\b"),
    ("lost", r"\b(?:i|we) (?:just |again |have )*(?:lost|died|failed|lose)\b(?! (?:my|him|her|someone|interest|weight))|\bgame over\b"),
    ("playing", r"\b(?:i am|we are|i will be|i have been|i will|i want to|we will) (?:about to |going to )?(?:play|stream)(?:ing)? (?P<thing>.+)"),
    ("tired", r"\bi am (?:so |very |really |a bit |pretty |just )*(?:tired|exhausted|sleepy|burned out|burnt out|worn out)\b"),
    ("sick", r"\bi (?:am|feel|have) (?:so |very |really |a bit |a )*(?:sick|ill|cold|headache|fever|flu|nauseous)\b"),
    ("angry", r"\bi am (?:so |very |really |a bit )*(?:angry|mad|furious|annoyed|frustrated)\b"),
    ("worried", r"\bi am (?:so |very |really |a bit )*(?:worried|nervous|anxious|scared|afraid|stressed)\b"),
    ("hungry", r"\bi am (?:so |very |really |a bit )*(?:hungry|starving|thirsty)\b"),
    ("sad", r"\b(?:i am|i feel|feeling) (?:so |very |really |a bit |a little )*(?:sad|down|lonely|depressed|terrible|awful|bad|heartbroken|hopeless|unhappy)\b|\bbad day\b|\bi (?:want to cry|cried|miss (?:him|her|them|my))\b"),
    ("excited", r"\bi am (?:so |very |really )*excited\b|\bcan not wait\b"),
    ("happy", r"\bi am (?:so |very |really )*(?:happy|glad|proud|over the moon)\b|\b(?:great|best|good|wonderful|amazing) day\b"),
    ("fine_too", r"^(?:(?:i am )?(?:doing )?(?:pretty |very |quite |all |really )*(?:good|fine|great|well|okay|ok|alright|right|not bad)(?: too| as well| here)?)(?:[ ,.!]+(?:thanks|thank you))?(?:[ ,.!]+(?:and |how about )?you)?\s*[.!?]*$"),
    ("hype", r"^(?:let['’ ]?s go+|lfg|poggers|pog+|hype|woo+|yay+|yess+)\b"),
    ("laugh", r"^(?:lol+|lmf?ao+|rofl|haha\w*|hehe\w*|xd+|kek|w{3,}|jaja\w*)\b|\b(?:that is|you are|so) (?:so )?(?:funny|hilarious)\b"),
    ("wow", r"^(?:wow+|whoa|woah|omg|oh my|no way|really|amazing|incredible|cool|nice|neat|awesome|great|sweet|interesting)\s*[!?.]*$"),
    ("yes", r"^(?:yes|yeah|yep|yup|sure|of course|ok(?:ay)?|absolutely|definitely|please|go ahead|do it|why not|mhm|please do|yes please|i do|i am|i would)\b(?:[ ,]+please)?\s*[.!]*$"),
    ("no", r"^(?:no|nope|nah|not really|never|no thanks?|no thank you|i do not|i am not)\s*[.!]*$"),
    ("no_problem", r"^(?:that is |it is |it was |no |do not )?(?:ok(?:ay)?|fine|all right|alright|problem|worries|worry)(?: then| about it)?\s*[.!]*$"),
    ("not_know", r"^(?:you do not|do you not|how do you not|why do you not|how can you not) know\b"),
    ("help_with", r"\b(?:any|some|have) (?:tips|advice|ideas)\b|\b(?:can|could|will) you help (?:me|us)\b|\bhelp me (?:with|to)\b"),
    ("agree", r"^(?:true|exactly|right|same(?: here)?|me too|same with me|i agree|indeed|fair(?: enough)?|makes sense|i see|got it|understood|correct)\s*[.!]*$"),
    ("advice", r"^(?:so )?do you think\b(?!.*\b(?:of|about)\b)|^(?:should|shall|will) (?:i|we)\b.*\?|\bwhat should i do\b"),
)  # fmt: skip
INTENTS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (name, re.compile(pattern)) for name, pattern in _TABLE
)

CLAUSE = re.compile(r"\b(?:i|my|we|he|she|it|they|that|this|me) |\b(?:is|are|was|were|am)\b")
FRAGMENT = re.compile(
    r"^(?:for|since|in|with|about|maybe|because|at|to|on|not|just|and|but|or|if|when|then) "
)
AGAIN = re.compile(
    r"^(?:ok(?:ay)? |and |yes |haha |lol |please )*(?:again|another(?: one)?|one more(?: time)?|more|once more|next(?: one)?|do it again|tell me (?:more|another)(?: one)?)(?: please)?\s*[.!]*$"
)
GOOD = re.compile(
    r"\b(?:great|awesome|amazing|fun|cute|adorable|lovely|beautiful|fluffy|delicious|tasty|fantastic|wonderful|perfect|nice|cosy|cozy|relaxing|proud|won|promoted|best|sweet|brilliant|excellent|good)\b"
)
BAD = re.compile(
    r"\b(?:exhausting|hard|difficult|horrible|terrible|awful|annoying|stressful|sad|boring|worst|bad|hurts?|painful|broke|broken|yelled|shouted|ruined|failed|cancelled|canceled|stole|stolen|crashed|dumped|fired|fight|argument|rude|lonely|tough|frustrating|expensive|late|sucks?|ugh|rough|nobody (?:came|likes|cares|talks|watched|showed)|unfair|sick|ill|injured|hospital|missing|scary|worse)\b"
)
NEGATED = re.compile(r"\b(?:not|never|no|without)\b")
THIRD_PERSON = re.compile(
    r"^(?:and |but |well |yes |yeah )*(?P<who>he|she|they|it) (?P<verb>is|are|was|were|has|have|can|likes?|always|never|just|really|looks?|sleeps?|eats?|hates?|used|will|does|did)\b"
)

REPEAT = re.compile(
    r"^(?:please |can you |could you )?(?:say|repeat(?: after me)?)\s*[:,]?\s+[\"“']?(?P<words>.+?)[\"”']?\s*(?:please)?$",
    re.I,
)
TIME_IN = re.compile(
    r"\btime is it (?:right now |now )?in (?:the )?(?P<place>[a-z][a-z ]{1,30}?)(?: right now| now)?\s*\?*$"
)
ASKED_TIME = re.compile(
    r"\bwhat time\b|\bwhat is the time\b|\btime is it\b|\btell me the time\b|\bdo you have the time\b|^time\s*\??$"
)
ASKED_DATE = re.compile(
    r"\bwhat(?: is)? (?:the |today['’]?s? )*(?:date|day|year|month)\b(?! (?:of|did|do|does))|\b(?:which|what) (?:day|date|year|month) is\b|\btoday['’]?s date\b|^date\s*\??$|\bwhat day (?:is|was|will)\b|\bwhat is today\b"
)
ASKED_MY_NAME = re.compile(
    r"\b(?:what is my name|who am i|(?:do you )?(?:know|remember) my name|what am i name|say my name)\b"
)
ASKED_ABOUT_ME = re.compile(
    r"\b(?:what do you (?:know|remember) about me|do you (?:know|remember) (?:me|anything about me|who i am)|tell me about me|about my ?self)\b"
)
ASKED_MY_FACT = re.compile(
    r"^(?:so |and |hey )*(?:(?:do you (?:know|remember) )?(?:what|where|who|which|when|how)\b.*\b(?:my|i|me)\b|(?:do|did|am|have) i\b.*|do you (?:know|remember)\b.*\b(?:my|i)\b.*)"
)
ABOUT_CHARACTER = re.compile(r"\b(?:you|your|yours)\b")
QUESTION = re.compile(
    r"\?\s*$|^(?:who|what|when|where|why|how|which|whose|is|are|am|do|does|did|can|could|will|would|should|have|has|tell me|explain|define)\b"
)
NAME_TOLD = re.compile(
    r"\b(?:my name is|(?:just |please |you can )?call me|i go by|the name is)\s+(?P<name>[^\W\d_][\w'’-]*)",
    re.I,
)
_THING = r"(?P<thing>[^.!?,;\n]{2,60}?)(?=\s*(?:[.!?,;\n]|$)|\s+(?:and|but|because|so|when|since) )"
LIKE_TOLD = re.compile(
    r"^(?:(?:well|oh|yes|yeah|and|but|also|hi|hey|hello)[, ]+)*i (?:really |also |absolutely |totally |just |do |so )*"
    rf"(?:like|love|adore|enjoy|prefer)(?: to)? {_THING}",
    re.I,
)
DISLIKE_TOLD = re.compile(
    r"^(?:(?:well|oh|but|and|no)[, ]+)*i (?:really |just |absolutely )*"
    rf"(?:hate|dislike|can['’]?t stand|don['’]?t like|do not like) {_THING}",
    re.I,
)
OPINION = re.compile(
    r"\b(?:what do you think (?:about|of)|how do you (?:like|feel about)|(?:your|any) (?:opinion|thoughts) (?:on|about)|do you (?:like|love|enjoy|hate)|what(?:['’]s| is) the best)\s+(?P<thing>[^.!?,;\n]{2,40})",
    re.I,
)


def intent_of(text: str) -> str:
    """The name of the first pattern that the normalised text matches, or an empty string."""
    for name, pattern in INTENTS:
        if pattern.search(text):
            return name
    return ""
