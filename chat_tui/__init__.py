"""A terminal chat client for many models behind OpenAI-compatible endpoints."""

__version__ = "0.2.0"
