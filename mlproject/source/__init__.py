"""Where texts come from: the forum and files."""
