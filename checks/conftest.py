"""The fixtures of `tests`, and its rule: a test that did not run is no test that passed."""

from tests.conftest import *  # noqa: F403 - pytest looks for fixtures and hooks by their names
