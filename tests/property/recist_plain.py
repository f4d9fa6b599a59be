# SPDX-License-Identifier: Apache-2.0
"""RECIST 1.1 for one read at a time, as slow and as literal as the specification's sentences.

Written from sections 3 to 10 of the specification with fractions and dictionaries; shares nothing
with the package.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

MISSING = ("NOT DONE", "NOT EVALUABLE")


def target_value(records: list[dict[str, Any]]) -> Fraction | None:
    """The value of one lesion at one timepoint; None if missing."""
    values = []
    for record in records:
        if record["STATE"] in MISSING:
            return None
        if record["STATE"] == "TOO SMALL TO MEASURE":
            values.append(Fraction(5))
        elif record["STATE"] == "MERGED":
            values.append(Fraction(0))
        else:
            values.append(Fraction(record["SIZE"]))
    return sum(values, Fraction(0)) if values else None


def is_pd(total: Fraction, nadir: Fraction | None) -> bool:
    return nadir is not None and 5 * total >= 6 * nadir and total - nadir >= 5


def of(records: list[dict[str, Any]], lesion: str) -> list[dict[str, Any]]:
    return [r for r in records if r["LNKID"] == lesion]


class Read:
    """One read: its lesions, and its timepoints in order, baseline first."""

    def __init__(self, lesions: list[dict[str, Any]], points: list[dict[str, Any]]) -> None:
        self.targets = [x for x in lesions if x["CLASS"] == "TARGET"]
        self.others = [x for x in lesions if x["CLASS"] == "NON-TARGET"]
        self.new = [x for x in lesions if x["CLASS"] == "NEW"]
        self.points = points
        self.values = [
            {x["LNKID"]: target_value(of(p["rows"], x["LNKID"])) for x in self.targets}
            for p in points
        ]
        self.crs = [False] * len(points)
        self.crs[1:] = [self.is_cr(number) for number in range(1, len(points))]

    def target(self, number: int) -> str:
        if not self.targets:
            return "NA"
        baseline, now = self.values[0], self.values[number]
        if None in baseline.values():
            return "NE"
        complete = [
            sum(v.values(), Fraction(0)) for v in self.values[:number] if None not in v.values()
        ]
        nadir = min(complete)
        known = sum((v for v in now.values() if v is not None), Fraction(0))
        if None in now.values():
            return "PD" if is_pd(known, nadir) else "NE"
        if not self.abnormal(number):
            return "CR"
        if is_pd(known, nadir):
            return "PD"
        total = sum(baseline.values(), Fraction(0))
        return "PR" if 10 * known <= 7 * total else "SD"

    def abnormal(self, number: int) -> bool:
        now = self.values[number]
        return any(
            (v >= 10 if x["NODE"] else v > 0)
            for x in self.targets
            if (v := now[x["LNKID"]]) is not None
        )

    def state(self, lesion: dict[str, Any], number: int) -> str:
        records = of(self.points[number]["rows"], lesion["LNKID"])
        if not records or records[0]["STATE"] in MISSING:
            return "MISSING"
        if records[0]["SIZE"] is not None:
            return "PRESENT" if Fraction(records[0]["SIZE"]) >= 10 else "ABSENT"
        return str(records[0]["STATE"])

    def nontarget(self, number: int, *, after_cr: bool) -> str:
        if not self.others:
            return "NA"
        states = [(x["NODE"], self.state(x, number)) for x in self.others]
        if any(s == "UNEQUIVOCAL PROGRESSION" for _, s in states):
            return "PD"
        if any(s == "MISSING" for _, s in states):
            return "NE"
        left = any(s == "PRESENT" and not (node and after_cr) for node, s in states)
        return "NON-CR/NON-PD" if left or not self.points[number]["MARKERS"] else "CR"

    def new_lesion(self, number: int) -> str:
        states = [self.state(x, number) for x in self.new]
        if "UNEQUIVOCAL" in states:
            return "YES"
        if not self.points[number]["SEARCHED"]:
            return "UNKNOWN"
        return "EQUIVOCAL" if "EQUIVOCAL" in states else "NO"

    def overall(self, number: int) -> str:
        after_cr = any(self.crs[:number])
        present = any(not x["NODE"] and self.state(x, number) == "PRESENT" for x in self.others)
        if after_cr and (self.abnormal(number) or present):
            return "PD"
        nontarget = self.nontarget(number, after_cr=after_cr)
        return combine(self.target(number), nontarget, self.new_lesion(number))

    def is_cr(self, number: int) -> bool:
        nontarget = self.nontarget(number, after_cr=False)
        return combine(self.target(number), nontarget, self.new_lesion(number)) == "CR"

    def progression_day(self) -> Any:
        """Earliest scan of the first PD, or of the timepoint its new lesion was first noted."""
        overall = [None, *(self.overall(n) for n in range(1, len(self.points)))]
        if "PD" not in overall:
            return None
        first = overall.index("PD")
        days = [self.points[first]["ADT"]]
        for lesion in self.new:
            if self.state(lesion, first) == "UNEQUIVOCAL":
                number = first
                for earlier in range(first - 1, 0, -1):
                    if self.state(lesion, earlier) == "NOT TUMOUR":
                        break
                    if self.state(lesion, earlier) == "EQUIVOCAL":
                        number = earlier
                days.append(self.points[number]["ADT"])
        return min(days)

    def reported(self) -> list[tuple[str, str]]:
        """Target and overall with the memory of a partial response, confirmation not required."""
        numbers = range(1, len(self.points))
        raw = [(self.target(n), self.overall(n)) for n in numbers]
        told = []
        for number, both in enumerate(raw):
            until_now = raw[: number + 1]
            if any(overall == "PD" for _, overall in until_now):
                told.append(both)
                continue
            target, overall = (
                "PR"
                if now == "SD" and any(earlier[which] in ("CR", "PR") for earlier in until_now)
                else now
                for which, now in enumerate(both)
            )
            told.append((target, overall))
        return told


def combine(target: str, nontarget: str, new: str) -> str:
    """Tables 1 and 2 of the paper."""
    if "PD" in (target, nontarget) or new == "YES":
        return "PD"
    if new == "UNKNOWN":
        return "NE"
    if target == "CR":
        return "CR" if nontarget in ("CR", "NA") else "PR"
    if target != "NA":
        return target
    return "NED" if nontarget == "NA" else nontarget


def best(days: list[int], responses: list[str], *, confirmed: bool) -> str:
    """Best overall response; `days` since randomisation, responses up to the first PD."""
    if "PD" in responses:
        last = responses.index("PD") + 1
        days, responses = days[:last], responses[:last]
    late = [r for d, r in zip(days, responses, strict=True) if d >= 42]
    for wanted, confirming in (("CR", ("CR",)), ("PR", ("CR", "PR"))):
        for i, response in enumerate(responses):
            if response == wanted and (not confirmed or _confirmed(i, days, responses, confirming)):
                return wanted
    if any(r in ("CR", "PR", "SD") for r in late):
        return "SD"
    if "NON-CR/NON-PD" in late:
        return "NON-CR/NON-PD"
    return "PD" if "PD" in responses else "NE"


def _confirmed(i: int, days: list[int], responses: list[str], confirming: tuple[str, ...]) -> bool:
    for j in range(i + 1, len(responses)):
        between = responses[i + 1 : j]
        if responses[j] in confirming and days[j] - days[i] >= 28:
            return all(r in (*confirming, "NE") for r in between) and between.count("NE") <= 1
    return False
