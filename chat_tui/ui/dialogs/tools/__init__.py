"""Dialogs about tools."""
