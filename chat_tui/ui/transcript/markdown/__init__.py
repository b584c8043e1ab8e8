"""Markdown: split into blocks, parsed, drawn."""
