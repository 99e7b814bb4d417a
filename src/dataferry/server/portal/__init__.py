"""The door of the server: settings, addresses, theme, home page, health."""
