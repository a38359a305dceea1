# Proportional odds and its kin by MASS::polr: housing, five links.
#
#   Rscript polr.R
#
# polr stops on BFGS; control = list(reltol = 1e-15, maxit = 1000), started at its own defaults and
# then again from where it stopped. polr writes the same theta_k - x'beta. Its names loglog and
# cloglog mean what clm's mean (checked below by clm's log-likelihood). max_gradient is that of the
# likelihood from the definition at polr's estimate; the note gives the distance to clm's maximum.
# polr cuts the predictor at -100 and 100: for cauchit that loses 0.3 % of probability at each end,
# so its likelihood is another one. The note gives the definition's value with that cut.
source("common.R")
suppressMessages({library(MASS); library(ordinal)})

frame <- read_data("housing.csv")
rungs <- levels(frame$Sat)
frame$Sat <- factor(frame$Sat, ordered = TRUE)
formula <- "Sat ~ Infl + Type + Cont"
design <- model_design(frame, formula, rungs = rungs)
y <- as.integer(frame$Sat)
for (link in c("logit", "probit", "cloglog", "loglog", "cauchit")) {
  method <- if (link == "logit") "logistic" else link
  started <- "default control"
  fit <- tryCatch(suppressWarnings(polr(Sat ~ Infl + Type + Cont, weights = Freq, data = frame, method = method, Hess = TRUE)),
                  error = function(e) NULL)
  if (is.null(fit)) {                            # cauchit: its own search for starting values fails
    started <- "polr finds no starting values by itself, started at the logit estimate"
    fit <- polr(Sat ~ Infl + Type + Cont, weights = Freq, data = frame, method = method, Hess = TRUE, start = of_logit)
  }
  if (link == "logit") of_logit <- c(coef(fit), fit$zeta)
  again <- tryCatch(polr(Sat ~ Infl + Type + Cont, weights = Freq, data = frame, method = method, Hess = TRUE,
                         start = c(coef(fit), fit$zeta), control = list(reltol = 1e-15, maxit = 1000)),
                    error = function(e) fit)
  cut_value <- function(p) {                     # the likelihood with the predictor cut at +-100
    ends <- predictors(p, design, y, y)
    sum(frame$Freq * log(lower_tail[[link]](pmin(ends$b, 100)) - lower_tail[[link]](pmax(ends$a, -100))))
  }
  for (which in c("default", "restarted")) {
    this <- if (which == "default") fit else again
    p <- unname(c(this$zeta, coef(this)))
    order_ <- c(length(coef(this)) + seq_along(this$zeta), seq_along(coef(this)))
    se <- sqrt(diag(vcov(this)))[order_]
    gradient <- colSums(frame$Freq * own_scores(p, design, y, y, link))
    theirs <- as.numeric(logLik(this))
    other <- clm(Sat ~ Infl + Type + Cont, weights = Freq, data = frame, link = link,
                 control = clm.control(gradTol = 1e-10, relTol = 1e-12, maxIter = 200L))
    at_theirs <- own_log_likelihood(p, design, y, y, frame$Freq, link)
    note <- sprintf("method = '%s', %s; clm reaches %.9f at a distance of %.1e; the definition at polr's estimate gives %.9f, cut at +-100 %.9f",
                    method, if (which == "default") started else "restarted from there with reltol = 1e-15",
                    as.numeric(logLik(other)), max(abs(p - c(other$alpha, other$beta))), at_theirs, cut_value(p))
    id <- paste0("polr_housing_", link, if (which == "default") "" else "_restarted")
    keep_fit(id, "housing.csv", formula, link = link, weights = "Freq", log_likelihood = theirs,
             max_gradient = max(abs(gradient)), package = "MASS", fun = "polr", note = note)
    keep_vector(id, "housing.csv", design, formula, p, se)
    cat(sprintf("%-30s %.8f gradient %.1e | %s\n", id, theirs, max(abs(gradient)), note))
  }
}
save_tables(c("MASS", "ordinal", "numDeriv"))
