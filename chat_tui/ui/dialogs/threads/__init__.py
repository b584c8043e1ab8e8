"""Dialogs about threads."""
