"""How what tests replay was recorded: each script makes its recording anew, from the software itself."""
