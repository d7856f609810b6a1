"""Errors, console, files, locks and the cache, which every other package uses. Imports no other package."""
