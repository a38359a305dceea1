# Cumulative link models with a random intercept: ordinal::clmm, and the same likelihood maximised
# from its definition (common.R).
#
#   Rscript clmm.R          (some minutes)
#
# clmm.control(method = "ucminf", grtol = 1e-10, xtol = 1e-14, gradTol = 1e-10, maxIter = 200): grtol
# and xtol are the optimiser's, gradTol and maxIter are of the search for the modes. 1e-10 is below
# what that search can always reach ("step factor reduced below minimum", a harmless warning), but
# 1e-8 leaves errors of 1e-5 in the Laplace log-likelihood. clmm differentiates numerically
# and starts its search at an sd of 1; max_gradient in fits.csv is what clmm itself reports.
# nAGQ = 1 is Laplace; above it adaptive Gauss-Hermite. The sd's standard error is from log sd by
# the delta method. kind "mode": the mode of a group's effect and the sd from its curvature.
#
# clmm exchanges the names cloglog and loglog. The tables hold the distribution as clm names it,
# F(x) = 1 - exp(-exp(x)) for cloglog; the note says how clmm was called. The exchange is checked:
# clmm's log-likelihood must be ours at its estimate under the other name.
source("common.R")
suppressMessages(library(ordinal))

control <- clmm.control(method = "ucminf", grtol = 1e-10, xtol = 1e-14, gradTol = 1e-10, maxIter = 200L)
exchanged <- c(cloglog = "loglog", loglog = "cloglog")

keep_modes <- function(id, data, groups, names, modes, sds) {
  estimate_rows[[length(estimate_rows) + 1]] <<- data.frame(
    fit = id, kind = "mode", variable = groups, level = names, threshold = "",
    term = names, estimate = number(modes), std_error = number(sds))
}
answer <- function(name, data, formula, weights = "", groups, link, points, nominal = "", scale = "", peer = TRUE) {
  last_modes$u <- NULL
  frame <- read_data(data)
  response <- trimws(sub("~.*", "", formula))
  rungs <- levels(frame[[response]])
  frame[[response]] <- factor(frame[[response]], ordered = TRUE)
  frame$.n <- case_weights(frame, weights)
  y <- as.integer(frame[[response]])
  members <- factor(frame[[groups]])
  frame[[groups]] <- members
  group <- as.integer(members)
  design <- model_design(frame, formula, nominal, scale, rungs)
  id <- paste0("clmm_", name, "_", link, "_q", points)
  if (peer) {
    called <- if (link %in% names(exchanged)) exchanged[[link]] else link
    warnings_seen <- character()
    fit <- withCallingHandlers(
      clmm(as.formula(paste0(formula, " + (1 | ", groups, ")")), data = frame, weights = .n, link = called,
           nAGQ = points, Hess = TRUE, control = control),
      warning = function(w) { warnings_seen <<- c(warnings_seen, conditionMessage(w)); invokeRestart("muffleWarning") })
    warnings_seen <- unique(trimws(gsub("at iteration.*", "", gsub("\n", " ", warnings_seen))))
    p <- c(unname(fit$coefficients), log(as.numeric(fit$ST[[1]])))
    covariance <- tryCatch(solve(fit$Hessian), error = function(e) NA * fit$Hessian)
    se <- suppressWarnings(sqrt(diag(covariance)))
    theirs <- as.numeric(logLik(fit))
    at_theirs <- mixed_log_likelihood(p, design, y, y, frame$.n, link, group, points)
    gradient <- max(abs(fit$gradient))
  } else {
    flat <- own_fit(design, y, y, frame$.n, link, start_of(design, y, frame$.n, link))
    p <- c(flat$par, log(0.6))
    theirs <- at_theirs <- NA
  }
  own <- mixed_fit(design, y, y, frame$.n, link, group, points, p)
  k <- length(p)
  if (peer) {
    distance <- max(abs(own$par - p))
    notes <- c(if (called != link) paste0("clmm called with link = '", called, "': it exchanges the names"),
               unique(gsub("\n", " ", warnings_seen)),
               sprintf("the definition at this estimate gives %.1e more, its maximum (%s_exact) %.1e more at a distance of %.1e; standard errors differ by %s of themselves",
                       at_theirs - theirs, id, own$value - theirs, distance,
                       if (anyNA(se)) "some (clmm's Hessian is not positive definite)" else sprintf("%.1e at most", max(abs(own$se / se - 1)))))
    keep_fit(id, data, formula, nominal, scale, link, groups, points, weights, theirs, gradient,
             "ordinal", "clmm", note = paste(notes, collapse = "; "))
    sd <- exp(p[k])
    keep_vector(id, data, design, formula, p[-k], se[-k], sd, sd * se[k], groups)
    if (points == 10 && link %in% c("logit", "probit"))
      keep_modes(id, data, groups, levels(members), as.numeric(ranef(fit)[[1]][, 1]), sqrt(as.numeric(fit$condVar)))
    cat(sprintf("%-32s theirs %.8f  gradient %.1e  at theirs %+.1e  own maximum %+.1e  apart %.1e  se %.1e  sd %.4f | own gradient %.1e %s\n",
                id, theirs, gradient, at_theirs - theirs, own$value - theirs, distance, max(abs(own$se / se - 1)), sd,
                own$max_gradient, paste(warnings_seen, collapse = ";")))
  } else cat(sprintf("%-32s own %.8f gradient %.1e sd %.4f\n", id, own$value, own$max_gradient, exp(own$par[k])))
  id <- paste0(id, "_exact")
  keep_fit(id, data, formula, nominal, scale, link, groups, points, weights, own$value, own$max_gradient,
           "common.R", "mixed_fit", note = "from the definition; Newton with numDeriv until the step is below 1e-9")
  sd <- exp(own$par[k])
  keep_vector(id, data, design, formula, own$par[-k], own$se[-k], sd, sd * own$se[k], groups)
  if (points == 10) keep_modes(id, data, groups, levels(members), own$details$modes, own$details$sds)
}
start_of <- function(design, y, n, link) {       # the quantiles of the pooled response, no effects
  share <- cumsum(tapply(n, factor(y, levels = seq_len(design$K)), sum)) / sum(n)
  logits <- qlogis(share[-design$K])
  c(logits, rep(0, design$n_alpha - length(logits) + design$n_beta + design$n_zeta))
}

links <- c("logit", "probit", "cloglog", "loglog", "cauchit")
for (link in links) for (points in c(1, 5, 10)) {
  answer("wine", "wine.csv", "rating ~ temp + contact", "", "judge", link, points)
}
for (link in links) for (points in c(1, 5, 10)) {
  if (points == 5 && !link %in% c("logit", "probit")) next
  answer("register", "register.csv", "severity ~ role + year + breach", "n", "force", link, points)
}
# What clmm cannot fit: nominal and scale effects beside the random intercept.
answer("wine_nominal", "wine.csv", "rating ~ temp", "", "judge", "logit", 10, nominal = "~ contact", peer = FALSE)
answer("wine_scale", "wine.csv", "rating ~ temp + contact", "", "judge", "probit", 10, scale = "~ temp", peer = FALSE)
for (points in c(1, 10)) {
  answer("register_both", "register.csv", "severity ~ role + year", "n", "force", "logit", points,
         nominal = "~ breach", scale = "~ role", peer = FALSE)
}
save_tables(c("ordinal", "numDeriv"))
