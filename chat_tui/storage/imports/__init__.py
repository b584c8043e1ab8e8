"""Readers of other programs' threads: one engine, and for each format what is its own."""
