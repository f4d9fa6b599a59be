# SPDX-License-Identifier: Apache-2.0
# Own script: exact power of Fisher's and the chi-square test by complete enumeration with R's own tests.
power <- function(n0, n1, p0, p1, alpha, test) {
  total <- 0
  for (x0 in 0:n0) for (x1 in 0:n1) {
    p <- test(x0, n0, x1, n1)
    if (!is.na(p) && p <= alpha * (1 + 1e-9)) total <- total + dbinom(x0, n0, p0) * dbinom(x1, n1, p1)
  }
  total
}
fisher <- function(x0, n0, x1, n1) fisher.test(matrix(c(x1, n1 - x1, x0, n0 - x0), 2), alternative = "greater")$p.value
chi <- function(x0, n0, x1, n1) {
  if (x0 + x1 == 0 || x0 + x1 == n0 + n1) return(1)
  suppressWarnings(prop.test(c(x1, x0), c(n1, n0), alternative = "greater", correct = FALSE)$p.value)
}
cases <- list(c(12, 15, .2, .6, .025), c(20, 20, .1, .4, .05), c(30, 20, .3, .3, .05))
for (k in cases) cat(sprintf("- {control: %d, experimental: %d, p0: %g, p1: %g, alpha: %g, fisher: %.10f, chi_square: %.10f}\n", k[1], k[2], k[3], k[4], k[5],
  power(k[1], k[2], k[3], k[4], k[5], fisher), power(k[1], k[2], k[3], k[4], k[5], chi)))
# Own script: Lee and Liu's predictive rule by R's pbeta and beta-binomial sums; its operating characteristics by dbinom.
# phase1b (Roche) gives 0.5655589 for predictive(16, 23, 40, 0.6, 0.9, 0.6, 0.4), the example of the paper; so does this.
predictive <- function(x, n, most, p0, cut, a, b) {
  y <- 0:(most - n)
  mass <- choose(most - n, y) * beta(a + x + y, b + most - x - y) / beta(a + x, b + n - x)
  sum(mass[1 - pbeta(p0, a + x + y, b + most - x - y) > cut])
}
cat(sprintf("predictive: %.7f\n", predictive(16, 23, 40, .6, .9, .6, .4)))
first <- 10; most <- 36; p0 <- .2; a <- .2; b <- .8; cut <- .922; low <- .001
stop_at <- sapply(first:(most - 1), function(n) sum(sapply(0:n, predictive, n, most, p0, cut, a, b) < low) - 1)
responses <- min(which(1 - pbeta(p0, a + 0:most, b + most - 0:most) > cut)) - 1
characteristics <- function(p) {
  going <- dbinom(0:first, first, p); expected <- first; stopped <- 0
  for (n in first:(most - 1)) {
    out <- seq_len(stop_at[n - first + 1] + 1)
    stopped <- stopped + sum(going[out]); going[out] <- 0
    expected <- expected + sum(going)
    going <- c(going, 0) * (1 - p) + c(0, going) * p
  }
  c(success = sum(going[(responses + 1):(most + 1)]), early_stop = stopped, expected = expected)
}
print(rle(stop_at)); print(responses); print(characteristics(.2), digits = 10); print(characteristics(.4), digits = 10)
