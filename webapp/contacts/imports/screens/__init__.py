"""The screens of an import: columns with proof, words about consent, sums, quality of the data."""
