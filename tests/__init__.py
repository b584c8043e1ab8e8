"""Tests of chat-tui; the folders mirror the package."""
