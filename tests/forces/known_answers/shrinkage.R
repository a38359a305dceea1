# Poisson counts of unequal exposure with random relative rates, and exact tests of their order.
#
# Writes shrinkage_counts.csv, shrinkage_fits.csv, shrinkage_rates.csv, shrinkage_pairs.csv,
# shrinkage_intervals.csv and shrinkage_versions.csv. Takes a minute: Rscript shrinkage.R
#
# Three sets of counts: a (43 simulated), b (43, nearly no variation), c (12, some counts known as
# intervals, one without an upper limit and one not at all). mean is that of the relative rates,
# spread the coefficient of variation (gamma) or the standard deviation of the log rates
# (log-normal). Method "definition" is the log-likelihood written out and maximised by optim and
# nlm; "glm.nb" and "glmer" are the packages' estimates.
suppressMessages({library(MASS); library(lme4)})
RNGversion("3.6.0")
set.seed(20140)
exposure <- round(rgamma(43, 1.2, 0.06) + 1, 3)
a <- rpois(43, exposure * exp(rnorm(43, 0, 0.45)))
b <- rpois(43, exposure * 0.9)
low <- c(88, 40, 1, 0, 12, 71, 3, 9, 5, NA, 0, 20)
high <- c(88, 40, 4, 0, 12, Inf, 3, 11, 5, NA, 4, 20)
sizes <- c(61.5, 33, 6.2, 4.8, 10, 35, 9.5, 8, 3.1, NA, 2.2, 31)
counts <- rbind(
  data.frame(set = "a", force = sprintf("F%02d", 1:43), n_low = a, n_high = a, expected = exposure),
  data.frame(set = "b", force = sprintf("F%02d", 1:43), n_low = b, n_high = b, expected = exposure),
  data.frame(set = "c", force = sprintf("F%02d", 1:12), n_low = low, n_high = high, expected = sizes))
write.csv(transform(counts, n_high = ifelse(is.infinite(n_high), "1e15", as.character(n_high))),
          "shrinkage_counts.csv", row.names = FALSE, quote = FALSE, na = "")

# ---- log-likelihoods from the definition ----------------------------------------------------
interval_probability <- function(low, high, lambda, e)      # of lambda, e one force
  if (low == high) dpois(low, e * lambda) else
    ppois(low - 1, e * lambda, lower.tail = FALSE) -
      (if (is.finite(high)) ppois(high, e * lambda, lower.tail = FALSE) else 0)
log_normal <- function(m, s, d) sum(vapply(which(!is.na(d$n_low)), function(i) {
  f <- function(z) dnorm(z) * interval_probability(d$n_low[i], d$n_high[i], exp(m - s^2 / 2 + s * z), d$expected[i])
  z <- seq(-9, 9, 0.01)
  peak <- z[which.max(f(z))]
  cuts <- c(-Inf, peak - 3, peak - 0.7, peak, peak + 0.7, peak + 3, Inf)
  log(sum(mapply(function(from, to) integrate(f, from, to, rel.tol = 1e-11, abs.tol = 0,
                                              subdivisions = 500, stop.on.error = FALSE)$value,
                 cuts[-7], cuts[-1])))
}, 0))
gamma_mixed <- function(m, s, d) {
  a <- 1 / s^2
  d <- d[!is.na(d$n_low), ]
  mu <- d$expected * exp(m)
  exact <- d$n_low == d$n_high
  sum(dnbinom(d$n_low[exact], a, mu = mu[exact], log = TRUE)) +
    sum(log(pnbinom(d$n_low[!exact] - 1, a, mu = mu[!exact], lower.tail = FALSE) -
            pnbinom(d$n_high[!exact], a, mu = mu[!exact], lower.tail = FALSE)))
}
models <- list(gamma = gamma_mixed, `log-normal` = log_normal)
without_spread <- function(m, d) sum(vapply(which(!is.na(d$n_low)), function(i)
  log(interval_probability(d$n_low[i], d$n_high[i], exp(m), d$expected[i])), 0))

maximise <- function(value) {
  first <- optim(c(0, log(0.5)), function(p) -value(p[1], exp(p[2])), control = list(reltol = 1e-14, maxit = 5000))
  again <- optim(first$par, function(p) -value(p[1], exp(p[2])), method = "BFGS",
                 control = list(reltol = 1e-15, ndeps = c(1e-5, 1e-5)))
  list(m = again$par[1], s = exp(again$par[2]), value = -again$value)
}
ends <- function(best, profile, inside, low, high, level = 0.95) {
  excess <- function(x) 2 * (best$value - profile(x)) - qchisq(level, 1)
  find <- function(from, to) if (excess(to) < 0) NA else uniroot(excess, sort(c(from, to)), tol = 1e-10)$root
  c(find(inside, low), find(inside, high))
}
profile_m <- function(value, best) function(m)
  -optimize(function(s) -value(m, s), c(0.05, 3), tol = 1e-9)$objective
profile_s <- function(value, best) function(s)
  -optimize(function(m) -value(m, s), best$m + c(-2, 2), tol = 1e-9)$objective

