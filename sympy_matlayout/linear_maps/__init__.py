"""The linear maps that derivatives are made of, their graph, and what is read off it."""
