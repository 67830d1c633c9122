"""From a customer file to contacts: read, matched, tried, written block by block, undone."""
