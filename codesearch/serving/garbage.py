"""How a process that runs for months looks for garbage."""

from __future__ import annotations

import gc
from typing import Literal

from codesearch.core.memory import give_back_memory

_OBJECTS = 5_000
_OLDEST = 2


def look_for_garbage_of_requests() -> None:
    """Set aside all that was made until now, which stays, and look among what requests make, soon and often;
    what is free after a full look goes back to the system.

    The command line looks when 100,000 objects were made, because most commands end before: a server grew by
    20 MB of what waited for that.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_OBJECTS)
    gc.callbacks.append(_looked)


def _looked(phase: Literal["start", "stop"], info: dict[str, int]) -> None:
    if phase == "stop" and info["generation"] == _OLDEST:
        give_back_memory()
