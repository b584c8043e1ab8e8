"""Tests of chat_tui.domain."""
