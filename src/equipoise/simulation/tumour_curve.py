# SPDX-License-Identifier: Apache-2.0
"""The two-phase curve of a tumour under treatment: part of it shrinks while the rest grows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from equipoise.simulation.streams import FloatArray

_STEPS = 7
"""Newton steps; every residual is then below 1e-9 for the ratios that are let in."""
MOST_RISE = 3.0
"""Growth above the nadir at which a curve ends; a patient is off study long before."""
LEAST_RATIO, MOST_RATIO = 0.002, 1.0


@dataclass(frozen=True, slots=True)
class TumourCurves:
    """Curves of sums of diameters against baseline, all of one shape.

    `nadir` is the smallest value and `nadir_day` its day; `shrinkage` (d) and `growth` (g) are
    rates per day.
    """

    nadir: FloatArray
    nadir_day: FloatArray
    shrinkage: FloatArray
    growth: FloatArray

    def at_days(self) -> TumourCurves:
        """The same curves with a further axis, along which days run."""
        return TumourCurves(
            nadir=self.nadir[..., None],
            nadir_day=self.nadir_day[..., None],
            shrinkage=self.shrinkage[..., None],
            growth=self.growth[..., None],
        )

    @property
    def sensitive(self) -> FloatArray:
        """The part of the baseline sum that shrinks: phi."""
        ratio = self.growth / self.shrinkage
        return np.asarray(
            self.nadir * ratio / (1 + ratio) * np.exp(self.shrinkage * self.nadir_day)
        )


def solve_tumour_curves(
    nadir: FloatArray, ratio: FloatArray, *, rise: FloatArray, day: FloatArray
) -> TumourCurves:
    """The curve with this smallest value that has risen by the factor `rise` above it on `day`.

    Parameters    nadir : in (0, 1], against baseline; 1 does not shrink at all
                  ratio : growth rate over shrinkage rate, held in [LEAST_RATIO, MOST_RATIO]
                  rise : above 1; day : above 0
    Notes         f(t) = phi exp(-d t) + (1 - phi) exp(g t). With rho = g / d, n the nadir, t_n its
                  day and s = t - t_n, f = n (rho exp(-d s) + exp(g s)) / (1 + rho). Then
                  a = d t_n and b = d (day - t_n) are the roots of
                      rho exp(a) + exp(-rho a) = (1 + rho) / n
                      rho exp(-b) + exp(rho b) = (1 + rho) rise,
                  d = (a + b) / day and g = rho d. Both left sides are convex and rise from 0 on,
                  so Newton's steps from the right of the root go down to it.
                  rho -> ratio, n -> nadir
    Source: Stein, Yang, Bates & Fojo, Oncologist 2008;13:1055-1062, with the sensitive part phi
    (model gdphi of R tumgr; generalised Stein-Fojo model of R jmpost).
    """
    rho = np.clip(ratio, LEAST_RATIO, MOST_RATIO)
    before, after = (1 + rho) / nadir, (1 + rho) * rise
    a = np.minimum(np.log(before / rho), np.sqrt(2 * (1 / nadir - 1) / rho))
    b = np.log(after) / rho
    for _ in range(_STEPS):
        up, down = rho * np.exp(a), np.exp(-rho * a)
        slope = up - rho * down
        a = a - np.where(slope > 0, (up + down - before) / np.where(slope > 0, slope, 1.0), 0.0)
        down, up = rho * np.exp(-b), np.exp(rho * b)
        b = b - (down + up - after) / (rho * up - down)
    a = np.maximum(a, 0.0)
    shrinkage = (a + b) / day
    return TumourCurves(
        nadir=nadir, nadir_day=a / shrinkage, shrinkage=shrinkage, growth=rho * shrinkage
    )


def relative_sums(
    curves: TumourCurves, days: FloatArray, *, most_rise: float = MOST_RISE
) -> FloatArray:
    """The curves on these days; growth ends at `most_rise` times the nadir.

    Parameters    days : broadcast against the curves
    """
    since = days - curves.nadir_day
    ratio = curves.growth / curves.shrinkage
    # Past the ceiling exp would overflow; nothing is read off there.
    grown = np.exp(np.minimum(curves.growth * since, np.log(most_rise * 2)))
    risen = (ratio * np.exp(-curves.shrinkage * since) + grown) / (1 + ratio)
    return np.asarray(curves.nadir * np.minimum(risen, most_rise))
