# SPDX-License-Identifier: Apache-2.0
# Rscript --vanilla conventions.R > conventions_r.yaml
# What R survival prints by default, and what tern computes from it (s_surv_time, s_surv_timepoint:
# conf.type plain, median of summary()$table, quantile(), NA where nobody is at risk).
suppressMessages(library(survival))
num <- function(x) paste0("[", paste(ifelse(is.na(x), "null", sprintf("%.15g", x)), collapse = ", "), "]")
cat("# Made by tests/reference/make/conventions.R; never recomputed by the tests.\n")
cat("level: independent software\ncommand: Rscript --vanilla tests/reference/make/conventions.R\n")
cat(sprintf("version: R %s; survival %s\ncases:\n", getRversion(), packageVersion("survival")))
plateau <- data.frame(time = c(54, 75, 77, 84, 87, 92, 103, 105, 112, 118), event = c(1, 1, 1, 1, 1, 0, 0, 0, 0, 0))
set.seed(5, sample.kind = "Rejection"); k <- 90
near <- data.frame(time = round(rexp(k, .1), 1) + sample(c(0, 1e-9, 2e-9), k, TRUE), event = rbinom(k, 1, .7))
cases <- list(lung = data.frame(time = lung$time, event = lung$status - 1, arm = lung$sex - 1),
  plateau = rbind(cbind(plateau, arm = 0), cbind(transform(plateau, time = time + 7), arm = 1)),
  near_ties = cbind(near, arm = rep(0:1, k / 2)),
  quartile_plateau = data.frame(time = c(1:3, 5, 7:10, 2, 4, 6, 8), event = c(1, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0), arm = rep(0:1, c(8, 4))))
marks <- list(lung = c(180, 365, 1100), plateau = c(80, 110, 150), near_ties = c(5, 20, 500), quartile_plateau = c(2, 6, 11))
for (name in names(cases)) { d <- cases[[name]]; d$time <- d$time
  cat(sprintf("  %s:\n    time: %s\n    event: %s\n    arm: %s\n    landmarks: %s\n", name, num(d$time), num(d$event), num(d$arm), num(marks[[name]])))
  for (p in c("r-survival", "nest")) { cat(sprintf("    %s:\n", p))
    for (a in 0:1) { e <- d[d$arm == a, ]; f <- survfit(Surv(time, event) ~ 1, e, conf.type = if (p == "nest") "plain" else "log")
      q <- quantile(f, c(.25, .5, .75)); s <- summary(f, times = marks[[name]], extend = TRUE); t <- summary(f)$table
      med <- if (p == "nest") t[c("median", "0.95LCL", "0.95UCL")] else c(q$quantile[2], q$lower[2], q$upper[2])
      gone <- p == "nest" & s$n.risk == 0
      cat(sprintf("      arm%d: {q25: %s, median: %s, q75: %s, survival: %s, lower: %s, upper: %s}\n", a,
        num(c(q$quantile[1], q$lower[1], q$upper[1])), num(unname(med)), num(c(q$quantile[3], q$lower[3], q$upper[3])),
        num(ifelse(gone, NA, s$surv)), num(ifelse(gone, NA, s$lower)), num(ifelse(gone, NA, s$upper)))) }
    m <- summary(coxph(Surv(time, event) ~ arm, d, ties = "efron", control = coxph.control(eps = 1e-13, iter.max = 50)))
    cat(sprintf("      hazard_ratio: %s\n      logrank_p: %.15g\n", num(m$conf.int[c(1, 3, 4)]), pchisq(survdiff(Surv(time, event) ~ arm, d)$chisq, 1, lower.tail = FALSE))) } }
cat("exact: # binom.test: limits and p against 0.3\n")
for (xn in list(c(7, 20), c(0, 12), c(36, 154))) { b <- binom.test(xn[1], xn[2], .3); cat(sprintf("  - {x: %d, n: %d, limits: %s, p: %.15g}\n", xn[1], xn[2], num(b$conf.int), b$p.value)) }
