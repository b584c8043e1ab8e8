"""The prompt: its text field, the draft in it, completion."""
