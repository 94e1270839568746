"""Large bytes by name: a folder, or an S3 bucket."""
