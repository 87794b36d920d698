"""From rows to a data-set folder: clean, split, export."""
