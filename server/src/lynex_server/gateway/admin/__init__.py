"""What people configure: providers, keys, named routes and settings of projects; over HTTP and as a file."""
