# Indirect and direct standardisation, and the rate ratio, by epitools.
library(epitools)
options(digits = 17)
data <- read.csv("strata.csv")
rows <- list()
add <- function(force, what, value) rows[[length(rows) + 1]] <<- data.frame(force, what, value)

for (force in unique(data$force)) {
  d <- data[data$force == force, ]
  # The reference: a population of 1000 person-years a stratum with the reference rate as its count.
  sir <- ageadjust.indirect(count = d$n, pop = d$person_years, stdcount = d$rate,
                            stdpop = rep(1000, nrow(d)))$sir
  add(force, "expected", sir[["exp"]])
  add(force, "observed", sir[["observed"]])
  if (sir[["observed"]] > 0) {
    add(force, "ratio", sir[["sir"]])
    log_error <- (log(sir[["uci"]]) - log(sir[["lci"]])) / (2 * qnorm(0.975))
    add(force, "std_error", log_error * sir[["sir"]])
  }
  exact <- poisson.test(sum(d$n), sum(d$person_years * d$rate / 1000))$conf.int
  add(force, "ratio_low", exact[1])
  add(force, "ratio_high", exact[2])
  if (sum(d$n) > 0) {
    direct <- ageadjust.direct(count = d$n, pop = d$person_years, stdpop = d$weight)
    add(force, "direct", direct[["adj.rate"]])
    add(force, "direct_low", direct[["lci"]])
    add(force, "direct_high", direct[["uci"]])
  }
}
# epitools::rateratio by median-unbiased estimation has the mid-P interval, not the exact one; its
# Wald estimate is the ratio of the rates.
two <- rateratio.wald(matrix(c(5, 11, 1011, 800), 2))
add("11/800 : 5/1011", "rate_ratio", two$measure[2, 1])
add("11/800 : 5/1011", "p_exact", poisson.test(c(11, 5), c(800, 1011))$p.value)
write.csv(do.call(rbind, rows), "standardised.csv", row.names = FALSE, quote = FALSE)
