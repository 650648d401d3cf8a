"""How the built-in persona finds its answers: retrieval from the character card, and small talk."""
