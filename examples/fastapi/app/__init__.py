"""Articles about birds, and every way to cache them. Read main.py first."""
