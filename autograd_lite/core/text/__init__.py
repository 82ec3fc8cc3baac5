"""Text: sets of characters, and regular expressions that take time linear in the text."""
