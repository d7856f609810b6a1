"""Git on the host: running it, finding its directories, and protecting what it obeys from the agent."""
