"""The prompt: its field, what is written in it, and the list that completes it."""
