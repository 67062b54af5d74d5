"""Policies: written as values, decided offline, and the one that reaches a single tenant."""
