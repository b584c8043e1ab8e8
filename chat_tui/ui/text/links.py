"""Which links are links at all."""

from __future__ import annotations

import re

SAFE_LINK = re.compile(r"(?:https?://|mailto:)[!-~]+", re.IGNORECASE)
"""Those of the web and of mail, in printable ASCII."""
