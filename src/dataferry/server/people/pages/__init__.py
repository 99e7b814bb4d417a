"""Pages of the account, in the site's look; allauth's own pages take our templates."""
