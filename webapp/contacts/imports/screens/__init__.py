"""What the steps of an import show: columns with proof, words about consent, sums, quality of the data."""
