"""Laws: their clocks and what a notification must say, as data with version and source, one file each."""
