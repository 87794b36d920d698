"""What is in a data set, for people: one HTML page with its pictures in it."""
