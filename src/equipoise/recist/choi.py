# SPDX-License-Identifier: Apache-2.0
"""Choi response: size or density, for tumours that die without shrinking."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from equipoise.recist.criterion import Codes, read_rules
from equipoise.recist.history import Booleans, Integers

CR, PR, SD, _NON, PD, NE = range(6)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoiCriterion:
    """Ratios of the current to the reference value; `both_for_pr` is the modified form."""

    name: str
    pr_size_ratio: Fraction
    pr_density_ratio: Fraction
    pd_size_ratio: Fraction
    both_for_pr: bool


def read_choi(form: str) -> ChoiCriterion:
    """`choi` or `modified_choi` of choi.yaml."""
    rules = read_rules("choi.yaml")[form]
    ratios = {key: Fraction(value) for key, value in rules.items() if key.endswith("_ratio")}
    return ChoiCriterion(name=rules["name"], both_for_pr=rules["both_for_pr"], **ratios)


def choi_response(
    size: Integers,
    baseline_size: Integers,
    nadir_size: Integers,
    density: Integers,
    baseline_density: Integers,
    *,
    gone: Booleans,
    progressed_otherwise: Booleans,
    evaluable: Booleans,
    criterion: ChoiCriterion,
) -> Codes:
    """Code into OVERALL for every timepoint.

    Parameters    size, baseline_size, nadir_size : sums of diameters, whole units
                  density, baseline_density : sum of the lesions' HU, whole units; the number of
                                              lesions cancels, so a sum compares like a mean
                  gone : no disease left
                  progressed_otherwise : new lesion, new intratumoral nodule, or non-target PD
                  evaluable : size and density known now and at baseline
    Notes         PD before PR: a new lesion overrules both. PR by size needs size / baseline <=
                  pr_size_ratio; by density likewise; one of them, or both in the modified form.
                  A density fall bars PD by size.
    Source: choi.yaml; section 13 of the specification, vectors H.
    """
    smaller = _at_most(size, baseline_size, criterion.pr_size_ratio)
    softer = _at_most(density, baseline_density, criterion.pr_density_ratio)
    larger = _at_least(size, nadir_size, criterion.pd_size_ratio)
    responds = (smaller & softer) if criterion.both_for_pr else (smaller | softer)
    conditions = [progressed_otherwise, ~evaluable, gone, larger & ~softer, responds]
    codes: Codes = np.select(conditions, [PD, NE, CR, PD, PR], default=SD).astype(np.int8)
    return codes


def _at_most(value: Integers, reference: Integers, ratio: Fraction) -> Booleans:
    return np.asarray(value * ratio.denominator <= reference * ratio.numerator, dtype=bool)


def _at_least(value: Integers, reference: Integers, ratio: Fraction) -> Booleans:
    return np.asarray(value * ratio.denominator >= reference * ratio.numerator, dtype=bool)
