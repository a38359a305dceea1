# What the scripts of this folder share: reading the data, one likelihood written from the
# definition, and the tidy tables fits.csv and estimates.csv.
#
# A script replaces its own rows of the tables and leaves the rest, so each can be run alone.
suppressMessages({library(stats); library(numDeriv)})

this_script <- function() {
  basename(sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE)))[1]
}
script_order <- c("clm.R", "clmm.R", "polr.R", "vglm.R", "bias_reduction.R", "coarse.R",
                  "tests.R", "sandwich.R", "profiles.R")

levels_of_files <- read.csv("levels.csv", stringsAsFactors = FALSE, colClasses = "character")
levels_of <- function(file, variable) {
  levels_of_files$level[levels_of_files$data == file & levels_of_files$variable == variable]
}
read_data <- function(file, ordered = NULL) {
  frame <- read.csv(file, stringsAsFactors = FALSE)
  for (variable in names(frame)) {
    known <- levels_of(file, variable)
    if (length(known)) frame[[variable]] <- factor(as.character(frame[[variable]]), levels = known)
  }
  if (!is.null(ordered)) frame[[ordered]] <- factor(frame[[ordered]], ordered = TRUE)
  frame
}
case_weights <- function(frame, column) if (nzchar(column)) frame[[column]] else rep(1, nrow(frame))

# ---- the five links: cloglog F = 1 - exp(-exp(x)), loglog F = exp(-exp(-x)) -----------------
lower_tail <- list(
  logit = plogis, probit = pnorm, cauchit = pcauchy,
  cloglog = function(x) -expm1(-exp(x)), loglog = function(x) exp(-exp(-x)))
upper_tail <- list(
  logit = function(x) plogis(x, lower.tail = FALSE), probit = function(x) pnorm(x, lower.tail = FALSE),
  cauchit = function(x) pcauchy(x, lower.tail = FALSE),
  cloglog = function(x) exp(-exp(x)), loglog = function(x) -expm1(-exp(-x)))
density_of <- list(
  logit = dlogis, probit = dnorm, cauchit = dcauchy,
  cloglog = function(x) ifelse(x == Inf, 0, exp(pmin(x, 700) - exp(x))),
  loglog = function(x) ifelse(x == -Inf, 0, exp(pmin(-x, 700) - exp(-x))))
slope_over_density <- list(                      # f'(x) / f(x); the value at +-Inf is never used
  logit = function(x) -tanh(x / 2), probit = function(x) -x, cauchit = function(x) -2 * x / (1 + x^2),
  cloglog = function(x) 1 - exp(x), loglog = function(x) exp(-x) - 1)
density_slope <- function(link, x) {
  out <- density_of[[link]](x) * slope_over_density[[link]](x)
  out[!is.finite(x)] <- 0
  out[is.nan(out)] <- 0
  out
}
interval_probability <- function(link, a, b) {
  ifelse(a > 0, upper_tail[[link]](a) - upper_tail[[link]](b), lower_tail[[link]](b) - lower_tail[[link]](a))
}

