# SPDX-License-Identifier: Apache-2.0
# Rscript --vanilla proportions_rates.R > proportions_rates_r.yaml
# Agreement, exact tests, common odds ratios and rates by R packages; and the data of tern's own
# tests, whose printed answers (checked by tern's authors against SAS) are copied below as facts.
suppressMessages({library(vcd); library(psych); library(survival)})
num <- function(x) paste0("[", paste(sprintf("%.15g", x), collapse = ", "), "]")
flat <- function(m) paste0("[", paste(apply(m, 1, num), collapse = ", "), "]")
cat("# Made by tests/reference/make/proportions_rates.R; never recomputed by the tests.\n")
cat("level: independent software\n")
cat("command: Rscript --vanilla tests/reference/make/proportions_rates.R\n")
cat(sprintf("version: R %s; vcd %s; psych %s\n", getRversion(), packageVersion("vcd"), packageVersion("psych")))
tables <- list(readers = matrix(c(20, 10, 5, 15), 2), response = matrix(c(44, 5, 1, 7, 20, 3, 9, 5, 6), 3),
  five = matrix(c(22, 2, 2, 0, 0, 5, 7, 14, 0, 0, 0, 2, 36, 0, 0, 0, 1, 14, 7, 0, 0, 0, 3, 0, 3), 5, byrow = TRUE),
  no_better = matrix(c(10, 10, 12, 12), 2), worse = matrix(c(3, 14, 12, 4), 2))
cat("kappa:  # estimate, standard error (vcd::Kappa, ASE), limits (psych::cohen.kappa)\n")
for (n in names(tables)) { k <- Kappa(tables[[n]]); p <- suppressWarnings(cohen.kappa(tables[[n]]))
  cat(sprintf("  %s: {table: %s, kappa: %.15g, se: %.15g, limits: %s}\n", n, flat(tables[[n]]),
    k$Unweighted[["value"]], k$Unweighted[["ASE"]], num(p$confid[1, c(1, 3)]))) }
cat("exact_tests:  # fisher.test of larger tables\n")
fish <- list(matrix(c(3, 1, 2, 0, 4, 5), 2), matrix(c(4, 0, 1, 2, 6, 1, 0, 3, 5), 3), matrix(c(8, 2, 1, 0, 3, 4, 2, 6), 2))
for (m in fish) cat(sprintf("  - {table: %s, p: %.15g}\n", flat(m), fisher.test(m, workspace = 2e7)$p.value))
draws <- function(seed, sizes, probs) { set.seed(seed, sample.kind = "Rejection")
  sapply(seq_along(sizes), function(i) rbinom(1, sizes[i], probs[i])) }
cat("homogeneity:  # woolf_test of vcd on strata without a zero cell\n")
for (seed in 1:4) { k <- 4; n1 <- c(30, 25, 40, 18); n2 <- c(28, 30, 35, 22)
  x1 <- draws(seed, n1, rep(.5, k)); x2 <- draws(seed + 50, n2, rep(.35, k))
  a <- array(rbind(x1, x2, n1 - x1, n2 - x2), c(2, 2, k)); w <- suppressWarnings(woolf_test(a))
  cat(sprintf("  - {x1: %s, n1: %s, x2: %s, n2: %s, statistic: %.15g, df: %d, p: %.15g}\n", num(x1), num(n1), num(x2), num(n2), w$statistic, w$parameter, w$p.value)) }
cat("rates:  # glm(poisson): identity link: difference, Wald limits and p; poisson.test: exact limits of the ratio\n")
for (r in list(c(12, 100.5, 7, 120.25), c(33, 410, 51, 402.5), c(4, 15.5, 9, 21))) {
  e <- r[c(1, 3)]; t <- r[c(2, 4)]; arm <- c(1, 0)
  m <- glm(e ~ 0 + t + I(t * arm), family = poisson(link = "identity"), start = c(e[2] / t[2], e[1] / t[1] - e[2] / t[2]), control = glm.control(epsilon = 1e-13, maxit = 200))
  s <- coef(summary(m))[2, ]; z <- qnorm(.975)
  cat(sprintf("  - {events: %s, exposure: %s, difference: %.15g, limits: %s, p: %.15g, exact_ratio: %s}\n", num(e), num(t), s[1],
    num(s[1] + c(-z, z) * s[2]), 2 * pnorm(-abs(s[1] / s[2])), num(poisson.test(e, t)$conf.int))) }
