"""Text as such: made safe to show, fenced, with keys taken out."""
