# RMST, Fleming-Harrington(1, 0) and response of exported replicates, by R survival.
# Rscript contrasts_r.R exported.csv > contrasts_r.yaml   (export: test_event_time_r.py)
library(survival)
cat("level: independent software\n")
cat(sprintf("software: R %s, survival %s\n", getRversion(), packageVersion("survival")))
cat("command: Rscript make/contrasts_r.R exported.csv, the export made by test_event_time_r.py\n")
cat("tolerance: 1.0e-10\ntau: 9\n")
cat("rows:  # [replicate, rmst control, se, rmst experimental, se, z of survdiff(rho = 1)]\n")
d <- read.csv(commandArgs(TRUE)[1])
d <- d[d$CASE == "plain" & d$LOOK == 3, ]
for (part in split(d, d$REPID)) {
  fit <- summary(survfit(Surv(TIME, EVENT) ~ ARM, part, timefix = FALSE), rmean = 9)$table
  ranks <- match(part$TIME, sort(unique(part$TIME)))
  fh <- survdiff(Surv(ranks, part$EVENT) ~ ARM, part, rho = 1)
  z <- (fh$obs[2] - fh$exp[2]) / sqrt(fh$var[2, 2])
  cat(sprintf("  - [%d, %.17g, %.17g, %.17g, %.17g, %.17g]\n", part$REPID[1], fit[1, "rmean"],
              fit[1, "se(rmean)"], fit[2, "rmean"], fit[2, "se(rmean)"], z))
}
