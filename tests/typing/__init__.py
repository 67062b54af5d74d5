"""What users write, as mypy and pyright see it. Never run: `tox -e types` checks it.

A line that must be an error has a `type: ignore` with its code; strict mypy fails when there is none.
"""
