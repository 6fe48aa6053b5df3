"""EC2: hosts, their disks, the network between them, and what a region does by default."""
