"""The allowlist and the running firewall, as a person sees and changes them from the host."""
