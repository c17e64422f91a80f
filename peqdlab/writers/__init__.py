"""Writers: each turns blocks into one form, and knows nothing of chemistry."""
