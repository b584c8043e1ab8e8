"""Threads as Markdown and as HTML."""
