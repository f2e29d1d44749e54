"""Symmetric and other structured variables, their conventions, and facts about symbols."""
