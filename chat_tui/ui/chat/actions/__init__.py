"""The actions of the main screen."""
