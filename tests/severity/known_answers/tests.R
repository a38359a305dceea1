# Tests of the model: Brant's test of proportional odds, and likelihood-ratio tests of nominal and
# scale effects (ordinal::nominal_test, scale_test). Writes tests.csv.
#
#   Rscript tests.R
#
# Brant (1990): fit P(Y > m) by a logit for every threshold m (glm, epsilon = 1e-14), take
# Cov(b_m, b_l) = (X'W_mm X)^-1 X'W_ml X (X'W_ll X)^-1 with W_ml = pi_l - pi_m pi_l for m <= l, pi
# the fitted probabilities of the separate logits, and test the differences b_1 - b_m by Wald:
# all slopes (term "omnibus"), the columns of one variable, and a single column. Written out here
# because car::poTest transposes a product. Where a rung is empty at some level of a variable a
# separate logit has no finite estimate and the test does not exist (wine; the row says so).
# clm for the likelihood-ratio tests: gradTol = 1e-10, relTol = 1e-12, maxIter = 200.
source("common.R")
suppressMessages(library(ordinal))

rows <- list()
keep_test <- function(data, formula, kind, term, statistic, df, p_value, note = "") {
  rows[[length(rows) + 1]] <<- data.frame(data = data, formula = formula, kind = kind, term = term,
    statistic = number(statistic), df = as.character(df), p_value = number(p_value), note = note, script = this_script())
  cat(sprintf("%-16s %-14s %-14s %12s df %s p %s %s\n", data, kind, term, formatC(as.numeric(statistic), digits = 8), df, formatC(as.numeric(p_value), digits = 4), note))
}
brant <- function(data, formula, weights = "") {
  frame <- read_data(data)
  response <- trimws(sub("~.*", "", formula))
  n <- case_weights(frame, weights)
  y <- as.integer(frame[[response]])
  x <- model.matrix(as.formula(paste("~", sub(".*~", "", formula))), frame)
  columns <- attr(x, "assign")[-1]
  terms_ <- attr(terms(as.formula(paste("~", sub(".*~", "", formula)))), "term.labels")
  M <- nlevels(frame[[response]]) - 1
  p <- ncol(x) - 1
  fits <- lapply(seq_len(M), function(m) suppressWarnings(
    glm.fit(x, as.integer(y > m), weights = n, family = binomial(), etastart = rep(0, nrow(x)),  # its own start diverges with large weights
            control = list(epsilon = 1e-14, maxit = 50))))
  infinite <- any(vapply(fits, function(f) any(abs(coef(f)) > 15), TRUE))
  if (infinite) {
    keep_test(data, formula, "brant", "omnibus", NA_real_, "", NA_real_, "a separate logit has no finite estimate")
    return(invisible())
  }
  pi_ <- vapply(fits, fitted, numeric(nrow(x)))
  slopes <- vapply(fits, function(f) coef(f)[-1], numeric(p))
  slopes <- matrix(slopes, nrow = p)
  bread <- lapply(seq_len(M), function(m) solve(crossprod(x, n * pi_[, m] * (1 - pi_[, m]) * x)))
  v <- matrix(0, M * p, M * p)
  for (m in seq_len(M)) for (l in m:M) {
    block <- (bread[[m]] %*% crossprod(x, n * (pi_[, l] - pi_[, m] * pi_[, l]) * x) %*% bread[[l]])[-1, -1, drop = FALSE]
    v[(m - 1) * p + seq_len(p), (l - 1) * p + seq_len(p)] <- block
    v[(l - 1) * p + seq_len(p), (m - 1) * p + seq_len(p)] <- t(block)
  }
  wald <- function(which) {
    d <- do.call(rbind, lapply(2:M, function(m) {
      out <- matrix(0, length(which), M * p)
      out[cbind(seq_along(which), which)] <- 1
      out[cbind(seq_along(which), (m - 1) * p + which)] <- -1
      out
    }))
    difference <- d %*% c(slopes)
    c(drop(t(difference) %*% solve(d %*% v %*% t(d), difference)), nrow(d))
  }
  report <- function(name, which, note = "") {
    w <- wald(which)
    keep_test(data, formula, "brant", name, w[1], w[2], pchisq(w[1], w[2], lower.tail = FALSE), note)
  }
  report("omnibus", seq_len(p))
  for (t in seq_along(terms_)) {
    report(terms_[t], which(columns == t))
    if (sum(columns == t) > 1) for (j in which(columns == t)) report(colnames(x)[-1][j], j, "a single column")
  }
}
brant("wine.csv", "rating ~ temp + contact")
brant("wine_joined.csv", "rating ~ temp + contact")
brant("housing.csv", "Sat ~ Infl + Type + Cont", "Freq")
brant("soup.csv", "SURENESS ~ PROD + SOUPFREQ", "n")
brant("pneumo.csv", "status ~ log_time", "n")
brant("register.csv", "severity ~ role + year + breach", "n")

ratios <- function(data, formula, weights = "", link = "logit") {
  frame <- read_data(data)
  response <- trimws(sub("~.*", "", formula))
  frame[[response]] <- factor(frame[[response]], ordered = TRUE)
  frame$.n <- case_weights(frame, weights)
  assign("refitted", frame, globalenv())         # nominal_test and scale_test evaluate the call again
  fit <- eval(bquote(clm(.(as.formula(formula, globalenv())), data = refitted, weights = .n, link = .(link),
                         gradTol = 1e-10, relTol = 1e-12, maxIter = 200L)), globalenv())  # nominal_test rejects control =
  for (kind in c("nominal_test", "scale_test")) {
    seen <- character()
    table <- withCallingHandlers(get(kind)(fit), warning = function(w) {
      seen <<- c(seen, conditionMessage(w)); invokeRestart("muffleWarning") })
    for (term in rownames(table)[-1]) keep_test(data, formula, paste0(kind, "_", link), term, table[term, "LRT"],
      table[term, "Df"], table[term, "Pr(>Chi)"],
      if (kind == "nominal_test" && term == "temp" && data == "wine.csv")
        "no finite maximum (nobody rates a warm wine 1 or a cold one 5): the supremum, as far as clm goes" else "")
  }
}
for (link in c("logit", "probit")) {
  ratios("wine.csv", "rating ~ temp + contact", "", link)
  ratios("wine_joined.csv", "rating ~ temp + contact", "", link)
  ratios("housing.csv", "Sat ~ Infl + Type + Cont", "Freq", link)
  ratios("soup.csv", "SURENESS ~ PROD + SOUPFREQ", "n", link)
  ratios("register.csv", "severity ~ role + year + breach", "n", link)
}
write_rows("tests.csv", rows)
save_tables(c("ordinal"))
