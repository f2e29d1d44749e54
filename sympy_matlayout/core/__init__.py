"""What everything else stands on: errors, shapes, the registry of node classes."""
