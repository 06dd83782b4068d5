"""Building without the garbage collector: it would walk hundreds of thousands of new objects again and again."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without_collecting() -> Iterator[None]:
    """No collection inside; as before afterwards."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


@contextmanager
def frozen() -> Iterator[None]:
    """Keep the collector off what exists, so that a forked process need not copy its pages."""
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
