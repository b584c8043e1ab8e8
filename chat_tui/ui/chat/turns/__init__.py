"""What the turns of the conversation show beside their text."""
