"""Back ends: each offers the primitives over one array library."""
