"""Readers of what websites export: ChatGPT, Claude, DeepSeek, Grok, Google, Mistral."""
