"""What every room stands on: the registry of nodes."""
