"""What commands share towards the user: parsing, reporting, progress. Knows click, not the engines."""
