"""Two weeks of a mid-size organisation in which nothing evil happens: what fires here is noise."""
