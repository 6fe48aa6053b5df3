"""The only door to HTTP besides AWS: it speaks to whom the estate names, and hears whom the command line lets in."""
