"""Themes, and output without colours."""
