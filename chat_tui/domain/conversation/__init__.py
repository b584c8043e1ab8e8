"""Threads, messages, drafts, and the chunks that an answer is made of."""
