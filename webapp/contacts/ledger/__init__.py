"""The ledger: who is in which audience, put there from where, by which digests, and who is still to go."""
