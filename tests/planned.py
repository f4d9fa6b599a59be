# SPDX-License-Identifier: Apache-2.0
"""The bundled protocols with other design sections, and what their plans say."""

from __future__ import annotations

from importlib.resources import files

import yaml

from equipoise.protocol.model import Protocol

TEXT = {
    name: (files("equipoise") / "protocols" / f"{name}.yaml").read_text(encoding="utf-8")
    for name in ("altn-iii-04", "alter-s006", "cdiscpilot01")
}


def protocol(trial="altn-iii-04", **changes):
    """The bundled protocol with fields of its design replaced; None takes a field away."""
    content = yaml.safe_load(TEXT[trial])
    content["data"] = {}
    for figure in content.get("published", {}).get("figures", []):
        figure.pop("printed", None), figure.pop("arms", None)
    design = content["design"] | changes
    content["design"] = {key: value for key, value in design.items() if value is not None}
    return Protocol.model_validate(as_text(content))


def as_text(content):
    """YAML dates back to text, as the protocol reader keeps them."""
    if isinstance(content, dict):
        return {str(k) if not isinstance(k, int) else k: as_text(v) for k, v in content.items()}
    if isinstance(content, list):
        return [as_text(v) for v in content]
    return content.isoformat() if hasattr(content, "isoformat") else content


def value(plan, item):
    table = plan.tables["SUMMARY"]
    return next(row[1:] for row in table.iter_rows() if row[0] == item)
