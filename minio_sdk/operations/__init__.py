"""One file per S3 operation or family. To add one: a model, a file here, a facade line, a sample, a test."""
