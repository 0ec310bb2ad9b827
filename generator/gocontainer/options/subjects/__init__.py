"""Table 1 by subject: a module for the questions of each, with the facts of its choices."""
