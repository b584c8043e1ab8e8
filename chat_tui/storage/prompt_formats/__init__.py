"""Saved prompts of other programs: character cards, aichat's roles, templates of `llm`, fabric's patterns."""
