"""The async facade, written by hand."""
