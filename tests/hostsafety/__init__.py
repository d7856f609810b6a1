"""Plants for the host's git: what an agent may leave behind in a repository, and that nothing of it runs."""
