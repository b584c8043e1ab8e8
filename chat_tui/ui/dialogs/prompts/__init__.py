"""Dialogs about prompts."""
