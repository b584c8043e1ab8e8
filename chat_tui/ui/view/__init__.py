"""The scrolling view of a conversation: viewport, selection, the running answer."""
