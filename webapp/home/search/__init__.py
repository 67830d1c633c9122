"""Search everything: one question, answered from every room, for whoever asks and for no one else."""
