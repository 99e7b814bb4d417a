"""Large files that arrive in parts: begun, continued after a break, finished, forgotten."""
