"""`chat-tui ask`: asks one model or several, once."""
