"""Papers that leave the house: certificates as PDF and as verifiable credentials."""
