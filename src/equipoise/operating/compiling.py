# SPDX-License-Identifier: Apache-2.0
"""How the kernel is compiled: small parts melted into one whole, which is kept between runs."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from numba import njit
from numba.extending import intrinsic

Function = Callable[..., Any]

STAMP = zlib.crc32(b"".join(p.read_bytes() for p in sorted(Path(__file__).parent.glob("*.py")))) | 1
"""Changes with any file here, and is not 0. numba watches the cached function's own file only."""


def part(function: Function) -> Function:
    """A piece of the kernel, put in the place of its call."""
    compiled: Function = njit(forceinline=True, error_model="numpy")(function)
    return compiled


def stage(function: Function) -> Function:
    """A piece of the kernel that stays a function of its own: one copy, quicker to compile."""
    compiled: Function = njit(error_model="numpy")(function)
    return compiled


def instruction(function: Function) -> Function:
    """A function that writes its own machine instructions where it is called."""
    compiled: Function = intrinsic(function)
    return compiled


def whole(function: Function) -> Function:
    """The kernel's way in: releases the interpreter lock; kept on disk where numba finds room.

    numba keeps it beside the source, else in the user's cache folder, else in NUMBA_CACHE_DIR.
    Where none can be written it refuses; then the kernel is compiled anew by each process.
    """
    try:
        compiled: Function = njit(cache=True, nogil=True, error_model="numpy")(function)
    except RuntimeError:
        compiled = njit(nogil=True, error_model="numpy")(function)
    return compiled