# ---- the likelihood from the definition ------------------------------------------------------
# P(lower..upper) = F((theta_upper - x'b) / exp(z'zeta)) - F((theta_{lower-1} - x'b) / exp(z'zeta)),
# theta_k = w'alpha_k with w = 1 and the nominal terms. The outer thresholds are -Inf and Inf
# (ordinal has -1e5 and 1e5). The order of the parameters is clm's: alpha (by column of w, the
# thresholds within), beta, zeta. The response enters as lower..upper rung, equal if known.
model_design <- function(frame, formula, nominal = "", scale = "", rungs) {
  columns <- function(text) if (nzchar(text)) model.matrix(as.formula(text), frame) else
    matrix(1, nrow(frame), 1, dimnames = list(NULL, "(Intercept)"))
  right <- paste("~", sub(".*~", "", formula))
  x <- columns(right)[, -1, drop = FALSE]
  w <- columns(nominal)
  x <- x[, !colnames(x) %in% colnames(w)[-1], drop = FALSE]  # a nominal term takes its place
  z <- columns(scale)[, -1, drop = FALSE]
  cuts <- paste(rungs[-length(rungs)], rungs[-1], sep = "|")
  list(x = x, w = w, z = z, rungs = rungs, cuts = cuts, K = length(rungs),
       n_alpha = length(cuts) * ncol(w), n_beta = ncol(x), n_zeta = ncol(z))
}
predictors <- function(p, design, lower, upper, shift = 0) {
  alpha <- matrix(p[seq_len(design$n_alpha)], nrow = design$K - 1)
  beta <- p[design$n_alpha + seq_len(design$n_beta)]
  zeta <- p[design$n_alpha + design$n_beta + seq_len(design$n_zeta)]
  n <- nrow(design$w)
  theta <- cbind(-Inf, design$w %*% t(alpha), Inf)
  location <- drop(design$x %*% beta) + shift
  sigma <- exp(drop(design$z %*% zeta))
  list(a = (theta[cbind(seq_len(n), lower)] - location) / sigma,
       b = (theta[cbind(seq_len(n), upper + 1)] - location) / sigma, sigma = sigma)
}
own_log_likelihood <- function(p, design, lower, upper, n, link) {
  ends <- predictors(p, design, lower, upper)
  probability <- interval_probability(link, ends$a, ends$b)
  if (any(!(probability[n > 0] > 0))) return(-Inf)
  sum((n * log(probability))[n > 0])
}
# The contributions of the rows to the score: one row each, not weighted.
own_scores <- function(p, design, lower, upper, link) {
  ends <- predictors(p, design, lower, upper)
  probability <- interval_probability(link, ends$a, ends$b)
  of_a <- -density_of[[link]](ends$a) / probability
  of_b <- density_of[[link]](ends$b) / probability
  alpha <- do.call(cbind, lapply(seq_len(ncol(design$w)), function(column) {
    vapply(seq_len(design$K - 1), function(k)
      ((lower - 1 == k) * of_a + (upper == k) * of_b) * design$w[, column] / ends$sigma, numeric(length(lower)))
  }))
  beta <- -(of_a + of_b) * design$x / ends$sigma
  finite <- function(x) ifelse(is.finite(x), x, 0)
  zeta <- -(of_a * finite(ends$a) + of_b * finite(ends$b)) * design$z
  unname(cbind(alpha, beta, zeta))
}
# Newton, halving the step while it does not climb, until the step no longer moves the parameters.
# Derivatives by Richardson extrapolation (numDeriv) with first steps of 0.01 (numDeriv's own 0.1
# crosses thresholds); the Hessian of the fixed-effects likelihood from the exact score.
richardson <- list(d = 0.01, eps = 1e-3, zero.tol = 1e-4, r = 4)
newton <- function(value, p, steps = 50, gradient_of = function(p) grad(value, p, method.args = richardson),
                   hessian_of = function(p) hessian(value, p, method.args = richardson), tolerance = 1e-11) {
  current <- value(p)
  for (step in seq_len(steps)) {
    gradient <- gradient_of(p)
    move <- tryCatch(-drop(solve(hessian_of(p), gradient)), error = function(e) 0 * p)
    if (sum(move * gradient) < -1e-9) move <- gradient / sqrt(sum(gradient^2)) / 10  # not concave here
    size <- 1
    while (!is.finite(value(p + size * move)) || value(p + size * move) < current - 1e-9) {
      size <- size / 2
      if (size < 1e-6) break
    }
    if (size < 1e-6) break
    p <- p + size * move
    current <- value(p)
    if (max(abs(size * move)) < tolerance) break
  }
  h <- hessian_of(p)
  covariance <- solve(-(h + t(h)) / 2)
  list(par = p, value = current, max_gradient = max(abs(gradient_of(p))), hessian = h,
       se = suppressWarnings(sqrt(diag(covariance))), covariance = covariance)
}
own_fit <- function(design, lower, upper, n, link, start) {
  gradient_of <- function(p) colSums(n * own_scores(p, design, lower, upper, link))
  newton(function(p) own_log_likelihood(p, design, lower, upper, n, link), start, gradient_of = gradient_of,
         hessian_of = function(p) jacobian(gradient_of, p, method.args = richardson))
}

