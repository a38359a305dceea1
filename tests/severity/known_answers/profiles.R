# Profile-likelihood intervals, 95 %. Writes profiles.csv.
#
#   Rscript profiles.R
#
# method "root": the two values at which twice the drop of the profile log-likelihood is
# qchisq(0.95, 1), by uniroot (tol = 1e-11) on the signed root; the others are maximised by Newton
# with the likelihood of common.R. method "clm_confint": confint(clm, type = "profile"), which
# interpolates a spline; its steps are max.steps = 200 and nsteps = 60.
source("common.R")
suppressMessages(library(ordinal))
rows <- list()
level <- 0.95
cut <- sqrt(qchisq(level, 1))
keep_interval <- function(id, data, design, formula, lower, upper, method, groups = "") {
  estimate_rows <<- list()
  sd <- if (nzchar(groups)) lower[length(lower)] else NULL
  keep_vector(id, data, design, formula, lower, upper, sd, if (nzchar(groups)) upper[length(upper)] else NA, groups)
  part <- do.call(rbind, estimate_rows)
  estimate_rows <<- list()
  names(part)[names(part) %in% c("estimate", "std_error")] <- c("lower", "upper")
  part <- part[part$lower != "", ]
  rows[[length(rows) + 1]] <<- cbind(part, confidence = level, method = method, script = this_script())
}
roots <- function(value, gradient_of, hessian_of, fit, j, tolerance) {
  profile <- local({
    rest <- fit$par[-j]
    function(x, start) {
      full <- function(r) append(r, x, j - 1)
      newton(function(r) value(full(r)), start, gradient_of = function(r) gradient_of(full(r))[-j],
             hessian_of = function(r) hessian_of(full(r))[-j, -j], tolerance = tolerance)
    }
  })
  slope <- -fit$covariance[-j, j] / fit$covariance[j, j]
  vapply(c(-1, 1), function(side) {
    signed <- function(x) {
      start <- fit$par[-j] - slope * (x - fit$par[j])
      if (!is.finite(value(append(start, x, j - 1)))) start <- fit$par[-j]
      drop_ <- 2 * (fit$value - profile_value(profile, x, start))
      sqrt(max(drop_, 0)) - cut
    }
    near <- fit$par[j] + side * 1.2 * fit$se[j]
    far <- fit$par[j] + side * 2.6 * fit$se[j]
    while (signed(far) < 0) far <- far + side * fit$se[j]
    uniroot(signed, sort(c(near, far)), tol = 1e-11)$root
  }, 0)
}
profile_value <- function(profile, x, start) max(profile(x, start)$value)
fixed <- function(id, data, formula, weights = "", nominal = "", scale = "", link) {
  frame <- read_data(data)
  if (data == "coarse.csv") { rungs <- levels_of(data, "rating"); lower <- frame$lower; upper <- frame$upper } else {
    response <- trimws(sub("~.*", "", formula))
    rungs <- levels(frame[[response]]); lower <- upper <- as.integer(frame[[response]])
  }
  n <- case_weights(frame, weights)
  design <- model_design(frame, formula, nominal, scale, rungs)
  value <- function(p) own_log_likelihood(p, design, lower, upper, n, link)
  gradient_of <- function(p) colSums(n * own_scores(p, design, lower, upper, link))
  hessian_of <- function(p) jacobian(gradient_of, p, method.args = richardson)
  share <- pmin(pmax(cumsum(tabulate(lower, design$K)) / length(lower), 0.03), 0.97)[-design$K]
  fit <- own_fit(design, lower, upper, n, link, c(qnorm(share) + 0.01 * seq_along(share), rep(0, design$n_alpha - length(share) + design$n_beta + design$n_zeta)))
  both <- vapply(seq_along(fit$par), function(j) roots(value, gradient_of, hessian_of, fit, j, 1e-11), c(0, 0))
  keep_interval(id, data, design, formula, both[1, ], both[2, ], "root")
  cat(sprintf("%-24s %.8f : %s\n", id, fit$value, paste(formatC(both, digits = 7, format = "g"), collapse = " ")))
  if (startsWith(id, "clm_")) {
    response <- trimws(sub("~.*", "", formula))
    frame[[response]] <- factor(frame[[response]], ordered = TRUE)
    call <- list(formula = as.formula(formula), data = frame, weights = n, link = link,
                 control = clm.control(gradTol = 1e-10, relTol = 1e-12, maxIter = 200L))
    if (nzchar(nominal)) call$nominal <- as.formula(nominal)
    if (nzchar(scale)) call$scale <- as.formula(scale)
    theirs <- tryCatch({
      model <- do.call(clm, call)
      suppressWarnings(confint(model, type = "profile", level = level, nsteps = 60, max.steps = 200))
    }, error = function(e) { message(id, ": confint: ", conditionMessage(e)); NULL })
    if (!is.null(theirs)) {
      low <- high <- rep(NA_real_, length(fit$par))
      at <- c(design$n_alpha + match(rownames(theirs)[seq_len(design$n_beta)], colnames(design$x)),
              if (design$n_zeta) design$n_alpha + design$n_beta + seq_len(design$n_zeta))
      low[at] <- theirs[, 1]; high[at] <- theirs[, 2]
      keep_interval(id, data, design, formula, low, high, "clm_confint")
      cat("   clm_confint apart", formatC(max(abs(c(low, high) - c(both[1, ], both[2, ])), na.rm = TRUE), digits = 2), "\n")
    }
  }
}
for (link in c("logit", "probit")) fixed(paste0("clm_wine_", link), "wine.csv", "rating ~ temp + contact", link = link)
fixed("clm_wine_cloglog", "wine.csv", "rating ~ temp + contact", link = "cloglog")
fixed("clm_wine_nominal_logit", "wine.csv", "rating ~ temp", nominal = "~ contact", link = "logit")
fixed("clm_wine_scale_logit", "wine.csv", "rating ~ temp + contact", scale = "~ temp", link = "logit")
fixed("clm_register_logit", "register.csv", "severity ~ role + year + breach", "n", link = "logit")
fixed("coarse_logit", "coarse.csv", "rating ~ temp + contact", link = "logit")

# The random-intercept model of wine (clmm_wine_logit_q10_exact): the effects and the sd.
frame <- read_data("wine.csv")
design <- model_design(frame, "rating ~ temp + contact", rungs = levels(frame$rating))
y <- as.integer(frame$rating)
n <- rep(1, nrow(frame))
judge <- as.integer(factor(frame$judge))
start <- own_fit(design, y, y, n, "logit", c(-1.3, 1.2, 3.4, 5, 2.5, 1.5))$par
fit <- mixed_fit(design, y, y, n, "logit", judge, 10, c(start, 0))
value <- function(p) mixed_log_likelihood(p, design, y, y, n, "logit", judge, 10)
h <- fit$hessian
fit$covariance <- solve(-(h + t(h)) / 2)
low <- high <- rep(NA_real_, 7)
for (j in 5:7) {
  ends <- roots(value, function(p) grad(value, p, method.args = richardson), function(p) h, fit, j, 1e-9)
  low[j] <- ends[1]; high[j] <- ends[2]
}
low[7] <- exp(low[7]); high[7] <- exp(high[7])
keep_interval("clmm_wine_logit_q10_exact", "wine.csv", design, "rating ~ temp + contact", low, high, "root", "judge")
cat("mixed:", formatC(rbind(low, high)[, 5:7], digits = 8, format = "g"), "\n")
write_rows("profiles.csv", rows)
save_tables(c("ordinal", "numDeriv"))
