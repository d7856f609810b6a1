"""What runs around the tests: set-up of the engine, the report at the end."""