# ---- one random intercept: the mode of each group, then Laplace or adaptive Gauss-Hermite ----
# p = c(alpha, beta, log sd). The effect of group g is sd * u_g, u_g standard normal.
gauss_hermite <- function(points) {              # Golub-Welsch, weight exp(-x^2)
  if (points == 1) return(list(nodes = 0, weights = sqrt(pi)))
  matrix_ <- diag(0, points)
  off <- sqrt(seq_len(points - 1) / 2)
  matrix_[cbind(seq_len(points - 1), 2:points)] <- off
  matrix_[cbind(2:points, seq_len(points - 1))] <- off
  e <- eigen(matrix_, symmetric = TRUE)
  list(nodes = e$values, weights = sqrt(pi) * e$vectors[1, ]^2)
}
last_modes <- new.env()
mixed_log_likelihood <- function(p, design, lower, upper, n, link, group, points, details = FALSE) {
  rule <- gauss_hermite(points)
  sd <- exp(p[length(p)])
  fixed <- p[-length(p)]
  fixed_ends <- predictors(fixed, design, lower, upper)
  sigma <- fixed_ends$sigma
  groups <- max(group)
  joint <- function(u, derivatives = FALSE) {    # log p(y | u) + log phi(u), by group
    a <- fixed_ends$a - sd * u[group] / sigma
    b <- fixed_ends$b - sd * u[group] / sigma
    probability <- interval_probability(link, a, b)
    total <- function(values) drop(rowsum(values, group))
    out <- list(value = total(n * log(probability)) - u^2 / 2 - log(2 * pi) / 2)
    if (derivatives) {
      first <- -(density_of[[link]](b) - density_of[[link]](a)) / probability * sd / sigma
      second <- (density_slope(link, b) - density_slope(link, a)) / probability * (sd / sigma)^2 - first^2
      out$first <- total(n * first) - u
      out$second <- total(n * second) - 1
    }
    out
  }
  u <- if (length(last_modes$u) == groups) last_modes$u else rep(0, groups)  # start where it last ended
  at <- joint(u, TRUE)
  if (any(!is.finite(at$value))) { u <- rep(0, groups); at <- joint(u, TRUE) }
  if (any(!is.finite(at$value))) return(-Inf)
  for (step in 1:50) {
    move <- at$first / pmax(-at$second, 0.1)
    size <- rep(1, groups)
    repeat {
      new <- joint(u + size * move, TRUE)
      worse <- !is.finite(new$value) | new$value < at$value - 1e-10
      if (!any(worse) || min(size) < 1e-8) break
      size[worse] <- size[worse] / 2
    }
    u <- u + size * move
    at <- new
    if (max(abs(move)) < 1e-12) break
  }
  last_modes$u <- u
  spread <- 1 / sqrt(-at$second)
  terms <- vapply(seq_len(points), function(j) {
    shifted <- u + sqrt(2) * spread * rule$nodes[j]
    log(rule$weights[j]) + rule$nodes[j]^2 + joint(shifted)$value
  }, numeric(groups))
  terms <- matrix(terms, nrow = groups)
  top <- apply(terms, 1, max)
  by_group <- top + log(rowSums(exp(terms - top))) + log(sqrt(2) * spread)
  if (details) return(list(value = sum(by_group), modes = sd * u, sds = sd * spread))
  if (any(!is.finite(by_group))) -Inf else sum(by_group)
}

# Newton with the Hessian of the start throughout (an expensive one), a fresh one for the errors.
mixed_fit <- function(design, lower, upper, n, link, group, points, start) {
  value <- function(p) mixed_log_likelihood(p, design, lower, upper, n, link, group, points)
  frozen <- hessian(value, start, method.args = richardson)
  fit <- newton(value, start, hessian_of = local({
    count <- 0
    last <- NULL
    function(p) {                                # again only where the start was far off
      count <<- count + 1
      if (count == 1) last <<- frozen
      if (count %% 6 == 0) last <<- hessian(value, p, method.args = richardson)
      last
    }
  }), tolerance = 1e-9)
  h <- hessian(value, fit$par, method.args = richardson)
  covariance <- solve(-(h + t(h)) / 2)
  fit$se <- sqrt(diag(covariance))
  fit$details <- mixed_log_likelihood(fit$par, design, lower, upper, n, link, group, points, details = TRUE)
  fit
}

