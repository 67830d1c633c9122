"""The ways that an upload fills its audience: to add, to align, to remove, and whoever is owed."""
