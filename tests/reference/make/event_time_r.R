# Log-rank Z and Efron Cox of exported replicates, by R survival with timefix = FALSE.
# Rscript event_time_r.R exported.csv > event_time_r.yaml   (see test_event_time_r.py)
library(survival)
cat("level: independent software\n")
cat(sprintf("software: R %s, survival %s, timefix = FALSE\n",
            getRversion(), packageVersion("survival")))
cat("command: Rscript make/event_time_r.R exported.csv, the export made by test_event_time_r.py\n")
cat("tolerance: {z: 1.0e-10, log_hr: 1.0e-8, se: 1.0e-8}\n")
cat("rows:  # [case, replicate, look, z, log_hr, se]\n")
d <- read.csv(commandArgs(TRUE)[1], colClasses = c(CASE = "character"))
for (part in split(d, list(d$LOOK, d$REPID, d$CASE), drop = TRUE)) {
  y <- Surv(part$TIME, part$EVENT)
  many <- length(unique(part$STRATUM)) > 1
  # survdiff of survival 3.5-3 hands its argument timefix on to model.frame, which refuses it.
  # Ranks of the exact times keep order and ties, and are never joined.
  ranks <- Surv(match(part$TIME, sort(unique(part$TIME))), part$EVENT)
  lr <- if (many) survdiff(ranks ~ ARM + strata(STRATUM), part) else survdiff(ranks ~ ARM, part)
  o <- if (many) rowSums(lr$obs) else lr$obs
  e <- if (many) rowSums(lr$exp) else lr$exp
  control <- coxph.control(timefix = FALSE, eps = 1e-12, toler.chol = 1e-13, iter.max = 50)
  fit <- if (many) coxph(y ~ ARM + strata(STRATUM), part, ties = "efron", control = control)
         else coxph(y ~ ARM, part, ties = "efron", control = control)
  cat(sprintf("  - [%s, %d, %d, %.17g, %.17g, %.17g]\n", part$CASE[1], part$REPID[1], part$LOOK[1],
              (o[2] - e[2]) / sqrt(lr$var[2, 2]), coef(fit), sqrt(vcov(fit))))
}
