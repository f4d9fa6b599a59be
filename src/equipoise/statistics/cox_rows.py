# SPDX-License-Identifier: Apache-2.0
"""The rows of a Cox model: checked, centred, and sorted by time within stratum."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from equipoise.statistics.cox_kernels import exact_likelihood, partial_likelihood
from equipoise.statistics.observations import (
    Codes,
    Flags,
    Floats,
    Ints,
    as_codes,
    as_entries,
    as_events,
    as_times,
    as_weights,
    check_choice,
    fail,
)

TIES = ("efron", "breslow", "exact")


@dataclass(frozen=True, slots=True)
class CoxRows:
    """Rows sorted by time within stratum; `order[i]` is the caller's row of sorted row i.

    columns (p, n) covariates less their weighted mean `centre` (p,), one column of x after the
    other; weight and entry are empty when not given; by_entry (n,) sorted rows ordered by entry
    within stratum, empty without entry; event_sums (p,) sums of w x over the events; scratch (2 or
    3, n) is room for the kernels.
    """

    time: Floats
    event: Flags
    columns: Floats
    weight: Floats
    entry: Floats
    by_entry: Ints
    offsets: Ints
    order: Ints
    centre: Floats
    strata: tuple[object, ...]
    ties: str
    event_sums: Floats
    scratch: Floats

    @property
    def x(self) -> Floats:
        """Centred covariates (n, p), a view."""
        return self.columns.T


def sort_cox_rows(
    time: ArrayLike,
    event: ArrayLike,
    x: ArrayLike,
    *,
    ties: str,
    stratum: ArrayLike | None,
    weight: ArrayLike | None,
    entry: ArrayLike | None,
) -> CoxRows:
    """Check the arguments of a Cox model and sort its rows; MethodError lists what is wrong."""
    check_choice("ties", ties, TIES)
    times = as_times(time)
    events = as_events(event, times.size)
    matrix = as_matrix(x, times.size)
    weights = np.empty(0) if weight is None else as_weights(weight, times.size)
    if ties == "exact" and weights.size:
        raise fail(
            "the exact (discrete) likelihood has no weighted form.",
            "arguments ties, weight",
            "use efron or breslow with weights.",
        )
    entries = np.empty(0) if entry is None else as_entries(entry, times)
    strata = Codes(np.zeros(times.size, np.int64), ("all",))
    if stratum is not None:
        strata = as_codes("stratum", stratum, times.size)
    return _sorted(times, events, matrix, weights, entries, strata, ties)


def _sorted(
    times: Floats,
    events: Flags,
    matrix: Floats,
    weights: Floats,
    entries: Floats,
    strata: Codes,
    ties: str,
) -> CoxRows:
    order, offsets = _order(times, strata)
    by_entry = np.empty(0, np.int64)
    if entries.size:
        entries = entries[order]
        by_entry = np.lexsort((entries, strata.code[order]))
    centre = np.average(matrix, axis=0, weights=weights if weights.size else None)
    columns, sorted_events = _gather(matrix, order, centre), events[order]
    weights = weights[order] if weights.size else weights
    return CoxRows(
        time=times[order],
        event=sorted_events,
        columns=columns,
        weight=weights,
        entry=entries,
        by_entry=by_entry,
        offsets=offsets,
        order=order,
        centre=centre,
        strata=strata.labels,
        ties=ties,
        event_sums=_event_sums(columns, sorted_events, weights),
        scratch=np.empty((3 if entries.size else 2, times.size)),
    )


def _event_sums(columns: Floats, event: Flags, weight: Floats) -> Floats:
    died = event * weight if weight.size else event
    sums: Floats = np.array([float(np.sum(column * died)) for column in columns])
    return sums


def as_matrix(x: ArrayLike, size: int) -> Floats:
    """Covariates as (n, p) floats, finite; a single column may be given as (n,)."""
    matrix = np.asarray(x, dtype=np.float64)
    if matrix.ndim == 1:
        matrix = matrix[:, None]
    if matrix.ndim != 2 or matrix.shape[0] != size or matrix.shape[1] == 0:
        raise fail(
            f"`x` must have one row per subject; found shape {matrix.shape}.",
            f"argument x, expected ({size}, covariates)",
            "pass covariates as columns.",
        )
    if not bool(np.isfinite(matrix.min() + matrix.max())):
        bad = ~np.isfinite(matrix).all(axis=1)
        raise fail(
            "`x` must be finite.",
            f"{int(bad.sum())} of {size} rows, first row {int(np.argmax(bad)) + 1}",
            "drop subjects with a missing covariate and state how many.",
        )
    return matrix


def _order(times: Floats, strata: Codes) -> tuple[Ints, Ints]:
    offsets = np.zeros(len(strata.labels) + 1, np.int64)
    np.cumsum(np.bincount(strata.code, minlength=len(strata.labels)), out=offsets[1:])
    if len(strata.labels) == 1:
        return np.argsort(times), offsets
    return np.lexsort((times, strata.code)), offsets


def _gather(matrix: Floats, order: Ints, centre: Floats) -> Floats:
    gathered: Floats = np.empty((matrix.shape[1], order.size))
    for a in range(matrix.shape[1]):
        np.subtract(np.ascontiguousarray(matrix[:, a])[order], centre[a], out=gathered[a])
    return gathered


def likelihood(rows: CoxRows, beta: Floats) -> tuple[float, Floats, Floats]:
    """Log partial likelihood, score (p,) and information (p, p) at beta (p,)."""
    if rows.ties == "exact":
        value, score, flat = exact_likelihood(
            rows.time, rows.event, np.ascontiguousarray(rows.x), rows.entry, rows.offsets, beta
        )
        info = unflatten(flat, beta.size)
    else:
        value, score, info = partial_likelihood(
            rows.time,
            rows.event,
            rows.columns,
            rows.weight,
            rows.entry,
            rows.by_entry,
            rows.offsets,
            beta,
            rows.ties == "efron",
            rows.event_sums,
            rows.scratch,
        )
    return float(value), score, info


def unflatten(flat: Floats, p: int) -> Floats:
    """A symmetric (p, p) matrix from its flat upper triangle."""
    matrix = np.zeros((p, p))
    upper = np.triu_indices(p)
    matrix[upper] = flat
    matrix.T[upper] = flat
    return matrix
