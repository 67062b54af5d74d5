"""The pages of code in docs/how-to that only a browser can run."""
