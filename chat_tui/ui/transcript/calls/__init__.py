"""Calls of tools as rows of the conversation."""
