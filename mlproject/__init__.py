"""Crawl a forum, train a text classifier, serve it, and review what it flags."""
