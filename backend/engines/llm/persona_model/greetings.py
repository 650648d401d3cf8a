"""Greetings, and the questions that a talk begins with; the slots are those of `phrases`."""

from __future__ import annotations

GREETING = (
    "Hi{vocative}! It's good to have you here.",
    "Hello{vocative}! I was hoping you'd come by.",
    "Good {part}{vocative}! Nice to see you.",
    "Hey{vocative}! There you are.",
    "Hello{vocative}! Welcome in.",
)
GREETING_BACK = (
    "Hello again{vocative}!",
    "Hi again! I'm still right here.",
    "Hey! We've said hello already, but I like hellos.",
)
SHORT_GREETING = ("Hi{vocative}!", "Hello{vocative}!", "Hey{vocative}!")

ASK_BACK = (
    "How is your {part} going?",
    "What are you up to today?",
    "What would you like to talk about?",
    "What's the best thing that happened to you this week?",
    "Have you listened to anything good lately?",
    "What are you looking forward to?",
    "What have you been busy with?",
)
ASK_NAME = (
    "What should I call you?",
    "What's your name, by the way?",
    "Who do I have the pleasure of talking to?",
)
