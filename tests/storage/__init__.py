"""Tests of chat_tui.storage."""
