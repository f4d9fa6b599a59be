# SPDX-License-Identifier: Apache-2.0
# Rscript --vanilla tests/reference/make/further_survival.R > tests/reference/further_survival.yaml
# Values for methods the oracle folder does not hold. R 4.2.2, survival 3.5-3.
suppressMessages(library(survival))
n <- function(x) paste0("[", paste(ifelse(is.na(x), "null", sprintf("%.15g", x)), collapse = ", "), "]")
cat("# Made by tests/reference/make/further_survival.R; never recomputed by the tests.\n")
cat("level: independent software\n")
cat("command: Rscript --vanilla tests/reference/make/further_survival.R\n")
cat(sprintf("version: %s; survival %s\n", R.version.string, packageVersion("survival")))
cat("tolerance: 1.0e-8\n")
l <- lung; l$ev <- l$status - 1; d <- aml
cat("data:\n"); cat("  time:", n(d$time), "\n"); cat("  event:", n(d$status), "\n"); cat("  maintained:", n(as.integer(d$x == "Maintained")), "\n")
for (ct in c("logit", "arcsin")) { f <- summary(survfit(Surv(time, status) ~ 1, d, conf.type = ct), times = c(9, 23, 34)); cat(sprintf("limits_%s:\n", ct)); cat("  time:", n(f$time), "\n"); cat("  lower:", n(f$lower), "\n"); cat("  upper:", n(f$upper), "\n") }
# trend: the score test of a discrete (exact ties) Cox model is the log-rank test for trend
v <- veteran; v$score <- as.integer(factor(v$celltype, levels = c("adeno", "large", "smallcell", "squamous")))
cat("trend:\n"); cat("  time:", n(v$time), "\n"); cat("  event:", n(v$status), "\n"); cat("  group:", n(v$score), "\n")
cat("  chisq:", n(summary(coxph(Surv(time, status) ~ score, v, ties = "exact"))$sctest[1]), "\n")
e <- d$time / 25; s <- survdiff(Surv(time, status) ~ offset(exp(-e)), d)
cat("one_sample:\n"); cat("  hazard:", n(e), "\n"); cat("  expected:", n(sum(s$exp)), "\n"); cat("  chisq:", n(s$chisq), "\n")
p <- poisson.test(7, 123.4); cat("rate:\n"); cat("  events: 7\n  exposure: 123.4\n"); cat("  estimate:", n(p$estimate), "\n"); cat("  limits:", n(p$conf.int), "\n")
z <- poisson.test(0, 50); cat("rate_zero:\n  events: 0\n  exposure: 50\n"); cat("  estimate:", n(z$estimate), "\n"); cat("  limits:", n(z$conf.int), "\n")
p <- poisson.test(c(12, 7), c(100.5, 120.25)); cat("rate_ratio:\n  events: [12, 7]\n  exposure: [100.5, 120.25]\n"); cat("  estimate:", n(p$estimate), "\n"); cat("  limits:", n(p$conf.int), "\n")
r <- coxph(Surv(time, status) ~ x, d); cat("residuals:\n"); cat("  martingale:", n(residuals(r, "martingale")), "\n"); cat("  score:", n(residuals(r, "score")), "\n"); cat("  schoenfeld:", n(residuals(r, "schoenfeld")), "\n")
