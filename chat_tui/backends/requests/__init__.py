"""Builds requests: messages, parameters, continuations, and what a server refused and gets no more."""
