"""The bars around the conversation."""
