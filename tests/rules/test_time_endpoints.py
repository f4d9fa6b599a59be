# SPDX-License-Identifier: Apache-2.0
"""Time to response, to treatment failure, duration of response and of disease control."""

from __future__ import annotations

from typing import Any

import pytest
from tests.rules.test_censoring_sets import day, tables_of
from tests.small_trial import small_protocol

from equipoise.adam import derive_adam
from equipoise.protocol.model import Protocol

RESPONDER = {"id": "P", "scans": [[42, "PR"], [84, "PR"], [126, "PD"]]}
ONCE = {"id": "P", "scans": [[42, "PR"], [84, "SD"], [126, "PD"]]}
STABLE = {"id": "P", "scans": [[42, "SD"], [84, "PD"]]}
NOTHING = {"id": "P", "scans": [[30, "PD"]]}
# kind, confirmed, rule set, patient: start, end and what ended it; None where there is no time
CASES: list[tuple[str, bool, str, dict[str, Any], list[Any] | None]] = [
    ("ttr", False, "R0", RESPONDER, [0, 42, "Response"]),
    ("ttr", True, "R0", RESPONDER, [0, 42, "Response"]),
    ("ttr", True, "R0", ONCE, [0, 126, "No Response"]),
    ("ttr", False, "R0", STABLE, [0, 84, "No Response"]),
    ("ttr", False, "R1", RESPONDER | {"therapy": [20]}, [0, 0, "No Response"]),
    ("dor", False, "R0", ONCE, [42, 126, "Disease Progression"]),
    ("dor", True, "R0", ONCE, None),
    ("dodc", False, "R0", STABLE, [0, 84, "Disease Progression"]),
    ("dodc", False, "R0", NOTHING, None),
    ("dodc", True, "R0", RESPONDER, [0, 126, "Disease Progression"]),
    ("ttf", False, "R0", STABLE, [0, 84, "Disease Progression"]),
    ("ttf", False, "R1", STABLE | {"therapy": [60]}, [0, 60, "New Anticancer Therapy"]),
    ("ttf", False, "R0", STABLE | {"stop": [50, "ADVERSE EVENT"]}, [0, 50, "Treatment Stopped"]),
    ("ttf", False, "R0", STABLE | {"stop": [50, "COMPLETED"]}, [0, 84, "Disease Progression"]),
    ("ttf", False, "R0", NOTHING | {"death": 20, "scans": []}, [0, 20, "Death"]),
]


def protocol_of(kind: str, *, confirmed: bool, rule_set: str) -> Protocol:
    fields = small_protocol(rule_set=rule_set).model_dump()
    fields["endpoints"] = [fields["endpoints"][0] | {"kind": kind, "confirmed": confirmed}]
    return Protocol.model_validate(fields)


@pytest.mark.parametrize(("kind", "confirmed", "rule_set", "patient", "expected"), CASES)
def test_the_time(kind, confirmed, rule_set, patient, expected):
    protocol = protocol_of(kind, confirmed=confirmed, rule_set=rule_set)
    rows = derive_adam(tables_of([patient]), protocol)["ADTTE"].rows(named=True)
    if expected is None:
        assert rows == []
        return
    (row,) = rows
    assert [day(row["STARTDT"]), day(row["ADT"]), row["EVNTDESC"]] == expected
    censored = ("No Response", "Last Tumor Assessment")
    assert (row["CNSR"] == 0) == (row["EVNTDESC"] not in censored)
    assert row["SRCDOM"] in ("ADRS", "ADSL", "DS", "CM")
