"""What all tests share: a pilot that doesn't sleep, and the option for the long form of the torture."""

from __future__ import annotations

import gc
import os
from functools import cache, partial

import pytest
import textual.pilot
from hypothesis import settings

from chat_tui.backends.http import transport
from chat_tui.backends.http.environment import CA_VARIABLES
from tests import torture
from tests.pilot import QuickPilot, draw_frames_at_rest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds `--torture`."""
    parser.addoption("--torture", action="store_true", help="kill, cut, damage and try at random much more often")


def pytest_configure(config: pytest.Config) -> None:
    """Says how much is tried, and in which language, before any test is imported."""
    os.environ["LC_ALL"] = "C.UTF-8"  # whoever runs the tests: they expect English
    for name in CA_VARIABLES:  # certifi's authorities serve all tests, and are read once
        os.environ.pop(name, None)
    torture.is_long = config.getoption("--torture")
    settings.register_profile("project", max_examples=torture.amount(30, 600), deadline=None)
    settings.load_profile("project")


def pytest_collection_finish() -> None:
    """Leaves the modules and tests that are there to the end out of what the garbage collector looks through."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def frames(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """An app is drawn when it rests; a test marked `each_frame` has it drawn as in a terminal, as often."""
    if not request.node.get_closest_marker("each_frame"):
        draw_frames_at_rest(monkeypatch)


@pytest.fixture(autouse=True, scope="session")
def quick_pilot() -> None:
    """`App.run_test` gives a pilot that waits for message queues."""
    vars(textual.pilot)["Pilot"] = QuickPilot


@pytest.fixture(autouse=True, scope="session")
def one_trust_store() -> None:
    """certifi's authorities are read once in a process, not for each of the tests' apps."""
    make = transport.make_context
    usual = cache(partial(make, None))
    vars(transport)["make_context"] = lambda variable: make(variable) if variable else usual()
