"""The app in a browser: what the server refuses, and its sessions."""
