"""What the user attaches: text, images, documents."""
