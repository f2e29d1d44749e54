"""From what a user wrote to a well-formed expression: shapes checked, 1x1 matrices as scalars."""
