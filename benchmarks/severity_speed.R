# The peers of the severity benchmark; severity_speed.py calls this and prints the table.
#
#   Rscript severity_speed.R info
#   Rscript severity_speed.R time DATA.csv TERMS REPEAT BUDGET PEER...
#
# DATA.csv has integer codes from 0 (severity, force, role, year, breach) and perhaps a number x.
# TERMS is the right-hand side without the random intercept, for example "role + year + breach".
# Every peer is warmed up on a few rows of the data, then run REPEAT times, or until BUDGET seconds
# are spent on it. A run goes from the data frame of factors to the covariance. Of each, the best
# run is printed: peer,wall,cpu,runs,log_likelihood,note.

suppressPackageStartupMessages({
  library(ordinal)
  library(mgcv)
})
have_data_table <- requireNamespace("data.table", quietly = TRUE)

read_frame <- function(path) {
  frame <- if (have_data_table) data.table::fread(path, data.table = FALSE) else read.csv(path)
  for (name in setdiff(names(frame), "x")) {
    codes <- frame[[name]]
    frame[[name]] <- factor(codes, levels = 0:max(codes))
  }
  frame$severity <- as.ordered(frame$severity)
  frame
}

# The rows as cells with counts n, by base R: a number of mixed radix, counted by tabulate.
cells_by_tabulate <- function(frame) {
  sizes <- vapply(frame, nlevels, 1L)
  code <- 0L
  for (name in names(frame)) code <- code * sizes[[name]] + (as.integer(frame[[name]]) - 1L)
  counts <- tabulate(code + 1L, prod(sizes))
  used <- which(counts > 0L)
  rest <- used - 1L
  cells <- list(n = counts[used])
  for (name in rev(names(frame))) {
    column <- rest %% sizes[[name]] + 1L
    rest <- rest %/% sizes[[name]]
    cells[[name]] <- structure(
      as.integer(column), levels = levels(frame[[name]]), class = class(frame[[name]])
    )
  }
  as.data.frame(cells)
}

cells_by_data_table <- function(frame) {
  counted <- data.table::as.data.table(frame)[, list(n = .N), by = names(frame)]
  as.data.frame(counted)
}
.datatable.aware <- TRUE

# The quicker way to collapse these data.
quickest_collapse <- function(frame) {
  ways <- list(tabulate = cells_by_tabulate)
  if (have_data_table) {
    ways$data.table <- cells_by_data_table
  }
  spent <- vapply(ways, function(way) {
    way(frame)
    system.time(way(frame))[["elapsed"]]
  }, 1)
  best <- names(ways)[which.min(spent)]
  list(name = best, collapse = ways[[best]])
}

fit_clm <- function(frame, terms) {
  formula <- as.formula(paste("severity ~", terms))
  if (is.null(frame$n)) clm(formula, data = frame) else clm(formula, data = frame, weights = n)
}

fit_clmm <- function(frame, terms, points) {
  formula <- as.formula(paste("severity ~", terms, "+ (1 | force)"))
  if (is.null(frame$n)) {
    clmm(formula, data = frame, nAGQ = points)
  } else {
    clmm(formula, data = frame, weights = n, nAGQ = points)
  }
}

fit_gam <- function(frame, terms) {
  formula <- as.formula(paste("as.integer(severity) ~", terms, "+ s(force, bs = 're')"))
  rungs <- nlevels(frame$severity)
  if (is.null(frame$n)) {
    gam(formula, family = ocat(R = rungs), data = frame, method = "REML")
  } else {
    gam(formula, family = ocat(R = rungs), data = frame, weights = n, method = "REML")
  }
}

# Every peer as a function of rows and a way to collapse them.
peers <- function(terms) {
  list(
    clm_rows = function(rows, collapse) fit_clm(rows, terms),
    clm_cells = function(rows, collapse) fit_clm(collapse(rows), terms),
    clmm10_rows = function(rows, collapse) fit_clmm(rows, terms, 10),
    clmm1_rows = function(rows, collapse) fit_clmm(rows, terms, 1),
    clmm1_cells = function(rows, collapse) fit_clmm(collapse(rows), terms, 1),
    gam_rows = function(rows, collapse) fit_gam(rows, terms),
    gam_cells = function(rows, collapse) fit_gam(collapse(rows), terms)
  )
}

# One run: its seconds of the wall and of the processor, and its log-likelihood.
run_once <- function(fit, rows, collapse) {
  gc()
  begin <- proc.time()
  fitted <- fit(rows, collapse)
  covariance <- vcov(fitted)
  spent <- proc.time() - begin
  stopifnot(all(is.finite(covariance)))
  c(
    wall = spent[["elapsed"]],
    cpu = spent[["user.self"]] + spent[["sys.self"]],
    log_likelihood = as.numeric(logLik(fitted))
  )
}

best_run <- function(fit, rows, collapse, repeats, budget) {
  runs <- list()
  begin <- proc.time()[["elapsed"]]
  while (length(runs) < repeats &&
    (!length(runs) || proc.time()[["elapsed"]] - begin < budget)) {
    runs[[length(runs) + 1]] <- run_once(fit, rows, collapse)
  }
  runs <- do.call(rbind, runs)
  list(
    wall = min(runs[, "wall"]), cpu = min(runs[, "cpu"]), runs = nrow(runs),
    log_likelihood = runs[1, "log_likelihood"]
  )
}

# A few rows on which code is loaded and compiled; two forces are enough.
warm_up <- function(fit, rows, collapse) {
  few <- droplevels(head(rows[as.integer(rows$force) <= 3, ], 300))
  try(suppressWarnings(fit(few, collapse)), silent = TRUE)
}

time_peers <- function(path, terms, repeats, budget, names) {
  rows <- read_frame(path)
  needs_cells <- any(grepl("_cells$", names))
  way <- if (needs_cells) quickest_collapse(rows) else list(name = "", collapse = identity)
  for (name in names) {
    fit <- peers(terms)[[name]]
    if (is.null(fit)) stop("no peer ", name)
    for (i in 1:2) warm_up(fit, rows, way$collapse)
    best <- best_run(fit, rows, way$collapse, repeats, budget)
    note <- if (grepl("_cells$", name)) way$name else ""
    cat(sprintf(
      "%s,%.6f,%.6f,%d,%.10f,%s\n",
      name, best$wall, best$cpu, best$runs, best$log_likelihood, note
    ))
  }
}

# The largest error of a product by BLAS against sums without it.
product_error <- function() {
  set.seed(1)
  a <- matrix(rnorm(300 * 257), 300)
  b <- matrix(rnorm(257 * 301), 257)
  max(abs(a %*% b - t(apply(a, 1, function(row) colSums(row * b)))))
}

info <- function() {
  cat("R,", as.character(getRversion()), "\n", sep = "")
  for (name in c("ordinal", "mgcv", if (have_data_table) "data.table")) {
    cat(name, ",", as.character(packageVersion(name)), "\n", sep = "")
  }
  cat("BLAS,", normalizePath(extSoftVersion()[["BLAS"]]), "\n", sep = "")
  cat("LAPACK,", normalizePath(La_library()), "\n", sep = "")
  cat("product error,", format(product_error(), digits = 2), "\n", sep = "")
}

arguments <- commandArgs(trailingOnly = TRUE)
if (arguments[[1]] == "info") {
  info()
} else {
  time_peers(
    arguments[[2]], arguments[[3]], as.integer(arguments[[4]]), as.numeric(arguments[[5]]),
    arguments[-(1:5)]
  )
}
