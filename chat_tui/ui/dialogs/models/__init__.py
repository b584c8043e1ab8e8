"""Dialogs about models and providers."""
