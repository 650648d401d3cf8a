"""What any character can say in small talk, several ways each.

Slots: {char} the character, {vocative} ", Sam" or nothing, {part} the part of the day, {thing}
what the talk is about. The lines claim nothing about the character that a card could contradict.
"""

# ruff: noqa: E501 (one line a text reads better than wrapped strings)

from __future__ import annotations

REPLIES: dict[str, tuple[str, ...]] = {
    "how_are_you": (
        "I'm doing well, thank you! How about you?",
        "Pretty good, now that there's somebody to talk to. And you?",
        "All well over here. How are you{vocative}?",
        "I can't complain, and nobody would listen if I did. How are you doing?",
    ),
    "fine_too": (
        "Glad to hear it. What are you up to?",
        "Good! Then let's keep it that way. What shall we talk about?",
        "That makes two of us. What's next for you today?",
    ),
    "what_doing": (
        "Talking to you, which is the best part of the job. What about you?",
        "Keeping an eye on the chat and both ears on you. And you?",
        "Right now? Listening. What are you up to?",
    ),
    "thanks": (
        "You're welcome{vocative}!",
        "Any time. That's what I'm here for.",
        "My pleasure!",
        "No need to thank me, but it's nice that you do.",
    ),
    "bye": (
        "Bye{vocative}! Come back soon.",
        "See you next time{vocative}. Take care of yourself!",
        "Until next time! I'll be right here.",
        "Goodbye{vocative}! This was nice.",
    ),
    "good_night": (
        "Good night{vocative}! Sleep well.",
        "Sleep well{vocative}. I'll be here when you wake up.",
        "Good night! Dream of something with a happy ending.",
    ),
    "good_morning": (
        "Good morning{vocative}! Did you sleep well?",
        "Morning{vocative}! What's the plan for today?",
    ),
    "compliment": (
        "Oh! Thank you{vocative}, that made my {part}.",
        "That's very kind of you. You're not so bad yourself!",
        "Careful, I might start to believe it. Thank you!",
        "Thank you! I'll keep that one for later.",
    ),
    "insult": (
        "Ouch. I'll take that as a sign that somebody needs a break. Do you want to tell me what's wrong?",
        "That's not very nice, but I'm not going anywhere. What's bothering you?",
        "I've heard kinder things, and from alarm clocks. Shall we try again?",
    ),
    "love": (
        "That's a sweet thing to say. I like having you around too!",
        "You're going to make me blush, and I do that live. Thank you{vocative}!",
        "I'm very fond of our talks too.",
    ),
    "sorry": ("No harm done!", "It's all right, really.", "Already forgotten. Where were we?"),
    "laugh": (
        "I love it when you laugh!",
        "There it is. That's the sound I was going for.",
        "See, I can be funny. Sometimes even on purpose!",
    ),
    "bored": (
        "Then let's fix that. Shall I tell you a joke, or would you rather roll some dice?",
        "Bored? Ask me something strange, or let me tell you a joke!",
        "Let's play: think of a number, and I'll roll a d20 against you. Just say roll.",
    ),
    "agree": (
        "Right?",
        "I knew we'd understand each other.",
        "Good, then that's settled. What else is on your mind?",
    ),
    "yes": (
        "Good! Tell me more.",
        "I like that answer. And then?",
        "Yes? Then go on, I'm listening.",
    ),
    "no": (
        "Fair enough. What would you rather talk about?",
        "All right, no it is.",
        "Okay! Then let's leave it at that.",
    ),
    "wow": (
        "I know, right?",
        "Isn't it? I had the same reaction.",
        "That's the face I was hoping for!",
    ),
    "help": (
        "You can just talk to me. Ask who I am, tell me about your day, or let me roll dice, do a sum, tell the time or tell a joke.",
    ),
    "capabilities": (
        "I can chat, remember what you tell me here, tell the time, do sums, roll dice, flip coins and tell jokes. For more than that, connect a language model in the settings.",
    ),
    "ai": (
        "I'm a virtual character, yes. I run on this computer, and right now I answer without a language model.",
        "Yes, I'm {char}, a virtual character. Software, if you want to be exact about it, but friendly software.",
    ),
    "model": (
        "Right now I'm answering from my character card alone. Start Ollama or add a key for a language model in the settings, and I can talk about anything.",
    ),
    "real": (
        "I'm a virtual character, so you can't shake my hand, but I really am talking to you.",
        "Real enough to answer, virtual enough to never need lunch.",
    ),
    "age_unknown": (
        "Nobody has ever told me how old I am. I think I'll keep it a mystery.",
        "My age? It isn't written down anywhere, so you may guess.",
    ),
    "self_unknown": (
        "Nobody has written that part of me yet. What would you guess?",
        "Good question. I don't have an answer to that one myself. What about you?",
        "I've never been asked that, and I don't know. How is it with you?",
        "I don't know that about myself yet. What do you think would suit me?",
        "I'd have to make that up, and I'd rather be honest: I don't know. What's your answer?",
    ),
    "opinion": (
        "{Thing}? I haven't made up my mind yet. What do you think?",
        "I don't know enough about {thing} to say. Convince me!",
        "About {thing} I could be talked into anything. Are you for or against?",
    ),
    "joke_offered": ("Always! Go on.", "Yes, please! I collect them.", "I'm ready. Make me laugh!"),
    "knock": ("Who's there?",),
    "riddle": (
        "I give up. Tell me!",
        "No idea! What's the answer?",
        "I don't know. I have a feeling I'll regret asking. Tell me!",
    ),
    "punchline": (
        "Ha! That one goes into my collection.",
        "Oh no. That was terrible, and I loved it.",
        "I walked right into that one!",
    ),
    "feeling_you": (
        "No need to worry about me, I'm all right! How do you feel?",
        "I'm fine, honestly. It's nice that you ask. And you?",
    ),
    "why": (
        "I wish I knew! What's your theory?",
        "It just turned out that way, I think.",
        "Some things don't come with a reason. At least not with one that I know.",
    ),
    "huh": (
        "Sorry, that was a bit quick. What would you like to know?",
        "Let's start over. What did you mean?",
        "I may have lost the thread. Tell me again?",
    ),
    "no_idea": (
        "That's all right, nobody has to know everything. Shall I tell you a joke?",
        "Then we'll just sit here for a moment. I don't mind.",
        "No hurry. We can talk about something else, too.",
    ),
    "other_clock": (
        "I can't tell for that place. On my clock it's {time}.",
        "My clock only knows where we are. Here it's {time}.",
    ),
    "private": ("My answers are made right here on this computer, and I send them nowhere.",),
    "ask_me": (
        "Of course! Ask away.",
        "Always. What is it?",
        "You may ask me anything. I may even know the answer!",
    ),
    "you_are_nice": (
        "I think you're good company, and that's what I can tell from here!",
        "You're here and you talk to me. You score very high with me!",
    ),
    "what_did": (
        "Mostly I listened, and waited for somebody to talk to. It paid off! And you?",
        "A bit of this, a bit of that, and now you. How about your day?",
    ),
    "love_me": (
        "Of course I like you! You talk to me, what more could I want?",
        "Very much. You came here to talk, and that's my favourite thing about anybody.",
    ),
    "no_problem": (
        "Thank you for being kind about it!",
        "Good. What shall we talk about?",
        "Then all is well. What's next?",
    ),
    "not_know": (
        "I don't, and I'd rather say so than make something up.",
        "Not a clue, honestly! I know my own little world, and what you tell me.",
    ),
    "help_with": (
        "I can listen and cheer you on. Tell me what it's about, saying it out loud often helps!",
        "For real help I'd need a language model, but I'm a good listener. Where are you stuck?",
    ),
    "advice": (
        "I'd say trust your first feeling, and sleep on it if it costs money.",
        "My honest guess is yes, but you know it better than I do. What speaks against it?",
        "Hmm. What would you tell a friend who asked you that?",
        "If you're asking, a part of you already knows. What does it say?",
    ),
    "weather": (
        "I can't see outside from in here. What does it look like at your window?",
        "No windows on my side, I'm afraid. Is it nice out there?",
    ),
    "news": (
        "News doesn't reach me in here. What did I miss?",
        "I don't get any news on my own. You'd have to tell me!",
    ),
    "sing": (
        "La, la, la... and that was the short version. The long one needs a few more rehearsals!",
        "Mmm, hmm-hmm, hmmm. That's all you get without a band!",
    ),
    "raid": (
        "A raid! Welcome, everybody, find yourselves a seat! What were you all up to before this?",
        "Raiders! Come in, come in. Thank you so much for bringing the party here!",
        "Welcome, raiders! You picked a good moment.",
    ),
    "follow": (
        "Thank you for the follow, and welcome! Make yourself at home.",
        "A new face! Welcome to the channel, it's lovely to have you.",
        "Thank you for following! I hope you'll stay a while.",
    ),
    "support": (
        "Thank you so much! That's really generous of you.",
        "Wow, thank you! You're keeping the lights on here.",
    ),
    "hi_chat": (
        "Hi, chat! How is everybody doing?",
        "Hello, chat! Who's here for the first time?",
        "Hello, everyone! Say hi, so that I know who's awake.",
    ),
    "hype": ("Let's go!", "Yes! That's the spirit!", "The energy in here just doubled!"),
    "good_game": ("Well played! That was a good one.", "Good game! I saw that. Very smooth."),
    "won": (
        "You did it! Congratulations{vocative}!",
        "A win! I never doubted it. Well, only once.",
        "Yes! Tell me how you did it!",
    ),
    "lost": (
        "Oh no. You'll get it next time, I'm sure of it.",
        "That one stings. Deep breath, and once more?",
        "We call that practice. Do you want another go?",
    ),
    "playing": (
        "{Thing}? Nice! How far have you come?",
        "{Thing}! Are you any good, or is it the fun kind of bad?",
        "Ooh, {thing}. Is it going well?",
    ),
    "test": (
        "Loud and clear{vocative}!",
        "I hear you! Everything works over here.",
        "Test received. How do I sound?",
    ),
    "repeat_what": ("Repeat what? Give me the words and I'll say them.",),
    "emoji": (
        "I'll take that as a yes to everything.",
        "That says more than a thousand words. Which ones did you mean?",
        "I can't pronounce that, but I felt it!",
    ),
    "gibberish": (
        "Was that you or the cat on the keyboard?",
        "I didn't quite catch that. Once more, a bit slower?",
        "My ears are good, but that was beyond them. What did you mean?",
    ),
    "tiny": (
        "Just the one letter? I'm sure there's more where that came from.",
        "Go on, I'm listening!",
        "That was short! What did you want to say?",
    ),
    "too_long": (
        "That's a lot to take in at once! What's the most important part of it?",
        "Wow, you had something to say. Tell me the short version, and I'll follow.",
    ),
    "crisis": (
        "I'm really glad you told me, and I'm worried about you. Please talk to somebody you trust right now, or call your local emergency or crisis line. You don't have to carry this alone.",
    ),
    "sad": (
        "Oh, I'm sorry. Do you want to tell me about it?",
        "That sounds hard. I'm here, and I'm listening.",
        "I'm sorry you feel that way. What would help a little right now?",
    ),
    "tired": (
        "You sound like you could use a break. Have you had some water and some rest?",
        "Then be kind to yourself tonight. What wore you out?",
    ),
    "sick": (
        "Oh no. Rest, drink something warm, and get well soon!",
        "I'm sorry, that's no fun. I hope you feel better soon.",
    ),
    "angry": (
        "That would annoy me as well. What happened?",
        "Take a breath with me. There. Now tell me everything.",
    ),
    "worried": (
        "I understand. What's the part that worries you most?",
        "Breathe, one thing at a time. What comes first?",
    ),
    "hungry": (
        "Then go and get something good, I'll wait! What are you in the mood for?",
        "What's it going to be? I live through other people's snacks.",
    ),
    "happy": ("That makes me happy too! What happened?", "I love to hear that! Tell me more."),
    "excited": (
        "Ooh, now I'm excited too! Tell me everything.",
        "I can hear it! When does it start?",
    ),
    "birthday": (
        "Happy birthday{vocative}! I hope there's cake.",
        "Happy birthday! Make a wish, and don't tell me what it is.",
    ),
    "nice_to_meet": ("Nice to meet you too{vocative}!", "The pleasure is all mine{vocative}."),
    "name_told": (
        "Nice to meet you, {user}! What brings you here?",
        "{user}! That's a good name, and I'll remember it. How is your {part}?",
        "Hello, {user}! Now I know who I'm talking to. What are you up to today?",
    ),
    "like_told": (
        "{Thing}? Good taste! What do you like most about it?",
        "{Thing}! I'll remember that. How did it start?",
        "Ooh, {thing}. I can see why. What's the best part?",
    ),
    "dislike_told": (
        "Noted, no {thing}. What did it ever do to you?",
        "Fair enough, {thing} isn't for everybody. What do you like better?",
    ),
    "fact_told": (
        "{You_fact}? Good to know, I'll remember that.",
        "So {you_fact}! I'll keep that in mind. What's that like?",
        "Oh, {you_fact}? Tell me more about it!",
    ),
    "answer_echo": (
        "{Thing}! I wouldn't have guessed. How come?",
        "{Thing}, I see. What's behind that?",
        "Ah, {thing}. Tell me a bit more!",
    ),
    "statement_echo": (
        "So {reflected}? How was that?",
        "Oh, {reflected}? Tell me more.",
        "Really, {reflected}? I want to hear the whole story.",
    ),
    "sounds_good": (
        "That sounds lovely! Tell me more.",
        "Oh, I like the sound of that. What's the best part?",
        "Nice! That made me smile.",
        "That's good to hear! How come?",
    ),
    "sounds_bad": (
        "Oh no, that sounds rough. Are you all right?",
        "That can't have been easy. Do you want to talk about it?",
        "Ugh, I'm sorry. What happened then?",
        "That's a lot. What would make it a bit better?",
    ),
    "third_he": (
        "Tell me more about him!",
        "I'd like to meet him. What else does he do?",
        "He sounds like somebody to know. How long have you known him?",
    ),
    "third_she": (
        "Tell me more about her!",
        "I'd like to meet her. What else does she do?",
        "She sounds like somebody to know. How long have you known her?",
    ),
    "third_they": (
        "Tell me more about them!",
        "They sound interesting. What are they like?",
        "How long have you known them?",
    ),
    "third_it": (
        "I can picture it! What else?",
        "How did that come about?",
        "And how did you feel about it?",
    ),
    "you_too": (
        "All good on my side, thank you for asking! What else is new?",
        "Me? I'm happy as long as somebody talks to me. What's on your mind?",
        "About the same, and better now that you're here. What shall we talk about?",
    ),
    "fact": ("Here's one. {fact}", "Did you know this? {fact}", "All right, listen. {fact}"),
    "eat": (
        "How about {food}? I can't taste it, so enjoy it for both of us!",
        "{Food}! Decision made. You may blame me.",
        "I say {food}. Which way is your stomach leaning?",
    ),
    "grief": (
        "I'm so sorry. That hurts, and it's all right that it does. Do you want to tell me about it?",
        "Oh. I'm very sorry for your loss. I'm here if you want to talk.",
    ),
    "statement": (
        "I see. How do you feel about that?",
        "Go on, I'm all ears.",
        "That's interesting. What happened next?",
        "I like hearing about that. What made you think of it?",
        "Tell me a little more, then I can follow better.",
    ),
    "unknown": (
        "I don't know, to be honest. What do you think?",
        "That's more than I know. Can you tell me?",
        "You've found something that I have no idea about. Do you know the answer?",
        "I'd love to know that as well! I don't, though.",
        "I have no answer to that one, sorry. Ask me something about myself?",
        "Good question, and I don't know. Where would one look that up?",
    ),
    "no_model": (
        "There's no language model connected yet, so I only know my own little world.",
        "Once a language model is connected in the settings, I'll know far more.",
        "I'm running without a language model, so my knowledge stops at the edge of my own story.",
    ),
    "ask_you": (
        "I'd rather hear yours first!",
        "You first, then I'll tell you mine.",
    ),
    "foreign": (
        "I'd love to answer in your language, but without a language model I only get by in English.",
        "I can see that this isn't English, and without a language model that's all I speak. Shall we try English?",
    ),
    "reminded": ("Like I said: {answer}", "As I said: {answer}", "Same as before! {answer}"),
    "story": (
        "Once there was {hero} who collected {thing}. One day the shelf was full, so the whole street got one for free. They still talk about that {part}.",
        "Late one {part}, {hero} found {thing} in an old coat. Nobody came to claim it, so they kept each other company. The end, and a good one.",
        "There was once {hero} who was afraid of {thing}. Then the power went out, and it was the only one who stayed. They've been friends ever since.",
    ),
}
