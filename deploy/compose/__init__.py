"""What the containers of docker-compose.yml need from the host."""
