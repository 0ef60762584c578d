"""Password sprays, from raw sign-ins, by what `user_signin` calls a wrong and a right first factor."""

import ipaddress

from raw import iso, listed, microseconds

WINDOW = 3_600_000_000
MIN_USERS, MAX_PER_USER = 10, 3
WRONG = {50034, 50052, 50053, 50054, 50056, 50057, 50064, 50126, 50181, 50184, 130503}
# Errors that are only given once the first credential was right.
RIGHT = {50055, 50144, 50072, 50074, 50076, 50079, 50158, 500121, 50105, 50131, 50125, 50135, 50137, 50142, 50140, 50203, 65001}
RIGHT |= set(range(53000, 53012)) | set(range(530001, 530037))
OLD_PROTOCOLS = {
    "authenticated smtp",
    "autodiscover",
    "exchange activesync",
    "exchange online powershell",
    "exchange web services",
    "imap",
    "imap4",
    "mapi over http",
    "offline address book",
    "outlook anywhere (rpc over http)",
    "outlook service",
    "pop",
    "pop3",
    "reporting web services",
    "smtp",
}


class Attempt:
    def __init__(self, record):
        self.id, self.time, self.error = record["id"], microseconds(record["createdDateTime"]), record["status"]["errorCode"]
        self.user, self.upn = (record["userId"] or record["userPrincipalName"] or "").lower(), record["userPrincipalName"]
        self.network, self.country = record["autonomousSystemNumber"], record["location"]["countryOrRegion"]
        address = ipaddress.ip_address(record["ipAddress"])
        self.origin = str(ipaddress.ip_network("%s/64" % address, strict=False)) if address.version == 6 else str(address)
        client = record["clientAppUsed"].lower()
        is_old = client in OLD_PROTOCOLS or client.startswith("other clients")
        silent = "nonInteractiveUser" in record["signInEventTypes"] and not is_old and record["authenticationProtocol"].lower() != "ropc"
        self.is_wrong = self.error in WRONG
        self.is_right = not self.is_wrong and not silent and (self.error == 0 or self.error in RIGHT)


def runs(tries):
    """The tries of one origin in windows that are full enough, put together where windows follow one another."""
    half = WINDOW // 2
    slots = {}
    for one in tries:
        for slot in (one.time // half - 1, one.time // half):
            slots.setdefault(slot, []).append(one)
    busy = [
        slot
        for slot in sorted(slots)
        if len({one.user for one in slots[slot]}) >= MIN_USERS and len(slots[slot]) <= MAX_PER_USER * len({one.user for one in slots[slot]})
    ]
    found, last = [], None
    for slot in busy:
        if last is None or slot - last > 2:
            found.append({})
        found[-1].update((one.id, one) for one in slots[slot])
        last = slot
    return [sorted(run.values(), key=lambda one: (one.time, one.id)) for run in found]


def password_spray(archive):
    by_origin = {}
    for record in archive.signins:
        if record["signInEventTypes"][0] in ("interactiveUser", "nonInteractiveUser"):
            one = Attempt(record)
            by_origin.setdefault(one.origin, []).append(one)
    rows = []
    for origin, attempts in by_origin.items():
        for run in runs([one for one in attempts if one.is_wrong]):
            users, begin, end = {one.user for one in run}, run[0].time, run[-1].time
            later = [one for one in attempts if one.is_right and begin <= one.time <= end + WINDOW]
            hits = [one for one in later if one.user in users]
            guessed, everybody = {one.user for one in hits}, {one.user for one in later if one.error == 0}
            if 2 * len(everybody) > len(users) or 2 * len(guessed) > len(users):
                severity = "low"
            else:
                severity = "high" if guessed else "medium"
            rows.append(
                (
                    iso(begin),
                    origin,
                    max(one.network for one in run),
                    max(one.country for one in run),
                    len(users),
                    len(run),
                    len({one.user for one in run if one.error == 50034}),
                    sum(one.error == 0 for one in hits),
                    listed(sorted({one.upn for one in hits})) if hits else None,
                    len(everybody),
                    severity,
                    iso(begin),
                    iso(end),
                    listed([one.id for one in run[:1000]] + [one.id for one in hits[:1000]]),
                )
            )
    rows.sort()
    return (
        "window_start",
        "ip",
        "autonomous_system_number",
        "country",
        "users",
        "attempts",
        "unknown_users",
        "successes",
        "success_users",
        "users_signed_in",
        "severity",
        "first_time",
        "last_time",
        "event_ids",
    ), rows
