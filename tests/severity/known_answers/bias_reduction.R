# Estimates of reduced bias: the score U is replaced by U + A,
# A_t = trace(F^-1 (P_t + Q_t)) / 2, P_t = E(U U' U_t), Q_t = E(H U_t), F = E(U U'), H the Hessian
# of the log-likelihood (Kosmidis 2014, "Improved estimation in cumulative link models", JRSS B 76;
# Kosmidis and Firth 2009).
#
#   Rscript bias_reduction.R
#
# Two ways. brglm2::brglm_fit(type = "AS_mean", epsilon = 1e-12, maxit = 1000) on two rungs; and,
# for any number of rungs, the definition above by enumeration: the expectations are sums over every
# covariate row and every rung, the score of one case is that of common.R and its Hessian the
# numerical derivative of the score; no closed form of A is used. Solved by p + F^-1 (U + A) until
# the step is below 1e-12. Weights count cases. log_likelihood is that at the estimate, not
# penalised; standard errors are from F at the estimate; max_gradient is the largest |U + A|.
#
# Two rungs as theta - x'beta: brglm2 models P(Y > 1) with the link of the mirror image,
# theta = -intercept, beta = slopes; for cloglog and loglog, which are not symmetric, a clog-log
# model of P(Y <= 1) is clm's cloglog (theta = intercept, beta = -slopes) and one of P(Y > 1) clm's
# loglog (theta = -intercept, beta = slopes). brglm2 0.9 has no bpolr.
source("common.R")
suppressMessages(library(brglm2))

cases_of <- function(p, design, link) {          # by rung: probability, scores, Hessians of each row
  lapply(seq_len(design$K), function(k) {
    rung <- rep(k, nrow(design$w))
    ends <- predictors(p, design, rung, rung)
    list(probability = interval_probability(link, ends$a, ends$b),
         score = own_scores(p, design, rung, rung, link),
         hessian = array(jacobian(function(p) c(own_scores(p, design, rung, rung, link)), p, method.args = richardson),
                         c(nrow(design$w), length(p), length(p))))
  })
}
adjustment <- function(p, design, n, link) {
  by_rung <- cases_of(p, design, link)
  q <- length(p)
  information <- matrix(0, q, q)
  third <- array(0, c(q, q, q))
  for (rung in by_rung) {
    weight <- n * rung$probability
    information <- information + crossprod(rung$score, weight * rung$score)
    for (t in seq_len(q)) {
      both <- weight * rung$score[, t]
      third[, , t] <- third[, , t] + crossprod(rung$score, both * rung$score) +
        apply(both * rung$hessian, c(2, 3), sum)
    }
  }
  list(information = information, a = apply(third, 3, function(m) sum(solve(information) * m)) / 2)
}
reduce <- function(design, y, n, link, p) {
  # One row per pattern for the expectations.
  pattern <- interaction(apply(cbind(design$x, design$w, design$z), 1, paste, collapse = " "), drop = TRUE)
  one <- !duplicated(pattern)
  cells <- design
  for (part in c("x", "w", "z")) cells[[part]] <- design[[part]][one, , drop = FALSE]
  totals <- as.numeric(tapply(n, pattern, sum)[as.character(pattern[one])])
  adjusted <- function(p) {
    a <- adjustment(p, cells, totals, link)
    list(score = colSums(n * own_scores(p, design, y, y, link)) + a$a, information = a$information)
  }
  for (step in 1:2000) {
    now <- adjusted(p)
    move <- drop(solve(now$information, now$score))
    size <- min(1, 1 / max(abs(move)))
    while (!is.finite(own_log_likelihood(p + size * move, design, y, y, n, link))) size <- size / 2
    p <- p + size * move
    if (max(abs(move)) < 1e-12) break
  }
  now <- adjusted(p)
  list(par = p, se = sqrt(diag(solve(now$information))), largest = max(abs(now$score)), steps = step,
       value = own_log_likelihood(p, design, y, y, n, link))
}
start_of <- function(design, y, n, link) {
  share <- (cumsum(tapply(n, factor(y, levels = seq_len(design$K)), sum)) / sum(n))[-design$K]
  quantile <- list(logit = qlogis, probit = qnorm, cauchit = qcauchy, cloglog = function(p) log(-log1p(-p)),
                   loglog = function(p) -log(-log(p)))[[link]]
  c(unname(quantile(share)), rep(0, design$n_alpha - length(share) + design$n_beta + design$n_zeta))
}

