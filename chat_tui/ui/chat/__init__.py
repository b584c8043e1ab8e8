"""The main screen: conversation, prompt, thread list, bars."""
