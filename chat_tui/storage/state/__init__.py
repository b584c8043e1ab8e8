"""Small files that the program keeps for itself: undo log, reading positions, sent prompts."""
