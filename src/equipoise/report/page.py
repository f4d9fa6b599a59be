# SPDX-License-Identifier: Apache-2.0
"""What every page is made with: templates, style and script, and their hashes."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterable
from hashlib import sha256
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from equipoise.report.figures import Figure, render_svg
from equipoise.report.numbers import Number
from equipoise.report.table import Rounded

# Parts of the page's script, in the order in which they need one another.
SCRIPTS = ("elements", "profile", "panel", "selection", "search", "keyboard", "order")


def figure_svgs(figure: Figure) -> list[str]:
    """The drawings of a figure, made now."""
    return [render_svg(figure, drawing) for drawing in figure.drawings]


def page_environment(svgs: Callable[[Figure], Iterable[str]] = figure_svgs) -> Environment:
    """The templates of the pages, escaping on, with what they ask of blocks.

    Parameters    svgs : the drawings of a figure, for pages whose drawings are made elsewhere
    """
    environment = Environment(
        loader=PackageLoader("equipoise.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.tests["result"] = lambda part: isinstance(part, Number)
    environment.tests["rounded"] = lambda part: isinstance(part, Rounded)
    environment.filters["svg"] = lambda figure: [Markup(svg) for svg in svgs(figure)]
    return environment


def page_script() -> tuple[str, str]:
    """The script of the readout page, its parts in one closure, and its hash."""
    parts = "".join(_template_text(f"page/{name}.js") for name in SCRIPTS)
    script = f'"use strict";\n(() => {{\n{parts}}})();\n'
    return script, _csp_hash(script)


def page_style() -> tuple[str, str]:
    """The style sheet of every page, and the hash by which a page's own policy admits it."""
    css = _template_text("readout.css")
    return css, _csp_hash(css)


def _template_text(name: str) -> str:
    return files("equipoise.report").joinpath("templates", name).read_text(encoding="utf-8")


def _csp_hash(text: str) -> str:
    """The hash by which the page's own policy admits this style or script, and no other."""
    return "sha256-" + b64encode(sha256(text.encode()).digest()).decode()
