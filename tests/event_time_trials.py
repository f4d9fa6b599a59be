# SPDX-License-Identifier: Apache-2.0
"""Event-time trials that several tests use."""

import math

from equipoise.operating.trial import (
    Accrual,
    ArmTimes,
    EventTimeTrial,
    Hazard,
    Looks,
    Scans,
    Stratum,
)

THREE_LOOKS = Looks(events=(85, 128, 170))
MANY_LOOKS = Looks(events=(20, 60, 120, 150), latest_month=24.0)
SCANS = (Scans(every_months=1.38, until_month=11.1), Scans(every_months=2.76))


def plain_trial(hazard_ratio: float) -> EventTimeTrial:
    """The trial of simulation_reference.json."""
    control = ArmTimes(
        patients=136, hazard=(Hazard.of_median(3.02),), dropout_per_month=-math.log(0.98)
    )
    experimental = control.scaled((Hazard(per_month=hazard_ratio),))
    return EventTimeTrial(
        accrual=(Accrual(months=18, patients=272),),
        strata=(Stratum(control=control, experimental=experimental),),
    )


def rich_trial(scans: tuple[Scans, ...] = ()) -> EventTimeTrial:
    """Two strata, unequal arms, piecewise accrual and hazards, a delayed effect, cure, dropout."""
    control = ArmTimes(
        patients=45,
        hazard=(Hazard.of_median(4.0), Hazard.of_median(8.0, from_month=3.0)),
        cured=0.1,
        dropout_per_month=0.02,
    )
    experimental = control.model_copy(update={"patients": 80}).scaled(
        (Hazard(per_month=1.0), Hazard(from_month=2.5, per_month=0.5))
    )
    frail = ArmTimes(
        patients=30,
        hazard=(
            Hazard.of_median(2.0),
            Hazard(from_month=6.0, per_month=0.0),
            Hazard(from_month=7.0, per_month=0.2),
        ),
    )
    return EventTimeTrial(
        accrual=(Accrual(months=6, patients=30), Accrual(months=10, patients=155)),
        strata=(
            Stratum(name="fit", control=control, experimental=experimental),
            Stratum(
                name="frail", control=frail, experimental=frail.model_copy(update={"cured": 0.3})
            ),
        ),
        scans=scans,
    )


def large_trial() -> EventTimeTrial:
    """More patients than a network merges in registers, and no multiple of sixteen."""
    arm = ArmTimes(patients=333, hazard=(Hazard.of_median(6.0),), dropout_per_month=0.01)
    experimental = arm.scaled((Hazard(per_month=0.8),))
    return EventTimeTrial(
        accrual=(Accrual(months=24, patients=666),),
        strata=(Stratum(control=arm, experimental=experimental),),
    )
