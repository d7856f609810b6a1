"""The tests of this project; `python3 tests` runs them all."""
