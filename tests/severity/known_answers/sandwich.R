# Robust standard errors of clm on the simulated register. Writes sandwich.csv.
#
#   Rscript sandwich.R
#
# H is the observed information, s_i the score of a case, n_i the count of a row:
#   model          H^-1
#   HC0_cases      H^-1 (sum n_i s_i s_i') H^-1, every case by itself
#   HC1_cases      the same times N / (N - p), N = sum n_i
#   HC0_rows       H^-1 (sum n_i^2 s_i s_i') H^-1, a row with its count as one unit: what the package
#                  sandwich gives with weights
#   cluster        H^-1 (sum over forces of (sum n_i s_i)(sum n_i s_i)') H^-1
#   cluster_G      the same times G / (G - 1), G = 30 forces
# From the package sandwich (estfun and bread of clm), checked against the definition in common.R.
source("common.R")
suppressMessages({library(ordinal); library(sandwich)})
rows <- list()
answer <- function(id, formula, nominal = "", scale = "", link) {
  frame <- read_data("register.csv")
  rungs <- levels(frame$severity)
  frame$severity <- factor(frame$severity, ordered = TRUE)
  control <- clm.control(gradTol = 1e-10, relTol = 1e-12, maxIter = 200L)
  call <- list(formula = as.formula(formula), data = frame, link = link, control = control)
  if (nzchar(nominal)) call$nominal <- as.formula(nominal)
  if (nzchar(scale)) call$scale <- as.formula(scale)
  fit <- do.call(clm, c(call, list(weights = frame$n)))
  expanded <- frame[rep(seq_len(nrow(frame)), frame$n), ]
  call$data <- expanded
  long <- do.call(clm, call)
  design <- model_design(frame, formula, nominal, scale, rungs)
  p <- unname(c(fit$alpha, fit$beta, fit$zeta))
  y <- as.integer(frame$severity)
  s <- own_scores(p, design, y, y, link)
  h <- own_fit(design, y, y, frame$n, link, p)$covariance
  by_force <- rowsum(frame$n * s, frame$force)
  G <- nrow(by_force)
  N <- sum(frame$n)
  own <- list(model = h, HC0_cases = h %*% crossprod(s, frame$n * s) %*% h, HC0_rows = h %*% crossprod(frame$n * s) %*% h,
              cluster = h %*% crossprod(by_force) %*% h)
  own$HC1_cases <- own$HC0_cases * N / (N - length(p))
  own$cluster_G <- own$cluster * G / (G - 1)
  theirs <- tryCatch(list(model = vcov(fit), HC0_cases = sandwich(long), HC0_rows = sandwich(fit),
                 cluster = vcovCL(long, cluster = expanded$force, type = "HC0", cadjust = FALSE),
                 cluster_G = vcovCL(long, cluster = expanded$force, type = "HC0", cadjust = TRUE),
                 cluster_rows = vcovCL(fit, cluster = frame$force, type = "HC0", cadjust = FALSE)),
                 error = function(e) { message(id, ": sandwich: ", conditionMessage(e)); list(model = vcov(fit)) })
  for (variant in names(own)) {
    gap <- if (!is.null(theirs[[variant]])) max(abs(diag(theirs[[variant]]) / diag(own[[variant]]) - 1)) else NA
    if (length(theirs) > 1 && variant == "cluster")
      cat(id, "cluster from rows against cases:", max(abs(diag(theirs$cluster_rows) / diag(own$cluster) - 1)), "\n")
    cat(sprintf("%-28s %-10s sandwich against definition %.1e\n", id, variant, gap))
    estimate_rows <<- list()
    keep_vector(id, "register.csv", design, formula, p, sqrt(diag(own[[variant]])))
    part <- do.call(rbind, estimate_rows)
    part$estimate <- NULL
    rows[[length(rows) + 1]] <<- cbind(part[, setdiff(names(part), "std_error")], variant = variant,
      std_error = part$std_error, source = if (is.na(gap)) "definition" else if (gap < 1e-6) "definition, sandwich agrees" else
        sprintf("definition, sandwich differs by %.0e", gap), script = this_script())
  }
  estimate_rows <<- list()
}
answer("clm_register_logit", "severity ~ role + year + breach", link = "logit")
answer("clm_register_probit", "severity ~ role + year + breach", link = "probit")
answer("clm_register_cloglog", "severity ~ role + year + breach", link = "cloglog")
answer("clm_register_both_logit", "severity ~ role + year", "~ breach", "~ role", "logit")
write_rows("sandwich.csv", rows)
save_tables(c("ordinal", "sandwich", "numDeriv"))
