"""The post-checkout hook: putting it in place and taking it away, beside whatever hooks are already there."""
