"""What a conversation is: pure data and rules, no files, no network, no screen."""
