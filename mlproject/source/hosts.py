"""The hosts that may be asked for a file."""

from urllib.parse import urlsplit

from mlproject.errors import InputError


def allow(url: str, hosts: tuple[str, ...]) -> None:
    """Refuse everything but https to one of the hosts, with the port where one is named.

    Raises:
        InputError: it is refused.
    """
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        raise InputError(f"{url!r:.200} is not a URL") from None
    if parts.scheme != "https" or parts.username is not None:
        raise InputError(f"{url!r:.200}: only https without a user is downloaded")
    place = host if port in (None, 443) else f"{host}:{port}"
    if place not in hosts:
        raise InputError(
            f"{url!r:.200}: host {place} is not among {', '.join(hosts) or 'none'}:"
            " add it to MLPROJECT_DOWNLOAD_HOSTS"
        )
