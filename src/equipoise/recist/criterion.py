# SPDX-License-Identifier: Apache-2.0
"""A response criterion as data: thresholds, options and the overall response they give."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from importlib.resources import files
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray

from equipoise.recist.size import units

TARGET = ("CR", "PR", "SD", "PD", "NE", "NA")
NONTARGET = ("CR", "NON-CR/NON-PD", "PD", "NE", "NA")
NEW = ("NO", "YES", "UNKNOWN", "EQUIVOCAL")
OVERALL = ("CR", "PR", "SD", "NON-CR/NON-PD", "PD", "NE", "NED")

Codes = NDArray[np.int8]


@dataclass(frozen=True, slots=True, kw_only=True)
class Criterion:
    """Thresholds in units of 1e-4 mm, ratios as fractions, and the choices of a protocol.

    pr_ratio, pd_ratio         sum over baseline sum, sum over nadir
    pd_min_increase            least absolute increase for progression
    normal_node_below          short axis below which a node is normal
    tstm                       size that "too small to measure" stands for
    provable_pd                PD with a target missing, where the others prove it
    unsearched_is_ne           a region not searched for new lesions gives NE
    disease_after_cr_is_pd     disease after an overall CR is progression
    pr_memory                  SD after an established PR is reported as PR
    memory_needs_confirmation  a PR is established by its confirmation
    pd_on_component            date PD on the scan of its component, not on the first scan
    response_on_last_scan      date CR and PR on the last scan, not on the first
    overall                    overall response by target, non-target and new-lesion code
    """

    name: str
    pr_ratio: Fraction
    pd_ratio: Fraction
    pd_min_increase: int
    normal_node_below: int
    tstm: int
    provable_pd: bool
    unsearched_is_ne: bool
    disease_after_cr_is_pd: bool
    pr_memory: bool
    memory_needs_confirmation: bool
    pd_on_component: bool
    response_on_last_scan: bool
    overall: tuple[tuple[Any, ...], ...]


def read_rules(name: str) -> dict[str, Any]:
    """One of the rule files of this package, as it stands."""
    text = files(__package__).joinpath(name).read_text(encoding="utf-8")
    rules: dict[str, Any] = yaml.load(text, Loader=yaml.CSafeLoader)
    return rules


def read_criterion(name: str) -> Criterion:
    """A criterion from its rule file."""
    rules = read_rules(name)
    limits = rules["thresholds"]
    return Criterion(
        name=rules["name"],
        pr_ratio=Fraction(limits["pr_ratio"]),
        pd_ratio=Fraction(limits["pd_ratio"]),
        pd_min_increase=units(limits["pd_min_increase_mm"]),
        normal_node_below=units(limits["normal_node_below_mm"]),
        tstm=units(limits["tstm_mm"]),
        overall=tuple(_line(line) for line in rules["overall"]),
        **rules["options"],
    )


def overall_table(criterion: Criterion) -> Codes:
    """Overall code for every target, non-target and new-lesion code: the first line that fits."""
    table = np.full((len(TARGET), len(NONTARGET), len(NEW)), -1, dtype=np.int8)
    for target, nontarget, new, overall, only_if in criterion.overall:
        if only_if and not getattr(criterion, only_if):
            continue
        cells = np.ix_(
            [TARGET.index(name) for name in target],
            [NONTARGET.index(name) for name in nontarget],
            [NEW.index(name) for name in new],
        )
        table[cells] = np.where(table[cells] < 0, OVERALL.index(overall), table[cells])
    return table


def _line(line: dict[str, Any]) -> tuple[Any, ...]:
    return (
        tuple(line.get("target", TARGET)),
        tuple(line.get("nontarget", NONTARGET)),
        tuple(line.get("new", NEW)),
        line["overall"],
        line.get("only_if"),
    )
