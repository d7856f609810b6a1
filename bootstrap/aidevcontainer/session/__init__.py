"""Opening a session: a fast way into running containers, and a slow way that starts them first."""
