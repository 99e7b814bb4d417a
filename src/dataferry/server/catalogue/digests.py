"""Digests in addresses: at least twelve digits of a sha256, so that no word is taken for one."""


class DigestConverter:
    """For `path("<digest:sha256>/")`."""

    regex = "[0-9a-f]{12,64}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value
