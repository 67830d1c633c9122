"""Rules over contacts: built, said in words, turned into SQL, counted."""
