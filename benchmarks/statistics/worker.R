# SPDX-License-Identifier: Apache-2.0
# One measurement of R survival; prints {"seconds": ..., "mb": ...}. See compare.py.
suppressMessages(library(survival))
arguments <- commandArgs(TRUE); method <- arguments[1]; folder <- arguments[2]; n <- as.integer(arguments[3])
read <- function(name, count) readBin(file.path(folder, paste0(name, ".bin")), "double", count)
time <- read("time", n); event <- read("event", n); x <- matrix(read("x", 5 * n), n, 5); arm <- x[, 1]
peak <- function() as.numeric(gsub("[^0-9]", "", grep("VmHWM", readLines("/proc/self/status"), value = TRUE))) / 1024
call <- switch(method,
  kaplan_meier = function(i) survfit(Surv(time[i], event[i]) ~ 1),
  logrank = function(i) survdiff(Surv(time[i], event[i]) ~ arm[i]),
  cox1 = function(i) coxph(Surv(time[i], event[i]) ~ arm[i], ties = "efron"),
  cox5 = function(i) coxph(Surv(time[i], event[i]) ~ x[i, ], ties = "efron"))
invisible(call(seq_len(min(n, 200)))); invisible(gc()); all <- seq_len(n)
cpu <- function(expr) { s <- system.time(expr); s[["user.self"]] + s[["sys.self"]] }
before <- peak(); best <- Inf; spent <- 0; after <- NA; times <- if (n <= 2000) 100 else 1
repeat { s <- cpu(for (j in seq_len(times)) call(all)) / times
  if (is.na(after)) after <- peak(); best <- min(best, s); spent <- spent + s * times; if (spent > 3 || spent > 20 * best * times) break }
cat(sprintf('{"seconds": %.9f, "mb": %.3f}\n', best, after - before))
