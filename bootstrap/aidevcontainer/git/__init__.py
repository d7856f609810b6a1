"""Git on the host: runs it, finds its directories, and protects the files that it obeys from the agent.

Called before the containers start, at the end of a session, and by everything that asks git a question.
"""
