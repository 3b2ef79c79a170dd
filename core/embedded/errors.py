"""What can go wrong while starting an engine, in words for the person at the terminal."""


class EngineError(Exception):
    """An embedded engine cannot run here. The message says what is wrong and what to do about it."""
