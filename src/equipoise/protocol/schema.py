# SPDX-License-Identifier: Apache-2.0
"""The JSON Schema of the protocol file, for editors that complete as one types."""

from __future__ import annotations

import json

from equipoise.protocol.model import Protocol


def protocol_json_schema() -> str:
    """JSON Schema (draft 2020-12) of a protocol file, as text."""
    schema = Protocol.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "equipoise protocol"
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
