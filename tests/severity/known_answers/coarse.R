# Wine ratings of which every third is known only as one of two neighbours: the likelihood of an
# interval, P(lower <= Y <= upper), maximised from the definition (common.R).
#
#   Rscript coarse.R
#
# optim(BFGS, reltol = 1e-15) from the pooled quantiles, then Newton until the step is below 1e-11;
# the random intercept by adaptive Gauss-Hermite with 20 points, Newton until it is below 1e-9.
source("common.R")

data <- "coarse.csv"
frame <- read_data(data)
rungs <- levels_of(data, "rating")
n <- rep(1, nrow(frame))
start <- c(-1, 1, 2.5, 4)
fit_one <- function(id, formula, nominal = "", link) {
  design <- model_design(frame, formula, nominal, "", rungs)
  first <- c(start, rep(0, design$n_alpha - 4 + design$n_beta))
  value <- function(p) -own_log_likelihood(p, design, frame$lower, frame$upper, n, link)
  rough <- optim(first, function(p) min(value(p), 1e10), method = "BFGS", control = list(reltol = 1e-15, maxit = 2000))
  fit <- own_fit(design, frame$lower, frame$upper, n, link, rough$par)
  keep_fit(id, data, formula, nominal, "", link, log_likelihood = fit$value, max_gradient = fit$max_gradient,
           package = "common.R", fun = "own_fit", note = "interval likelihood, rungs lower..upper; optim, then Newton")
  keep_vector(id, data, design, formula, fit$par, fit$se)
  cat(sprintf("%-30s %.10f gradient %.1e optim off by %.1e\n", id, fit$value, fit$max_gradient, max(abs(fit$par - rough$par))))
  invisible(list(design = design, par = fit$par))
}
for (link in c("logit", "cloglog", "probit", "loglog", "cauchit")) {
  fixed <- fit_one(paste0("coarse_", link), "rating ~ temp + contact", "", link)
  if (!link %in% c("logit", "cloglog")) next
  group <- as.integer(factor(frame$judge))
  for (points in if (link == "logit") c(1, 20) else 20) {
    last_modes$u <- NULL
    fit <- mixed_fit(fixed$design, frame$lower, frame$upper, n, link, group, points, c(fixed$par, 0))
    id <- paste0("coarse_", link, "_judge_q", points)
    keep_fit(id, data, "rating ~ temp + contact", link = link, groups = "judge", quadrature_points = points,
             log_likelihood = fit$value, max_gradient = fit$max_gradient, package = "common.R", fun = "mixed_fit",
             note = "interval likelihood, rungs lower..upper, random intercept")
    k <- length(fit$par)
    sd <- exp(fit$par[k])
    keep_vector(id, data, fixed$design, "rating ~ temp + contact", fit$par[-k], fit$se[-k], sd, sd * fit$se[k], "judge")
    cat(sprintf("%-30s %.10f gradient %.1e sd %.6f\n", id, fit$value, fit$max_gradient, sd))
  }
}
fit_one("coarse_nominal_logit", "rating ~ temp", "~ contact", "logit")
save_tables("numDeriv")
