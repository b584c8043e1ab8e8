"""Queries for threads, their results, and fuzzy matching."""
