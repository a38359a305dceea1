# Invented forces: counts, expected counts, person-years and numbers of cases. The same every time.
options(digits = 17)
set.seed(20050424)
n <- 43
expected <- round(exp(rnorm(n, log(18), 0.9)), 3)
count <- rpois(n, expected * rgamma(n, 6, 6))
count[c(4, 17)] <- 0
of <- rpois(n, 400) + 5
share <- rbinom(n, of, plogis(rnorm(n, -2.2, 0.35)))
forces <- data.frame(force = sprintf("F%02d", 1:n), n = count, expected = expected,
                     person_years = round(expected * 731.5, 1), share = share, of = of)
write.csv(forces, "forces.csv", row.names = FALSE, quote = FALSE)

strata <- expand.grid(stratum = c("a", "b", "c"), force = c("P", "Q", "R", "S"))
strata$person_years <- c(5200, 3100.5, 410, 950.25, 2040, 77, 8800, 10.5, 1500, 640, 320, 160)
strata$n <- c(21, 8, 3, 2, 11, 0, 40, 0, 9, 0, 0, 0)
strata$weight <- rep(c(60000, 35000, 5000), 4)
strata$rate <- rep(c(3.1, 3.9, 4.4), 4)
write.csv(strata[, c("force", "stratum", "n", "person_years", "weight", "rate")],
          "strata.csv", row.names = FALSE, quote = FALSE)
