# SPDX-License-Identifier: Apache-2.0
"""Drawing with Vega: here, or as a process that takes a request per line and answers each.

Started by its path it imports nothing of equipoise, so that it is ready at once.
"""

from __future__ import annotations

import json
import signal
import sys
from functools import cache
from typing import Any

VL_VERSION = "6.1"


def draw_svg(spec: dict[str, Any], locale: dict[str, Any] | None, fonts: str) -> str:
    """A Vega-Lite specification to SVG.

    Parameters    locale : how axes write numbers; None as English does
                  fonts : a folder of fonts to know beside those of the machine
    """
    import vl_convert  # costs 0.1 s: who draws nothing does not pay it

    _register(fonts)
    svg: str = vl_convert.vegalite_to_svg(spec, vl_version=VL_VERSION, format_locale=locale)
    return svg


@cache
def _register(fonts: str) -> None:
    """Once per process: each further time would start the renderer anew."""
    import vl_convert

    vl_convert.register_font_directory(fonts)


def main() -> None:
    """Answer requests until there are no more: arguments of `draw_svg` in, an SVG out, as JSON."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who started this process ends it
    for line in sys.stdin.buffer:
        svg = draw_svg(**json.loads(line))
        sys.stdout.buffer.write(json.dumps(svg).encode() + b"\n")
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
