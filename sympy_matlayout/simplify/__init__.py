"""Equal expressions in one form, and that form as a textbook prints it."""
