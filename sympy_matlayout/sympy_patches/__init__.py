"""What install() puts into SymPy, and uninstall() takes out again."""
