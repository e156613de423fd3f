"""Garbage collection in processes that serve for a long time."""

import gc

# A request makes some ten thousand objects, nearly none of them in circles: looking for circles after each 700, as
# Python does by itself, took a seventh of an ask, and as much of a gateway's time per picture.
YOUNG_OBJECTS, YOUNG_ROUNDS, MIDDLE_ROUNDS = 50_000, 20, 50


def hold_what_is_loaded() -> None:
    """Never look again through what the start has loaded, more seldom through the rest; call it once, then serve."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS, YOUNG_ROUNDS, MIDDLE_ROUNDS)