fits <- NULL
keep <- function(...) fits <<- rbind(fits, data.frame(...))
for (set in c("a", "c")) for (model in names(models)) {
  d <- counts[counts$set == set, ]
  value <- function(m, s) models[[model]](m, s, d)
  best <- maximise(value)
  of_mean <- exp(ends(best, profile_m(value, best), best$m, best$m - 1.5, best$m + 1.5))
  of_spread <- ends(best, profile_s(value, best), best$s, 0.06, 2.9)
  if (is.na(of_spread[1])) of_spread[1] <- 0
  none <- optimize(function(m) without_spread(m, d), best$m + c(-2, 2), maximum = TRUE, tol = 1e-10)
  keep(set = set, mixing = model, method = "definition", mean = exp(best$m), spread = best$s,
       log_likelihood = best$value, mean_low = of_mean[1], mean_high = of_mean[2],
       spread_low = of_spread[1], spread_high = of_spread[2], without_variation = none$objective)
}
d <- counts[counts$set == "a", ]
nb <- glm.nb(n_low ~ 1 + offset(log(expected)), data = d, control = glm.control(epsilon = 1e-10, maxit = 100))
keep(set = "a", mixing = "gamma", method = "glm.nb", mean = exp(coef(nb)[[1]]), spread = nb$theta^-0.5,
     log_likelihood = as.numeric(logLik(nb)), mean_low = NA, mean_high = NA, spread_low = NA,
     spread_high = NA, without_variation = as.numeric(logLik(glm(n_low ~ 1 + offset(log(expected)), family = poisson, data = d))))
mixed <- glmer(n_low ~ 1 + (1 | force) + offset(log(expected)), data = d, family = poisson, nAGQ = 25,
               control = glmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-9, maxfun = 1e5)))
sd_ <- as.numeric(sqrt(VarCorr(mixed)$force))
keep(set = "a", mixing = "log-normal", method = "glmer", mean = exp(fixef(mixed)[[1]] + sd_^2 / 2), spread = sd_,
     log_likelihood = NA, mean_low = NA, mean_high = NA, spread_low = NA, spread_high = NA, without_variation = NA)
fits[] <- lapply(fits, function(x) if (is.numeric(x)) signif(x, 12) else x)
write.csv(fits, "shrinkage_fits.csv", row.names = FALSE, quote = FALSE, na = "")

# ---- posterior means at the maximum (plug-in), and posterior intervals over a dense grid -------
# Gamma only. Flat priors on log mean and on spread; sums over 161 x 151 points of the two.
rates <- NULL
for (model in names(models)) {
  row <- fits[fits$set == "a" & fits$mixing == model & fits$method == "definition", ]
  m <- log(row$mean); s <- row$spread
  plug <- vapply(1:43, function(i) {
    if (model == "gamma") return((d$n_low[i] + s^-2) / (d$expected[i] + s^-2 / exp(m)))
    f <- function(z, power) dnorm(z) * exp((m - s^2 / 2 + s * z) * power) * dpois(d$n_low[i], d$expected[i] * exp(m - s^2 / 2 + s * z))
    integrate(f, -10, 10, power = 1, rel.tol = 1e-11, abs.tol = 0, subdivisions = 1000)$value /
      integrate(f, -10, 10, power = 0, rel.tol = 1e-11, abs.tol = 0, subdivisions = 1000)$value
  }, 0)
  rates <- rbind(rates, data.frame(set = "a", mixing = model, force = d$force, plug_in = signif(plug, 12)))
}
grid <- expand.grid(m = seq(-1, 1, length.out = 161), s = seq(0.1, 1.6, length.out = 151))
log_weight <- mapply(function(m, s) gamma_mixed(m, s, d), grid$m, grid$s)
weight <- exp(log_weight - max(log_weight)); weight <- weight / sum(weight)
grid <- grid[weight > 1e-9, ]; weight <- weight[weight > 1e-9]; weight <- weight / sum(weight)
quantile_of <- function(i, p) uniroot(function(x)
  sum(weight * pgamma(exp(x), d$n_low[i] + grid$s^-2, d$expected[i] + grid$s^-2 / exp(grid$m))) - p,
  c(-6, 3), tol = 1e-10)$root
for (name in c("conf_low", "estimate", "conf_high")) rates[[name]] <- NA
for (i in 1:43) rates[i, c("conf_low", "estimate", "conf_high")] <-
  signif(exp(vapply(c(0.025, 0.5, 0.975), function(p) quantile_of(i, p), 0)), 9)
write.csv(rates, "shrinkage_rates.csv", row.names = FALSE, quote = FALSE, na = "")

# ---- order: conditional tests of all pairs, Holm over both directions; Garwood intervals ---------
pairs <- t(combn(43, 2))
test <- function(i, j) poisson.test(c(d$n_low[i], d$n_low[j]), c(d$expected[i], d$expected[j]), alternative = "greater")$p.value
above <- apply(pairs, 1, function(p) test(p[1], p[2]))
below <- apply(pairs, 1, function(p) test(p[2], p[1]))
holm <- p.adjust(c(above, below), "holm")
write.csv(data.frame(first = d$force[pairs[, 1]], second = d$force[pairs[, 2]], p_above = signif(above, 12),
                     p_below = signif(below, 12), holm_above = signif(holm[1:903], 12),
                     holm_below = signif(holm[904:1806], 12)),
          "shrinkage_pairs.csv", row.names = FALSE, quote = FALSE)
intervals <- NULL
for (name in c("none", "sidak", "bonferroni")) {
  level <- c(none = 0.95, sidak = 0.95^(1 / 43), bonferroni = 1 - 0.05 / 43)[[name]]
  found <- t(mapply(function(y, e) poisson.test(y, e, conf.level = level)$conf.int, d$n_low, d$expected))
  intervals <- rbind(intervals, data.frame(adjustment = name, force = d$force, conf_low = signif(found[, 1], 12),
                                           conf_high = signif(found[, 2], 12)))
}
write.csv(intervals, "shrinkage_intervals.csv", row.names = FALSE, quote = FALSE)
write.csv(data.frame(package = c("R", "MASS", "lme4"),
                     version = c(paste(R.version$major, R.version$minor, sep = "."),
                                 as.character(packageVersion("MASS")), as.character(packageVersion("lme4")))),
          "shrinkage_versions.csv", row.names = FALSE, quote = FALSE)
