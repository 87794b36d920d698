"""What the images hold besides the project: their entry point and health check."""