cat("one_sample_logrank:  # survdiff against an expected survival: observed, expected, chi-square\n")
for (m in c(2, 3, 6)) { d <- veteran[veteran$trt == 2, ]; h <- d$time / 30.4375 * log(2) / m
  s <- survdiff(Surv(time, status) ~ offset(exp(-h)), cbind(d, h = h))
  cat(sprintf("  - {median_months: %g, observed: %g, expected: %.15g, chisq: %.15g}\n", m, s$obs, s$exp, s$chisq)) }
# The data of tern's tests (facts: the seeds and sizes), as counts per stratum
strata <- function(rsp, grp, f1, f2) { s <- interaction(f1, f2); lv <- levels(s)
  g <- function(l, arm) c(sum(rsp & s == l & grp == arm), sum(s == l & grp == arm))
  lapply(c("treated", "control"), function(a) sapply(lv, g, arm = a)) }
show <- function(name, p, extra) cat(sprintf("  %s: {x1: %s, n1: %s, x2: %s, n2: %s, %s}\n", name, num(p[[1]][1, ]), num(p[[1]][2, ]), num(p[[2]][1, ]), num(p[[2]][2, ]), extra))
cat("tern:  # insightsengineering/tern, tests/testthat/_snaps/prop_diff.md and test-prop_diff.R (printed there)\n")
suppressWarnings(RNGkind("Mersenne-Twister", "Inversion", "Rejection")); set.seed(1)
rsp <- c(sample(c(TRUE, FALSE), size = 40, prob = c(3 / 4, 1 / 4), replace = TRUE), sample(c(TRUE, FALSE), size = 40, prob = c(1 / 2, 1 / 2), replace = TRUE))
grp <- rep(c("treated", "control"), each = 40); f1 <- sample(c("a", "b"), 80, TRUE); f2 <- sample(c("x", "y", "z"), 80, TRUE)
show("strat_newcombe", strata(rsp, grp, f1, f2), "conf_level: 0.95, estimate: 0.25390590, limits: [0.03467969, 0.44544132], decimals: 8")
set.seed(2); rsp <- sample(c(TRUE, FALSE), 100, TRUE); grp <- sample(c("treated", "control"), 100, TRUE)
f1 <- sample(c("a", "b"), 100, TRUE); f2 <- sample(c("x", "y", "z"), 100, TRUE)
show("cmh_mn", strata(rsp, grp, f1, f2), "conf_level: 0.90, estimate: 0.137686601988347, limits: [-0.0345069418895496, 0.302144371774115], decimals: 5")
show("cmh_sato", strata(rsp, grp, f1, f2), "conf_level: 0.90, estimate: 0.1376866, limits: [-0.04004526, 0.31541846], decimals: 7")
show("cmh_wald", strata(rsp, grp, f1, f2), "conf_level: 0.90, estimate: 0.1376866, limits: [-0.009989872, 0.285363076], decimals: 7")
cat("lu_2008: {x1: [1, 3, 2], n1: [15, 10, 25], x2: [3, 4, 18], n2: [5, 10, 35], conf_level: 0.95, estimate: -0.37857, limits: [-0.5381, -0.1962], decimals: 4, slack: 1.0e-4}  # stratified Miettinen-Nurminen, PharmaSUG 2025 SA-198, p. 5; -0.19629 is cut, not rounded, there\n")
cat("unconditional_exact:  # tern tests/testthat/test-prop_diff.R, prop_diff_uncond_exact: x1, n1, x2, n2, level, limits (4 decimals)\n")
cat("  - [40, 78, 5, 17, 0.95, -0.0466, 0.4676]\n  - [27, 57, 3, 3, 0.95, -0.9057, 0.1197]\n  - [27, 57, 3, 3, 0.99, -0.9586, 0.2677]\n  - [0, 2, 2, 2, 0.90, -1, 0.0543]\n")
