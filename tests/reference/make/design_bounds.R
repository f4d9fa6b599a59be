# SPDX-License-Identifier: Apache-2.0
# Bounds, inflation, Fisher's combination, repeated and final intervals by rpact; Dunnett's critical
# values by mvtnorm. Prints the values of design_group_sequential.yaml and design_adaptive.yaml.
# Run with R 4.2.2, rpact 3.3.4 and mvtnorm 1.1-3 (Debian r-cran-rpact, r-cran-mvtnorm): Rscript design_bounds.R
suppressMessages({library(rpact); library(mvtnorm)})
show <- function(name, x) cat(name, ":", paste(formatC(x, digits = 10, format = "g"), collapse = ", "), "\n")
looks <- c(2, 3, 4, 5, 10)
shapes <- c(pocock = 0.5, obrien_fleming = 0, wang_tsiatis = 0.25)
design <- function(k, shape) getDesignGroupSequential(
  kMax = k, alpha = 0.05, beta = 0.1, sided = 2, typeOfDesign = "WT", deltaWT = shape, tolerance = 1e-10)
for (name in names(shapes)) {
  designs <- lapply(looks, design, shape = shapes[[name]])
  show(name, sapply(designs, function(d) tail(d$criticalValues, 1)))
  show(paste(name, "inflation"), sapply(designs, function(d) getDesignCharacteristics(d)$inflationFactor))
}
show("haybittle_peto", sapply(looks, function(k) tail(getDesignGroupSequential(
  kMax = k, alpha = 0.025, sided = 1, typeOfDesign = "HP", tolerance = 1e-10)$criticalValues, 1)))
for (type in c("asOF", "asP")) show(type, getDesignGroupSequential(
  kMax = 5, alpha = 0.025, sided = 1, typeOfDesign = type, tolerance = 1e-10)$criticalValues)
for (a in c(0.05, 0.025)) for (a0 in c(0.5, 1)) show(paste("fisher", a, a0), getDesignFisher(
  kMax = 2, alpha = a, alpha0Vec = a0, method = "fullAlpha", tolerance = 1e-14)$criticalValues)
show("dunnett", sapply(2:5, function(k) qmvnorm(
  0.95, sigma = diag(k) / 2 + 0.5, algorithm = Miwa(steps = 2048), ptol = 1e-10, interval = c(1, 4))$quantile))
gs <- getDesignGroupSequential(kMax = 3, alpha = 0.025, sided = 1, informationRates = c(60, 110, 170) / 170,
                               typeOfDesign = "asOF", tolerance = 1e-10)
show("repeated bounds", gs$criticalValues)
seen <- getDataset(overallEvents = c(60, 110, 170), overallLogRanks = c(1.1, 2.0, 2.3), overallAllocationRatios = c(1, 1, 1))
rci <- getRepeatedConfidenceIntervals(gs, seen, directionUpper = TRUE)
show("repeated low", rci[1, ]); show("repeated high", rci[2, ])
end <- getFinalConfidenceInterval(gs, seen, directionUpper = TRUE)
show("final stage", end$finalStage); show("final interval", end$finalConfidenceInterval)
show("median unbiased", end$medianUnbiased)
