# SPDX-License-Identifier: Apache-2.0
# MaxCombo by three ways of combining strata, written from the papers' formulas; the joint
# probabilities by mvtnorm. Rscript --vanilla max_combo.R ORACLES/camis/data/whas500.csv
suppressMessages({library(survival); library(mvtnorm)})
num <- function(x) paste0("[", paste(sprintf("%.12g", x), collapse = ", "), "]")
FH <- list(c(0, 0), c(1, 0), c(0, 1), c(1, 1))
one <- function(time, event, arm) {  # U of the second arm, covariance, plain variance of one stratum
  at <- sort(unique(time[event == 1]))
  row <- t(sapply(at, function(t) c(sum(time >= t), sum(time >= t & arm == 1),
                                    sum(time == t & event == 1), sum(time == t & event == 1 & arm == 1))))
  n <- row[, 1]; n1 <- row[, 2]; d <- row[, 3]; d1 <- row[, 4]
  before <- c(1, cumprod(1 - d / n))[seq_along(d)]
  v <- ifelse(n > 1, d * (n1 / n) * (1 - n1 / n) * (n - d) / pmax(n - 1, 1), 0)
  w <- sapply(FH, function(g) before^g[1] * (1 - before)^g[2])
  list(u = colSums(w * (d1 - d * n1 / n)), cov = t(w) %*% (w * v), v = sum(v), n = length(time))
}
joint <- function(u, cov) {
  z <- u / sqrt(diag(cov)); r <- cov2cor(cov); set.seed(1)
  far <- GenzBretz(maxpts = 2e7, abseps = 1e-8, releps = 0)
  k <- length(z); zmax <- max(abs(z))
  two <- 1 - pmvnorm(rep(-zmax, k), rep(zmax, k), corr = r, algorithm = far)
  low <- 1 - pmvnorm(rep(min(z), k), rep(Inf, k), corr = r, algorithm = far)
  cat("    z:", num(z), "\n"); cat("    p:", num(two), "\n"); cat("    p_one_sided:", num(low), "\n")
  cat("    error:", num(max(attr(two, "error"), attr(low, "error"))), "\n")
}
report <- function(name, time, event, arm, stratum) {
  parts <- lapply(sort(unique(stratum)), function(s) one(time[stratum == s], event[stratum == s], arm[stratum == s]))
  add <- function(f) Reduce(`+`, lapply(parts, f))
  cat(sprintf("%s:\n", name))
  cat("  sums:\n"); joint(add(function(p) p$u), add(function(p) p$cov))
  if (length(parts) == 1) return(invisible())
  cat("  stratum_z:\n")
  joint(add(function(p) sqrt(p$v) * p$u / sqrt(diag(p$cov))), add(function(p) p$v * cov2cor(p$cov)))
  cat("  stratum_estimates:\n")
  joint(add(function(p) p$n * p$u / diag(p$cov)),
        add(function(p) p$n^2 * p$cov / (diag(p$cov) %o% diag(p$cov))))
}
cat("# Made by tests/reference/make/max_combo.R; never recomputed by the tests.\n")
cat("level: independent software\n")
cat("command: Rscript --vanilla tests/reference/make/max_combo.R whas500.csv (of the CAMIS data)\n")
cat(sprintf("version: R %s; mvtnorm %s (pmvnorm, GenzBretz, 2e7 points); survival %s (veteran, lung)\n",
            getRversion(), packageVersion("mvtnorm"), packageVersion("survival")))
cat("note: z to 1e-8; p to 3e-6 plus the stated error of the integral\n")
w <- read.csv(commandArgs(TRUE)[1])
report("whas500", w$LENFOL, w$FSTAT, w$AFB, w$GENDER)
report("whas500_whole", w$LENFOL, w$FSTAT, w$AFB, rep(1, nrow(w)))
report("veteran", veteran$time, veteran$status, veteran$trt - 1, veteran$prior)
report("lung", lung$time, lung$status - 1, lung$sex - 1, rep(1, nrow(lung)))
