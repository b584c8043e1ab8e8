"""Readers of conversations that are texts: Markdown, and the buffers of editors."""
