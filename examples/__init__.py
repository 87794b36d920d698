"""What the demo runs on: a small corpus and a stand-in for the forum."""
