"""The allowlist and the running firewall, as a person sees and changes them from the host.

`cli.firewall` and its quick path `cli.firewall_fast` call it. The doctor reads the lists.
"""
