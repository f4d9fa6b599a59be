# SPDX-License-Identifier: Apache-2.0
"""Which complete and partial responses a later assessment confirms."""

from __future__ import annotations

import numpy as np

from equipoise.recist.history import Booleans, Integers, count_up_to, next_at_least
from equipoise.recist.response_options import RESPONSE_CODES, ResponseOptions

CR, PR, SD, NE = (RESPONSE_CODES[name] for name in ("CR", "PR", "SD", "NE"))


def confirmed_complete(
    read: Integers, day: Integers, code: Integers, *, options: ResponseOptions
) -> Booleans:
    """CR rows that a CR at least `confirm_days` later confirms, only CR and NE between.

    Parameters    read, day, code : used assessments in order; day of the response, RESPONSE_CODES
    Source: RECIST 1.1 Table 3; one NE between: section 9 of the specification.
    """
    is_cr = code == CR
    confirming = confirming_row(read, day, among=is_cr, options=options)
    broken = _between(~np.isin(code, (CR, NE)), confirming)
    not_evaluable = _between(code == NE, confirming)
    confirmed: Booleans = is_cr & (confirming >= 0) & (broken == 0)
    confirmed &= not_evaluable <= options.confirm_max_ne
    return confirmed


def confirmed_partial(
    read: Integers, day: Integers, code: Integers, *, options: ResponseOptions
) -> Booleans:
    """PR rows that a CR or PR at least `confirm_days` later confirms, only CR, PR and NE between.

    One SD between where `accept_sd_between`; a PR after a CR breaks the span unless
    `pr_after_cr_confirms`.
    """
    responds = np.isin(code, (CR, PR))
    confirming = confirming_row(read, day, among=responds, options=options)
    is_sd = code == SD
    broken = _between(~(responds | is_sd | (code == NE)), confirming)
    stable = _between(is_sd, confirming)
    not_evaluable = _between(code == NE, confirming)
    confirmed: Booleans = (code == PR) & (confirming >= 0) & (broken == 0)
    confirmed &= stable <= (1 if options.accept_sd_between else 0)
    confirmed &= not_evaluable <= options.confirm_max_ne
    if not options.pr_after_cr_confirms:
        confirmed &= ~_falls_back(read, code, confirming)
    return confirmed


def confirming_row(
    read: Integers, day: Integers, *, among: Booleans, options: ResponseOptions
) -> Integers:
    """Row of the first assessment `among` at least `confirm_days` after each row; -1 if none."""
    found = next_at_least(read, day, wanted=day + max(options.confirm_days, 1), among=among)
    return np.where(found > np.arange(len(found)), found, -1)


def _between(mask: Booleans, last: Integers) -> Integers:
    """Rows with `mask` after each row, up to and including row `last`; 0 where `last` is -1."""
    counts = count_up_to(mask)
    return np.where(last >= 0, counts[last] - counts, 0) if len(last) else counts


def _falls_back(read: Integers, code: Integers, last: Integers) -> Booleans:
    """Whether a PR follows a CR after each row, up to and including row `last`."""
    is_cr, is_pr = code == CR, code == PR
    rows = np.arange(len(code))
    next_cr = next_at_least(read, rows, wanted=rows + 1, among=is_cr)
    reaches = (next_cr >= 0) & (next_cr <= last)
    counts = count_up_to(is_pr)
    return np.asarray(reaches & (counts[last] > counts[next_cr]), dtype=bool)
