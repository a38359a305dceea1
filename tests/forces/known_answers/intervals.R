# Exact intervals of one count, one proportion and the ratio of two rates.
library(epitools)
options(digits = 17)
rows <- list()
add <- function(method, x, of, level, low, high, p = NA, y = NA, of_y = NA)
  rows[[length(rows) + 1]] <<- data.frame(method, x, of, y, of_y, level, low, high, p)

for (level in c(0.9, 0.95, 0.998)) {
  for (x in c(0, 1, 2, 7, 30, 88, 1200, 25000)) for (time in c(0.4, 12.5, 81000)) {
    ci <- poisson.test(x, time, conf.level = level)$conf.int
    add("poisson.test", x, time, level, ci[1], ci[2])
    if (x <= 100 && level < 0.99) {  # beyond that pois.exact brackets no root and stops
      ci <- pois.exact(x, time, level)
      add("pois.exact", x, time, level, ci$lower, ci$upper)
    }
  }
  for (of in c(1, 9, 60, 4000)) for (x in unique(c(0, 1, of %/% 3, of - 1, of))) {
    ci <- binom.test(x, of, conf.level = level)$conf.int
    add("binom.test", x, of, level, ci[1], ci[2])
    ci <- suppressWarnings(prop.test(x, of, conf.level = level, correct = FALSE))$conf.int
    add("prop.test", x, of, level, ci[1], ci[2])
  }
  pairs <- list(c(11, 800, 5, 1011), c(0, 100, 4, 90), c(3, 50, 0, 80.5), c(88, 61234.5, 64, 12000),
                c(1, 10, 1, 10), c(300, 900, 410, 1000), c(2, 0.5, 9, 7.25))
  for (p in pairs) {
    t <- poisson.test(c(p[1], p[3]), c(p[2], p[4]), conf.level = level)
    add("poisson.test two", p[1], p[2], level, t$conf.int[1], t$conf.int[2], t$p.value, p[3], p[4])
  }
}
write.csv(do.call(rbind, rows), "intervals.csv", row.names = FALSE, quote = FALSE, na = "")
