"""The outline of the thread, at the right of the conversation."""
