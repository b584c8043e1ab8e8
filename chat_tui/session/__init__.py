"""One live thread and what happens in it. The app and `ask` both run this code."""

from chat_tui.session.chat_session import ChatSession

__all__ = ["ChatSession"]
