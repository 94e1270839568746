"""Memory that was freed, back to the system."""

import ctypes


def give_back_memory() -> None:
    """Return what the C library keeps of freed memory in case it is wanted again.

    Large batches leave it scattered over the arenas of several threads, and nothing else makes the library
    look: what is freed by one thread is only returned while that thread allocates. Some milliseconds, in
    which other threads may have to wait for memory. Does nothing where the C library is not GNU's.
    """
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
