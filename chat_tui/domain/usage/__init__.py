"""What requests used and cost: the requests of an answer, the ledger's entries and sums, budgets."""
