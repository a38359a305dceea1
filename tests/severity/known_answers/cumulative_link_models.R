# Known answers for the severity model: ordinal::clm and ordinal::clmm on one data set in full.
#
# Rscript cumulative_link_models.R      (in this folder; writes the two .csv files beside it)

suppressMessages(library(ordinal))

# The data: role x rung counts of nine forces, every case known. Fixed numbers, no random draw.
counts <- expand.grid(
  rung  = c("none", "advice", "warning", "left"),
  role  = c("officer", "staff", "special"),
  force = paste0("force_", 1:9),
  stringsAsFactors = FALSE
)
base <- c(9, 5, 4, 2,   3, 2, 2, 2,   1, 1, 1, 1)
tilt <- c(0, 2, 1, 3, 0, 1, 4, 2, 1)
size <- c(1, 2, 1, 1, 3, 1, 2, 1, 1)
counts$n <- unlist(lapply(1:9, function(f) {
  shifted <- base
  shifted[c(4, 8, 12)] <- shifted[c(4, 8, 12)] + tilt[f]
  shifted[1] <- max(1, shifted[1] - tilt[f])
  shifted * size[f]
}))
write.csv(counts, "cumulative_link_data.csv", row.names = FALSE, quote = FALSE)

ladder <- c("none", "advice", "warning", "left")
counts$rung  <- factor(counts$rung, levels = ladder, ordered = TRUE)
counts$role  <- factor(counts$role, levels = c("officer", "staff", "special"))
counts$force <- factor(counts$force)

answers <- list()
keep <- function(model, link, term, estimate, std_error) {
  answers[[length(answers) + 1]] <<- data.frame(
    model = model, link = link, term = term, estimate = estimate, std_error = std_error)
}

for (link in c("logit", "probit", "cloglog", "loglog")) {
  fit <- clm(rung ~ role, weights = n, data = counts, link = link,
             control = clm.control(gradTol = 1e-10, relTol = 1e-12, maxIter = 500L))
  table <- coef(summary(fit))
  keep("clm", link, rownames(table), table[, 1], table[, 2])
  keep("clm", link, "log_likelihood", as.numeric(logLik(fit)), NA)
}

# clmm, one row per case. Two things to know about ordinal 2022.11-16:
# - clmm exchanges the names "cloglog" and "loglog": its log-likelihood under one name lies below
#   that of the clm nested in it, and above under the other. The file names the distribution
#   as clm does, F(x) = 1 - exp(-exp(x)) for cloglog.
# - clm and clmm put the outer thresholds at -1e5 and 1e5. Under the Cauchy distribution that loses
#   3e-6 of probability at each end, visible in the fifth digit. Hence no clm for cauchit.
cases <- counts[rep(seq_len(nrow(counts)), counts$n), ]
exchanged <- c(cloglog = "loglog", loglog = "cloglog")
for (link in c("logit", "probit", "cloglog", "loglog")) {
  called <- if (link %in% names(exchanged)) exchanged[[link]] else link
  fit <- clmm(rung ~ role + (1 | force), data = cases, link = called, nAGQ = 25, Hess = TRUE,
              control = clmm.control(method = "ucminf", grtol = 1e-10))
  table <- coef(summary(fit))
  keep("clmm", link, rownames(table), table[, 1], table[, 2])
  keep("clmm", link, "random_intercept_sd", as.numeric(fit$ST[[1]]), NA)
  keep("clmm", link, "log_likelihood", as.numeric(logLik(fit)), NA)
  modes <- ranef(fit)$force[, 1]
  keep("clmm", link, paste0("mode:", levels(counts$force)), modes, sqrt(fit$condVar))
}

# The Cauchy model once more from first principles, with nothing cut off.
rung <- as.integer(counts$rung)
role <- as.integer(counts$role)
log_likelihood <- function(p) {
  thresholds <- c(-Inf, p[1:3], Inf)
  location <- c(0, p[4:5])[role]
  sum(counts$n * log(pcauchy(thresholds[rung + 1] - location) - pcauchy(thresholds[rung] - location)))
}
p <- c(-0.4, 0.4, 1.2, 0.5, 1)
for (step in 1:20) {
  p <- p - drop(solve(numDeriv::hessian(log_likelihood, p), numDeriv::grad(log_likelihood, p)))
}
keep("pcauchy", "cauchit", c("none|advice", "advice|warning", "warning|left", "staff", "special"),
     p, sqrt(diag(solve(-numDeriv::hessian(log_likelihood, p)))))
keep("pcauchy", "cauchit", "log_likelihood", log_likelihood(p), NA)

answers <- do.call(rbind, answers)
answers$estimate  <- formatC(answers$estimate, digits = 15, format = "g")
answers$std_error <- trimws(formatC(answers$std_error, digits = 15, format = "g"))
answers$term <- sub("^role", "", answers$term)
write.csv(answers, "cumulative_link_models.csv", row.names = FALSE, quote = FALSE)
writeLines(c(
  R.version.string,
  paste("ordinal", packageVersion("ordinal")),
  paste("numDeriv", packageVersion("numDeriv")),
  "clm:  gradTol = 1e-10, relTol = 1e-12",
  "clmm: nAGQ = 25, ucminf, grtol = 1e-10",
  "pcauchy: twenty Newton steps with numDeriv"
), "cumulative_link_models.versions.txt")
