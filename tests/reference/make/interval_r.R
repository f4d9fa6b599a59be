# SPDX-License-Identifier: Apache-2.0
# Rscript --vanilla tests/reference/make/interval_r.R > tests/reference/interval_r.yaml
# Interval-censored times. R 4.2.2, survival 3.5-3, MASS 7.3-58.2.
# curve: Turnbull's estimate by survfit(type = "interval2"), every patient with own visits.
# grouped: visits common to all, where the proportional hazards model of interval-censored times is a
#   binomial model with complementary log-log link (Prentice & Gloeckler, Biometrics 1978;34:57-67):
#   glm gives its estimate and likelihood-ratio test, MASS its profile-likelihood limits.
suppressMessages({library(survival); library(MASS)})
n <- function(x) paste0("[", paste(ifelse(is.finite(x), sprintf("%.15g", x), ".inf"), collapse = ", "), "]")
cat("# Made by tests/reference/make/interval_r.R; never recomputed by the tests.\n")
cat("level: independent software\n")
cat("command: Rscript --vanilla tests/reference/make/interval_r.R\n")
cat(sprintf("version: %s; survival %s; MASS %s\n", R.version.string, packageVersion("survival"), packageVersion("MASS")))
v <- veteran; v$arm <- as.integer(v$trt == 2); v$id <- seq_len(nrow(v))

step <- 21; shift <- v$id %% 9 - 4   # own visits: every 21 days, moved by -4 to 4 days
k <- ceiling((v$time - shift) / step); lower <- pmax(step * (k - 1) + shift, 0); upper <- step * k + shift
upper[v$status == 0] <- NA
control <- survfit(Surv(lower, upper, type = "interval2") ~ 1, subset = v$arm == 0)
cat("curve:\n  tolerance: 5.0e-3\n")
one <- v$arm == 0
cat("  lower:", n(lower[one]), "\n"); cat("  upper:", n(ifelse(is.na(upper), Inf, upper)[one]), "\n")
cat("  time:", n(control$time), "\n"); cat("  surv:", n(control$surv), "\n")
cat("  median:", n(summary(control)$table["median"]), "\n")

step <- 60; k <- ceiling(v$time / step); left <- step * (k - 1)
right <- ifelse(v$status == 1, left + step, Inf)   # censored: last seen at the visit before
rows <- do.call(rbind, lapply(v$id, function(i) {
  last <- if (v$status[i] == 1) k[i] else k[i] - 1
  if (last < 1) return(NULL)
  data.frame(period = seq_len(last), y = as.integer(seq_len(last) == k[i] & v$status[i] == 1),
             arm = v$arm[i], cell = v$celltype[i])
}))
fit <- function(rows, cell) {
  rows$cell <- if (cell) as.character(rows$cell) else "all"
  rows$place <- factor(paste(rows$cell, rows$period))
  share <- ave(rows$y, rows$place)
  rows <- rows[share > 0 & share < 1, ]   # a period without events, or without survivors, says nothing
  rows$place <- droplevels(rows$place)
  tight <- glm.control(epsilon = 1e-14, maxit = 200)
  full <- glm(y ~ place + arm, binomial("cloglog"), rows, control = tight)
  null <- glm(y ~ place, binomial("cloglog"), rows, control = tight)
  limits <- suppressMessages(confint(full, "arm"))
  cat("    beta:", n(coef(full)["arm"]), "\n"); cat("    chi2:", n(null$deviance - full$deviance), "\n")
  cat("    limits:", n(limits), "\n")
}
cat("grouped:\n"); cat("  tolerance: 1.0e-7\n  tolerance_limits: 1.0e-3\n")
cat("  lower:", n(left), "\n"); cat("  upper:", n(right), "\n"); cat("  arm:", n(v$arm), "\n")
cat("  cell:", paste0("[", paste(v$celltype, collapse = ", "), "]"), "\n")
cat("  unstratified:\n"); fit(rows, FALSE)
cat("  stratified:\n"); fit(rows, TRUE)
