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
