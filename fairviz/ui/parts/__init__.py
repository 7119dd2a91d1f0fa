"""Loaders, layout, words and tables that pages share."""
