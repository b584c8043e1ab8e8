"""The scrolling view of a conversation: viewport, selection, the answer that grows."""
