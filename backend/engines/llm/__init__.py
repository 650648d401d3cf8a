"""Chat models: the built-in persona, Ollama, and servers that speak OpenAI's protocol."""
