"""What all tests share: a pilot that doesn't sleep, and the option for the long form of the torture."""

from __future__ import annotations

import pytest
import textual.pilot

from tests.pilot import QuickPilot


@pytest.fixture(autouse=True, scope="session")
def quick_pilot() -> None:
    """`App.run_test` gives a pilot that waits for message queues."""
    vars(textual.pilot)["Pilot"] = QuickPilot
