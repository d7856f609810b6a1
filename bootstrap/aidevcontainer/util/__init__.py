"""What every package uses: errors, console, files, locks, the cache. Imports nothing of this project."""
