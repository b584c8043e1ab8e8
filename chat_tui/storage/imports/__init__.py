"""Readers of other programs' threads: ChatGPT, Claude, elia, oterm."""
