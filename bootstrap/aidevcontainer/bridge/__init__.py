"""The host's side of the bridge: reads bridge.yaml, switches it on, tells the broker what is declared."""
