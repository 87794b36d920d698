"""A server that answers as V2EX does, over files of posts; for the demo and for tests."""
