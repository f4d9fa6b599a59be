# SPDX-License-Identifier: Apache-2.0
# Rscript --vanilla competing_risks.R > competing_risks_r.yaml
# Gray's test, cumulative incidence and Fine-Gray regression by cmprsk on data of several kinds:
# none of them was at hand when the methods were written.
suppressMessages({library(cmprsk); library(survival)})
num <- function(x) paste0("[", paste(ifelse(is.na(x), "null", sprintf("%.15g", x)), collapse = ", "), "]")
cat("# Made by tests/reference/make/competing_risks.R; never recomputed by the tests.\n")
cat("level: independent software\n")
cat("command: Rscript --vanilla tests/reference/make/competing_risks.R\n")
cat(sprintf("version: R %s; cmprsk %s; survival %s\n", getRversion(), packageVersion("cmprsk"), packageVersion("survival")))
cat("tolerance: {gray: 1.0e-8, incidence: 1.0e-8, crr: 1.0e-7}\ncases:\n")
one <- function(name, time, cause, group, x = NULL) {
  cat(sprintf("  %s:\n    time: %s\n    cause: %s\n    group: %s\n", name, num(time), num(cause), num(group)))
  fit <- cuminc(time, cause, group)
  cat("    gray:  # [statistic, p, df] of cause 1 and of cause 2\n")
  for (k in 1:2) cat("      -", num(fit$Tests[as.character(k), ]), "\n")
  at <- unique(quantile(time, c(.3, .6, .85), names = FALSE, type = 1))
  tp <- timepoints(fit, at)
  cat("    at:", num(at), "\n    incidence:  # group, cause, estimates, variances\n")
  for (r in rownames(tp$est)) { gc <- strsplit(r, " ")[[1]]
    cat(sprintf("      - [%s, %s, %s, %s]\n", gc[1], gc[2], num(tp$est[r, ]), num(tp$var[r, ]))) }
  if (is.null(x)) return(invisible())
  x <- as.matrix(x)
  cat("    x:\n"); for (j in seq_len(ncol(x))) cat("      -", num(x[, j]), "\n")
  cat("    crr:  # coefficients and standard errors of cause 1 and of cause 2\n")
  for (k in 1:2) { m <- crr(time, cause, x, failcode = k, cencode = 0, gtol = 1e-10, maxiter = 50)
    cat("      - [", num(m$coef), ", ", num(sqrt(diag(m$var))), "]\n", sep = "") }
}
draw <- function(seed, n, digits, groups, censor, effect = 0.6) {
  set.seed(seed, kind = "Mersenne-Twister", normal.kind = "Inversion", sample.kind = "Rejection")
  g <- sample(groups, n, TRUE); z <- round(rnorm(n), 2)
  t1 <- rexp(n, 0.1 * exp(-effect * (g == max(groups)) + 0.3 * z)); t2 <- rexp(n, 0.07 * exp(0.4 * (g == min(groups))))
  cc <- if (censor > 0) rexp(n, censor) else rep(1e9, n)
  time <- pmin(t1, t2, cc); cause <- ifelse(cc <= pmin(t1, t2), 0, ifelse(t1 < t2, 1, 2))
  time <- if (digits < 0) ceiling(time / -digits) * -digits else round(time, digits)
  list(time = pmax(time, 10^-max(digits, 0)), cause = cause, g = g, z = z)
}
runs <- list(no_ties_two_groups = c(101, 60, 6, 2, .05), no_ties_three_groups = c(102, 75, 6, 3, .05),
  no_censoring = c(103, 50, 6, 2, 0), mild_ties = c(104, 80, 0, 2, .04), heavy_ties = c(105, 90, -5, 2, .04),
  heavy_ties_four_groups = c(106, 110, -4, 4, .03), tiny = c(107, 14, 1, 2, .05), heavy_censoring = c(108, 90, 1, 2, .25),
  few_distinct_times = c(109, 60, -10, 3, .03), large_groups = c(110, 150, 1, 2, .03))
for (name in names(runs)) { a <- runs[[name]]; d <- draw(a[1], a[2], a[3], seq_len(a[4]), a[5])
  one(name, d$time, d$cause, d$g, cbind(as.numeric(d$g == max(d$g)), d$z)) }
set.seed(120); g <- rep(1:2, c(8, 52)); d <- draw(120, 60, 0, 1:2, .05); one("unequal_groups", d$time, d$cause, g, cbind(g - 1, d$z))
d <- draw(121, 40, 1, 1:2, .05); late <- d$g == 2; d$cause[late & d$cause == 2] <- 1
one("one_group_without_the_other_cause", d$time, d$cause, d$g)
