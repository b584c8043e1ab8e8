"""The app in a browser: `chat-tui serve`."""
