"""What the actions of the main screen do."""