# ---- the tidy tables --------------------------------------------------------------------------
fit_rows <- list()
estimate_rows <- list()
number <- function(x) ifelse(is.na(x), "", trimws(formatC(x, digits = 15, format = "g")))
keep_fit <- function(fit, data, formula, nominal = "", scale = "", link, groups = "",
                     quadrature_points = "", weights = "", log_likelihood, max_gradient = NA,
                     package, fun, estimator = "maximum_likelihood", note = "") {
  fit_rows[[length(fit_rows) + 1]] <<- data.frame(
    fit = fit, data = data, formula = formula, nominal = nominal, scale = scale, link = link,
    groups = groups, quadrature_points = as.character(quadrature_points), weights = weights,
    estimator = estimator, log_likelihood = number(log_likelihood), max_gradient =
      ifelse(is.na(max_gradient), "", formatC(max_gradient, digits = 2, format = "e")),
    package = package, `function` = fun, script = this_script(), note = note, check.names = FALSE)
}
# Splits a name of R into variable and level: "tempwarm" into temp and warm, "year" into year and "".
split_term <- function(term, data, formula_parts) {
  for (variable in all.vars(as.formula(paste("~", paste(formula_parts, collapse = "+"))))) {
    if (term == variable) return(c(variable, ""))
    for (level in levels_of(data, variable)) if (term == paste0(variable, level)) return(c(variable, level))
  }
  c(term, "")
}
keep_estimates <- function(fit, data, kind, term, estimate, std_error, threshold = "", variables) {
  if (!length(term)) return(invisible())
  parts <- vapply(seq_along(term), function(i) if (kind %in% c("threshold", "sd")) c("", "") else
    split_term(term[i], data, variables), character(2))
  estimate_rows[[length(estimate_rows) + 1]] <<- data.frame(
    fit = fit, kind = kind, variable = parts[1, ], level = parts[2, ], threshold = threshold,
    term = term, estimate = number(estimate), std_error = number(std_error))
}
# The estimates of one parameter vector in the order of model_design (and the sd, if any).
keep_vector <- function(fit, data, design, formula, estimate, std_error, sd = NULL, sd_se = NA, groups = "") {
  variables <- sub(".*~", "", formula)
  variables <- c(variables, colnames_variables(design, data))
  at <- 0
  for (column in seq_len(ncol(design$w))) {
    index <- at + seq_along(design$cuts)
    name <- colnames(design$w)[column]
    if (name == "(Intercept)") {
      keep_estimates(fit, data, "threshold", design$cuts, estimate[index], std_error[index], design$cuts, variables)
    } else {
      keep_estimates(fit, data, "nominal", rep(name, length(index)), estimate[index], std_error[index], design$cuts, variables)
    }
    at <- at + length(index)
  }
  index <- at + seq_len(design$n_beta)
  keep_estimates(fit, data, "coefficient", colnames(design$x), estimate[index], std_error[index], "", variables)
  index <- at + design$n_beta + seq_len(design$n_zeta)
  keep_estimates(fit, data, "scale", colnames(design$z), estimate[index], std_error[index], "", variables)
  if (!is.null(sd)) keep_estimates(fit, data, "sd", groups, sd, sd_se, "", variables)
}
colnames_variables <- function(design, data) {   # the variables of the data file itself
  setdiff(names(read.csv(data, nrows = 1)), "")
}
write_rows <- function(file, rows, key = "script") {
  rows <- do.call(rbind, rows)
  rows[] <- lapply(rows, as.character)
  if (file.exists(file)) {
    old <- read.csv(file, colClasses = "character", check.names = FALSE, na.strings = character())
    old <- old[old$script != this_script(), , drop = FALSE]
    if (setequal(names(old), names(rows))) rows <- rbind(old[, names(rows)], rows)
  }
  rows <- rows[order(match(rows$script, script_order)), , drop = FALSE]
  text <- vapply(rows, function(column) any(grepl("[,\"]", column)), TRUE)   # quote where needed
  write.csv(rows, file, row.names = FALSE, quote = which(text))
}
save_tables <- function(packages) {
  if (length(fit_rows)) {
    write_rows("fits.csv", fit_rows)
    write_rows("estimates.csv", lapply(estimate_rows, function(rows) cbind(rows, script = this_script())))
  }
  versions <- data.frame(
    script = this_script(), package = c("R", packages),
    version = c(paste(R.version$major, R.version$minor, sep = "."),
                vapply(packages, function(p) as.character(packageVersion(p)), "")))
  write_rows("versions.csv", list(versions))
  message(this_script(), ": ", length(fit_rows), " fits")
}
