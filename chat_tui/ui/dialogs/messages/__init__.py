"""Dialogs about messages of a thread."""
