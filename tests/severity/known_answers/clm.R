# Cumulative link models without random effects: ordinal::clm.
#
#   Rscript clm.R
#
# clm: P(Y <= k) = F((theta_k + w'alpha_k - x'beta) / exp(z'zeta)); a nominal effect is added to the
# threshold. clm.control(gradTol = 1e-10, relTol = 1e-12, maxIter = 200).
# Every fit is made once more from the definition (common.R, Newton) to find where clm is off: it
# puts the outer thresholds at -1e5 and 1e5, which the Cauchy distribution notices (3e-6 of
# probability at each end). For cauchit the tables hold both; elsewhere clm's.
source("common.R")
suppressMessages(library(ordinal))

control <- clm.control(gradTol = 1e-10, relTol = 1e-12, maxIter = 200L)

answer <- function(id, data, formula, weights = "", nominal = "", scale = "", link) {
  frame <- read_data(data)
  response <- trimws(sub("~.*", "", formula))
  rungs <- levels(frame[[response]])
  frame[[response]] <- factor(frame[[response]], ordered = TRUE)
  frame$.n <- case_weights(frame, weights)
  full <- formula
  warnings_seen <- character()
  call <- list(formula = as.formula(formula), data = frame, weights = frame$.n, link = link, control = control)
  if (nzchar(nominal)) call$nominal <- as.formula(nominal)
  if (nzchar(scale)) call$scale <- as.formula(scale)
  fit <- withCallingHandlers(do.call(clm, call), warning = function(w) {
    warnings_seen <<- c(warnings_seen, conditionMessage(w)); invokeRestart("muffleWarning") })
  design <- model_design(frame, formula, nominal, scale, rungs)
  p <- unname(c(fit$alpha, fit$beta, fit$zeta))
  se <- sqrt(diag(vcov(fit)))
  stopifnot(length(p) == design$n_alpha + design$n_beta + design$n_zeta)
  y <- as.integer(frame[[response]])
  own <- own_fit(design, y, y, frame$.n, link, p)
  apart <- max(abs(own$par - p))
  note <- if (length(warnings_seen)) paste(gsub("\n", " ", warnings_seen), collapse = "; ") else ""
  keep_fit(id, data, full, nominal, scale, link, "", "", weights, as.numeric(logLik(fit)),
           max(abs(fit$gradient)), "ordinal", "clm", note = paste0(note, if (link == "cauchit")
             paste0(if (nzchar(note)) "; " else "", "outer thresholds at +-1e5, so off by ", formatC(apart, digits = 1, format = "e"),
                    " at most; ", id, "_exact has none")))
  keep_vector(id, data, design, full, p, se)
  cat(sprintf("%-32s logLik %.6f  gradient %.1e  own-clm: par %.1e se %.1e logLik %.1e  %s\n", id, logLik(fit),
              max(abs(fit$gradient)), apart, max(abs(own$se / se - 1)), own$value - as.numeric(logLik(fit)), note))
  if (link == "cauchit") {
    id <- paste0(id, "_exact")
    keep_fit(id, data, full, nominal, scale, link, "", "", weights, own$value, own$max_gradient,
             "common.R", "own_fit", note = "from the definition, outer thresholds infinite; Newton with numDeriv")
    keep_vector(id, data, design, full, own$par, own$se)
  }
}

links <- c("logit", "probit", "cloglog", "loglog", "cauchit")
for (link in links) {
  answer(paste0("clm_wine_", link), "wine.csv", "rating ~ temp + contact", link = link)
  answer(paste0("clm_housing_", link), "housing.csv", "Sat ~ Infl + Type + Cont", "Freq", link = link)
  answer(paste0("clm_soup_", link), "soup.csv", "SURENESS ~ PROD + SOUPFREQ", "n", link = link)
  answer(paste0("clm_pneumo_", link), "pneumo.csv", "status ~ log_time", "n", link = link)
  answer(paste0("clm_register_", link), "register.csv", "severity ~ role + year + breach", "n", link = link)
}
for (link in c("logit", "probit")) {
  answer(paste0("clm_wine_nominal_", link), "wine.csv", "rating ~ temp", nominal = "~ contact", link = link)
  answer(paste0("clm_wine_scale_", link), "wine.csv", "rating ~ temp + contact", scale = "~ temp", link = link)
  answer(paste0("clm_wine_both_", link), "wine.csv", "rating ~ temp", nominal = "~ contact", scale = "~ temp", link = link)
  answer(paste0("clm_soup_both_", link), "soup.csv", "SURENESS ~ SOUPFREQ", "n", "~ PROD", "~ PROD", link = link)
  answer(paste0("clm_housing_both_", link), "housing.csv", "Sat ~ Infl + Type", "Freq", "~ Cont", "~ Cont", link = link)
  answer(paste0("clm_register_both_", link), "register.csv", "severity ~ role + year", "n", "~ breach", "~ role", link = link)
}
for (link in links) {
  answer(paste0("clm_register_nominal_", link), "register.csv", "severity ~ role + year", "n", "~ breach", link = link)
  answer(paste0("clm_register_scale_", link), "register.csv", "severity ~ role + year + breach", "n", scale = "~ role", link = link)
}
answer("clm_register_nominal_year_logit", "register.csv", "severity ~ role + breach", "n", "~ year", link = "logit")
answer("clm_register_scale_year_logit", "register.csv", "severity ~ role + year + breach", "n", scale = "~ year", link = "logit")
save_tables(c("ordinal", "numDeriv"))
