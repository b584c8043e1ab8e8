"""Requests that a session makes, and how their answers are put together."""
