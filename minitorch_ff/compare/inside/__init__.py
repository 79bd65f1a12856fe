"""What runs inside the processes that are compared. Nothing here needs this package."""
