# The data sets of the known answers, written as CSV with the order of the levels in levels.csv.
#
#   Rscript data.R
#
# The other scripts read these files, not the packages, so a test that reads the same file sees
# the same rows. Levels are in the order of the ladder (response) or with the reference first.
suppressMessages({library(ordinal); library(MASS); library(VGAM)})
RNGversion("4.2.0")

levels_table <- list()
note_levels <- function(data, variable, levels) {
  levels_table[[length(levels_table) + 1]] <<- data.frame(
    data = data, variable = variable, position = seq_along(levels), level = levels)
}
save_data <- function(frame, file, leave_out = character()) {
  for (variable in names(frame)) {
    if (is.factor(frame[[variable]]) && !variable %in% leave_out) {
      note_levels(file, variable, levels(frame[[variable]]))
    }
  }
  write.csv(frame, file, row.names = FALSE, quote = FALSE)
}

# Bitterness of wine (Randall 1989): 72 ratings, 9 judges.
wine <- ordinal::wine[, c("rating", "temp", "contact", "judge")]
wine$rating <- factor(wine$rating, ordered = FALSE)
save_data(wine, "wine.csv", leave_out = "judge")

# The same with neighbouring ratings joined, for the Brant test (no zero cells) ...
joined <- wine
levels(joined$rating) <- c("1-2", "1-2", "3", "4-5", "4-5")
save_data(joined, "wine_joined.csv", leave_out = "judge")
# ... and with two rungs only.
binary <- wine
levels(binary$rating) <- c("low", "low", "high", "high", "high")
save_data(binary, "wine_binary.csv", leave_out = "judge")
# Two rungs, rating 1 against more: nobody gives 1 to a warm wine, so temp separates.
separated <- wine
levels(separated$rating) <- c("low", "high", "high", "high", "high")
save_data(separated, "wine_separated.csv", leave_out = "judge")

# Ratings of which every third is known up to two neighbouring levels only: lower..upper.
# Row i divisible by 3: the pair goes up (r, r+1) if i/3 is odd, down (r-1, r) if even; a pair that
# would leave the ladder goes the other way.
rating <- as.integer(wine$rating)
i <- seq_along(rating)
third <- i %% 3 == 0
up <- (i %/% 3) %% 2 == 1
up <- ifelse(rating == 1, TRUE, ifelse(rating == 5, FALSE, up))
coarse <- data.frame(lower = rating - (third & !up), upper = rating + (third & up),
                     temp = wine$temp, contact = wine$contact, judge = wine$judge)
save_data(coarse, "coarse.csv", leave_out = "judge")
note_levels("coarse.csv", "rating", levels(wine$rating))

# Satisfaction with housing in Copenhagen (MASS), counts in Freq.
housing <- MASS::housing
housing$Sat <- factor(housing$Sat, ordered = FALSE)
save_data(housing, "housing.csv")

# Sureness of having tasted the reference soup (ordinal), counts by product and frequency of eating.
soup <- aggregate(list(n = rep(1, nrow(ordinal::soup))),
                  ordinal::soup[, c("SURENESS", "PROD", "SOUPFREQ")], sum)
soup$SURENESS <- factor(soup$SURENESS, ordered = FALSE)
soup$SOUPFREQ <- factor(soup$SOUPFREQ)
levels(soup$SOUPFREQ) <- c("weekly", "monthly", "rarely")   # >1/week, 1-4/month, <1/month
save_data(soup, "soup.csv")

# Pneumoconiosis of coal miners (VGAM) in long form.
pneumo <- do.call(rbind, lapply(c("normal", "mild", "severe"), function(rung) data.frame(
  status = factor(rung, levels = c("normal", "mild", "severe")),
  exposure_time = VGAM::pneumo$exposure.time, n = VGAM::pneumo[[rung]])))
pneumo <- pneumo[pneumo$n > 0, ]
pneumo$log_time <- signif(log(pneumo$exposure_time), 15)
save_data(pneumo[, c("status", "exposure_time", "log_time", "n")], "pneumo.csv")

# Two rungs completely separated by a number and a factor together: every warm x > 2 and every cold
# x > 3 is high.
apart <- data.frame(outcome = factor(c("low", "high")[c(1, 1, 2, 2, 2, 1, 1, 1, 2, 2)], levels = c("low", "high")),
                    x = c(1, 2, 3, 4, 5, 1, 2, 3, 4, 5),
                    temp = factor(rep(c("warm", "cold"), each = 5), levels = c("cold", "warm")))
save_data(apart, "apart.csv")

# A simulated register: 400 rows with counts, 30 forces with a random intercept of sd 0.6,
# logistic errors, mildly unequal shifts of breach across the thresholds.
set.seed(20220601)
rows <- 400
ladder <- c("none", "advice", "warning", "final", "left")
role <- sample(c("officer", "staff", "special"), rows, TRUE, c(0.6, 0.28, 0.12))
breach <- sample(c("conduct", "data", "drugs"), rows, TRUE, c(0.5, 0.3, 0.2))
force <- sample(sprintf("f%02d", 1:30), rows, TRUE)
year <- sample(0:8, rows, TRUE)
effect <- setNames(rnorm(30, sd = 0.6), sprintf("f%02d", 1:30))
location <- 0.06 * year + c(officer = 0, staff = 0.5, special = 0.9)[role] +
  c(conduct = 0, data = -0.4, drugs = 0.8)[breach] + effect[force]
scale <- c(officer = 1, staff = 0.85, special = 1.3)[role]
thresholds <- c(-0.6, 0.3, 1.2, 2.1)
shift <- cbind(conduct = c(0, 0, 0, 0), data = c(0, 0.1, 0.2, 0.3), drugs = c(0, -0.2, -0.4, -0.5))
latent <- rlogis(rows)
severity <- vapply(seq_len(rows), function(i)
  1L + sum(latent[i] > (thresholds + shift[, breach[i]] - location[i]) / scale[i]), 1L)
register <- data.frame(
  severity = factor(ladder[severity], levels = ladder),
  role = factor(role, levels = c("officer", "staff", "special")), year = year,
  breach = factor(breach, levels = c("conduct", "data", "drugs")),
  force = factor(force), n = 1L + rpois(rows, 0.8))
save_data(register, "register.csv", leave_out = "force")
register_binary <- register
levels(register_binary$severity) <- c("stays", "stays", "stays", "goes", "goes")
save_data(register_binary, "register_binary.csv", leave_out = "force")

write.csv(do.call(rbind, levels_table), "levels.csv", row.names = FALSE, quote = FALSE)