answer <- function(id, data, formula, weights = "", nominal = "", scale = "", link) {
  frame <- read_data(data)
  response <- trimws(sub("~.*", "", formula))
  rungs <- levels(frame[[response]])
  n <- case_weights(frame, weights)
  design <- model_design(frame, formula, nominal, scale, rungs)
  y <- as.integer(frame[[response]])
  fit <- reduce(design, y, n, link, start_of(design, y, n, link))
  keep_fit(id, data, formula, nominal, scale, link, "", "", weights, fit$value, fit$largest, "bias_reduction.R", "reduce",
           "mean_bias_reduction", paste("adjusted score by enumeration;", fit$steps, "steps"))
  keep_vector(id, data, design, formula, fit$par, fit$se)
  cat(sprintf("%-40s %.8f  |U + A| %.1e  steps %d : %s\n", id, fit$value, fit$largest, fit$steps,
              paste(formatC(fit$par, digits = 6, format = "g"), collapse = " ")))
  invisible(fit)
}
peer <- function(id, data, formula, weights = "", link, ours) {
  frame <- read_data(data)
  response <- trimws(sub("~.*", "", formula))
  rungs <- levels(frame[[response]])
  frame$.n <- case_weights(frame, weights)
  flip <- link == "cloglog"                      # model P(Y <= 1)
  frame$.y <- as.integer(frame[[response]] == rungs[if (flip) 1 else 2])
  fit <- suppressWarnings(glm(as.formula(paste(".y ~", sub(".*~", "", formula))), data = frame, weights = .n,
             family = binomial(if (link == "loglog") "cloglog" else link),
             method = "brglm_fit", type = "AS_mean", epsilon = 1e-12, maxit = 1000))
  sign <- if (flip) c(1, rep(-1, length(coef(fit)) - 1)) else c(-1, rep(1, length(coef(fit)) - 1))
  p <- unname(coef(fit) * sign)
  design <- model_design(frame, formula, rungs = rungs)
  y <- as.integer(frame[[response]])
  keep_fit(id, data, formula, "", "", link, "", "", weights, own_log_likelihood(p, design, y, y, frame$.n, link), NA,
           "brglm2", "brglm_fit", "mean_bias_reduction",
           sprintf("AS_mean on P(Y %s) with link %s; converged %s; at most %.1e from the enumeration", if (flip) "<= 1" else "> 1",
                   if (link == "loglog") "cloglog" else link, fit$converged, max(abs(p - ours$par))))
  keep_vector(id, data, design, formula, p, sqrt(diag(vcov(fit))))
  cat(sprintf("%-40s converged %s apart %.1e se apart %.1e\n", id, fit$converged, max(abs(p - ours$par)),
              max(abs(sqrt(diag(vcov(fit))) / ours$se - 1))))
}
links <- c("logit", "probit", "cloglog", "loglog", "cauchit")
for (link in links) {
  for (set in list(c("wine_binary", "wine_binary.csv", "rating ~ temp + contact", ""),
                   c("wine_separated", "wine_separated.csv", "rating ~ temp + contact", ""),
                   c("apart", "apart.csv", "outcome ~ x + temp", ""),
                   c("register_binary", "register_binary.csv", "severity ~ role + year + breach", "n"))) {
    ours <- answer(paste0("br_", set[1], "_", link), set[2], set[3], set[4], link = link)
    peer(paste0("brglm2_", set[1], "_", link), set[2], set[3], set[4], link, ours)
  }
  answer(paste0("br_wine_", link), "wine.csv", "rating ~ temp + contact", link = link)
  answer(paste0("br_register_", link), "register.csv", "severity ~ role + year + breach", "n", link = link)
}
for (link in c("logit", "probit")) answer(paste0("br_housing_", link), "housing.csv", "Sat ~ Infl + Type + Cont", "Freq", link = link)
answer("br_wine_nominal_logit", "wine.csv", "rating ~ temp", "", "~ contact", link = "logit")
answer("br_wine_scale_logit", "wine.csv", "rating ~ temp + contact", "", scale = "~ temp", link = "logit")
answer("br_register_nominal_logit", "register.csv", "severity ~ role + year", "n", "~ breach", link = "logit")
save_tables(c("brglm2", "numDeriv"))
