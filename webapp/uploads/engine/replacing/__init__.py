"""To replace everybody: the session at the vendor, and the ledger after it."""
