"""Threads on their way out (Markdown, HTML, JSON) and in (our own files, ChatGPT, Claude, elia, oterm)."""
