"""What a person does with the demo, in the order of the files."""
