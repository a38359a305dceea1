# Funnel limits, z scores and overdispersion from the definitions of Spiegelhalter (2005), by base R;
# tau^2 without winsorising also by metafor, phi by the Pearson residuals of glm.
library(metafor)
options(digits = 17)
d <- read.csv("forces.csv")
d$units <- d$person_years / 1000
limit <- function(p, r, cdf, pmf) pmax(r - (cdf - p) / pmf, 0)
pois <- function(p, m) { r <- qpois(p, m); limit(p, r, ppois(r, m), dpois(r, m)) }
binom <- function(p, n, t) { r <- qbinom(p, n, t); limit(p, r, pbinom(r, n, t), dbinom(r, n, t)) }

lines <- list()
for (level in c(0.95, 0.998)) for (mean in c(0.01, 0.3, 1, 2.5, 5, 10, 37.25, 400, 12345.6)) {
  low <- (1 - level) / 2
  lines[[length(lines) + 1]] <- data.frame(law = "poisson", size = mean, target = 1, level,
    low = pois(low, mean), high = pois(1 - low, mean),
    step_low = qpois(low, mean), step_high = qpois(1 - low, mean))
}
for (level in c(0.95, 0.998)) for (of in c(1, 4, 25, 300, 20000)) for (t in c(0.003, 0.1, 0.5, 0.93)) {
  low <- (1 - level) / 2
  lines[[length(lines) + 1]] <- data.frame(law = "binomial", size = of, target = t, level,
    low = binom(low, of, t), high = binom(1 - low, of, t),
    step_low = qbinom(low, of, t), step_high = qbinom(1 - low, of, t))
}
write.csv(do.call(rbind, lines), "limits.csv", row.names = FALSE, quote = FALSE)

spread <- list()
scores <- list()
overdispersion <- function(name, y, target, s, share, fitted) {
  z <- (y - target) / s
  q <- quantile(z, c(share, 1 - share))
  moved <- pmin(pmax(z, q[1]), q[2])
  I <- length(z)
  phi <- sum(moved^2) / I
  w <- 1 / s^2
  tau2 <- max(0, (I * phi - (I - 1)) / (sum(w) - sum(w^2) / sum(w)))
  df <- I - fitted
  spread[[length(spread) + 1]] <<- data.frame(funnel = name, winsorised = share, target, phi,
    phi_raw = sum(z^2) / I, tau2, statistic = sum(z^2), df,
    p = pchisq(sum(z^2), df, lower.tail = FALSE))
  if (share != 0.1) return()
  k <- qnorm(0.999)
  scores[[length(scores) + 1]] <<- data.frame(funnel = name, force = d$force, z,
    multiplicative_low = target - k * sqrt(max(phi, 1)) * s,
    multiplicative_high = target + k * sqrt(max(phi, 1)) * s,
    additive_low = target - k * sqrt(s^2 + tau2), additive_high = target + k * sqrt(s^2 + tau2))
}
rate <- sum(d$n) / sum(d$units)
oe <- sum(d$n) / sum(d$expected)
prop <- sum(d$share) / sum(d$of)
for (share in c(0, 0.1, 0.2)) {
  overdispersion("ratio", d$n / d$expected, 1, sqrt(1 / d$expected), share, 0)
  overdispersion("ratio_pooled", d$n / d$expected, oe, sqrt(oe / d$expected), share, 1)
  overdispersion("rate_pooled", d$n / d$units, rate, sqrt(rate / d$units), share, 1)
  overdispersion("proportion_pooled", d$share / d$of, prop, sqrt(prop * (1 - prop) / d$of), share, 1)
  overdispersion("ratio_stabilised", sqrt(d$n / d$expected), 1, 1 / (2 * sqrt(d$expected)), share, 0)
  overdispersion("proportion_stabilised", asin(sqrt(d$share / d$of)), asin(sqrt(0.1)),
                 1 / (2 * sqrt(d$of)), share, 0)
}
write.csv(do.call(rbind, spread), "spread.csv", row.names = FALSE, quote = FALSE)
write.csv(do.call(rbind, scores), "scores.csv", row.names = FALSE, quote = FALSE)

# Other people's code: the Pearson statistic, and DerSimonian and Laird's tau^2. Weighted by the
# standard errors at the pooled target, metafor's mean is the pooled target itself.
other <- data.frame(
  funnel = c("ratio_pooled", "rate_pooled", "proportion_pooled"),
  pearson = c(
    sum(residuals(glm(n ~ offset(log(expected)), poisson, d), "pearson")^2),
    sum(residuals(glm(n ~ offset(log(units)), poisson, d), "pearson")^2),
    sum(residuals(glm(cbind(share, of - share) ~ 1, binomial, d), "pearson")^2)),
  tau2 = c(
    rma(d$n / d$expected, oe / d$expected, method = "DL")$tau2,
    rma(d$n / d$units, rate / d$units, method = "DL")$tau2,
    rma(d$share / d$of, prop * (1 - prop) / d$of, method = "DL")$tau2))
write.csv(other, "other_spread.csv", row.names = FALSE, quote = FALSE)
