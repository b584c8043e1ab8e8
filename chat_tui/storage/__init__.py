"""How things are kept: threads, settings, prompts and keys as files that the user owns."""
