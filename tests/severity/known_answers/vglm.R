# Partial proportional odds by VGAM::vglm(cumulative(reverse = FALSE)).
#
#   Rscript vglm.R
#
# vglm: F^-1(P(Y <= k)) = eta_k + x'b_k. A term with parallel = TRUE becomes a coefficient of
# theta_k - x'beta, beta = -b; a term that is not parallel is a nominal effect, added to the
# threshold, so its b_k keeps its sign. vglm.control(epsilon = 1e-14, maxit = 200).
# Standard errors are from Fisher scoring (expected information), except in the _observed rows:
# the same estimate with the observed information of the definition.
# vglm wants one row per covariate pattern or one case per row; long rows with prior weights do.
# VGAM's clogloglink is log(-log(1 - p)), clm's cloglog; loglog is not in cumulative() as such.
source("common.R")
suppressMessages(library(VGAM))

answer <- function(id, data, formula, nominal, weights, link = "logit") {
  frame <- read_data(data)
  response <- trimws(sub("~.*", "", formula))
  rungs <- levels(frame[[response]])
  frame[[response]] <- factor(frame[[response]], ordered = TRUE)
  frame$.n <- case_weights(frame, weights)
  unequal <- trimws(sub("~", "", nominal))
  full <- as.formula(paste(formula, if (nzchar(unequal)) paste("+", unequal)))
  parallel <- if (!nzchar(unequal)) TRUE else as.formula(paste("FALSE ~", unequal))
  family <- do.call(cumulative, list(link = c(logit = "logitlink", probit = "probitlink", cloglog = "clogloglink",
                                              cauchit = "cauchitlink")[[link]], parallel = parallel, reverse = FALSE))
  warnings_seen <- character()
  fit <- withCallingHandlers(
    vglm(full, family, data = frame, weights = .n, control = vglm.control(epsilon = 1e-14, maxit = 200)),
    warning = function(w) { warnings_seen <<- c(warnings_seen, conditionMessage(w)); invokeRestart("muffleWarning") })
  design <- model_design(frame, formula, nominal, "", rungs)
  b <- coef(fit)
  covariance <- vcov(fit)
  K1 <- design$K - 1
  pick <- function(term, signs) {                # positions of a term in coef(fit): one, or one per threshold
    at <- match(paste0(term, ":", seq_len(K1)), names(b))
    if (anyNA(at)) match(term, names(b)) else at
  }
  alpha_at <- unlist(lapply(colnames(design$w), pick))
  beta_at <- unlist(lapply(colnames(design$x), pick))
  at <- c(alpha_at, beta_at)
  sign <- rep(c(1, -1), c(length(alpha_at), length(beta_at)))
  stopifnot(!anyNA(at), length(at) == length(b))
  p <- unname(b[at] * sign)
  y <- as.integer(frame[[response]])
  value <- own_log_likelihood(p, design, y, y, frame$.n, link)
  own <- own_fit(design, y, y, frame$.n, link, p)
  keep_fit(id, data, formula, nominal, "", link, "", "", weights, logLik(fit),
           max(abs(colSums(frame$.n * own_scores(p, design, y, y, link)))), "VGAM", "vglm",
           note = paste0(sprintf("cumulative(reverse = FALSE, parallel = %s); standard errors from the expected information; the definition at this estimate gives %.9f",
                          if (nzchar(unequal)) paste("FALSE ~", unequal) else "TRUE", value),
             if (length(warnings_seen)) paste0("; vglm warned: ", warnings_seen[1])))
  keep_vector(id, data, design, formula, p, sqrt(diag(covariance))[at])
  cat(sprintf("%-34s vglm %.8f definition %.8f own %.8f apart %.1e\n", id, logLik(fit), value, own$value, max(abs(own$par - p))))
  id <- paste0(id, "_observed")
  keep_fit(id, data, formula, nominal, "", link, "", "", weights, own$value, own$max_gradient, "common.R", "own_fit",
           note = "the same model from the definition; standard errors from the observed information")
  keep_vector(id, data, design, formula, own$par, own$se)
}
answer("vglm_pneumo_parallel", "pneumo.csv", "status ~ log_time", "", "n")
answer("vglm_pneumo_nominal", "pneumo.csv", "status ~ 1", "~ log_time", "n")
answer("vglm_housing_nominal", "housing.csv", "Sat ~ Infl + Type", "~ Cont", "Freq")
answer("vglm_housing_nominal_two", "housing.csv", "Sat ~ Infl", "~ Type + Cont", "Freq")
answer("vglm_register_nominal_breach", "register.csv", "severity ~ role + year", "~ breach", "n")
answer("vglm_register_nominal_breach_probit", "register.csv", "severity ~ role + year", "~ breach", "n", "probit")
answer("vglm_register_nominal_breach_cloglog", "register.csv", "severity ~ role + year", "~ breach", "n", "cloglog")
answer("vglm_register_nominal_two", "register.csv", "severity ~ role", "~ breach + year", "n")
save_tables(c("VGAM", "numDeriv"))
