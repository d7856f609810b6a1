"""Tests that compare the pages in docs/ with the project."""
