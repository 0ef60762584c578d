"""Invitations and the history of a guest, from raw pages, by what `guest_user`, `guest_event` and `guest_redemption` define."""

from raw import iso, microseconds

HOUR, DAY = 3_600_000_000, 86_400_000_000


def mail_of(upn):
    """The mail address in `name_domain#EXT#@tenant`."""
    if not upn or "#EXT#" not in upn:
        return None
    name, _, domain = upn.split("#EXT#")[0].rpartition("_")
    return ("%s@%s" % (name, domain)).lower()


def packed(text, key):
    """A fact in a name such as `UPN: …, Email: …, Source: …`."""
    for part in (text or "").split(", "):
        if part.startswith(key + ": "):
            return part[len(key) + 2 :]
    return None


def is_about_guests(event):
    return event.service in ("Invited Users", "B2B Auth")


def user_targets(event):
    return [one for one in event.targets if one.get("type") in ("User", None)]


class Guests:
    """Who is a guest, and what was done to each."""

    def __init__(self, archive):
        self.archive, self.upns, self.mails = archive, {}, {}
        certain = {}
        for event in archive.audits:
            if event.service == "B2C":
                continue
            for target in user_targets(event):
                upn = target.get("userPrincipalName") or ""
                if target.get("id") and ("#EXT#" in upn or is_about_guests(event)):
                    self.upns[target["id"]] = upn or self.upns.get(target["id"])
                    said = event.detail("invitedUserEmailAddress") if event.service == "Invited Users" else None
                    said = said or packed(target.get("displayName"), "Email")
                    if said:
                        certain[target["id"]] = said.lower()
            if "#EXT#" in (event.user.get("userPrincipalName") or ""):
                self.upns.setdefault(event.user["id"], event.user["userPrincipalName"])
        for identity, upn in self.upns.items():
            self.mails[identity] = certain.get(identity) or mail_of(upn)
        self.events = [
            (event, target, target.get("id") or None)
            for event in archive.audits
            if event.service != "B2C"
            for target in user_targets(event)
            if target.get("id") in self.upns or is_about_guests(event)
        ]
        self.redemptions = self.redeemed()

    def redeemed(self):
        """By guest: time and how, oldest first."""
        found, accepted = {}, {}
        for event, target, identity in self.events:
            if event.activity.startswith("Redeem ") and event.result == "success":
                found.setdefault(identity, []).append((event.time, packed(target.get("displayName"), "Source")))
            elif (
                event.activity == "Update user"
                and event.result == "success"
                and any(name in ("UserState", "ExternalUserState") and new == "Accepted" for name, _, new in event.changes(target))
            ):
                accepted.setdefault(identity, []).append(event.time)
        for identity, times in accepted.items():
            told = [time for time, _ in found.get(identity, [])]
            for time in times:
                if not any(abs(time - other) <= HOUR for other in told):
                    found.setdefault(identity, []).append((time, None))
        return {identity: sorted(ones, key=lambda one: one[0]) for identity, ones in found.items()}

    def mail(self, event, identity):
        return self.mails.get(identity) or (event.detail("invitedUserEmailAddress") or "").lower() or None

    def deletions(self):
        found = {}
        for event, _, identity in self.events:
            if stage(event) == "deleted" and event.result == "success":
                found.setdefault(identity, []).append(event.time)
        return found


def stage(event):
    name = event.activity.lower()
    if name.startswith("invite ") or name == "viral user creation":
        return "invited"
    if name == "invitation email" or name.startswith("email "):
        return "mail"
    if name.startswith("redeem "):
        return "redeemed"
    if event.service == "Access Reviews":
        return "reviewed"
    if "sponsor" in name:
        return "sponsored"
    if event.service == "Entitlement Management":
        return "package"
    if any(word in name for word in ("member to group", "member from group", "owner to group", "owner from group")):
        return "group"
    if event.category == "RoleManagement":
        return "role"
    if "delete" in name and "user" in name:
        return "deleted"
    return {"restore user": "restored", "add user": "created"}.get(name, "changed")


def inviter(event):
    return event.user.get("userPrincipalName") or event.actor_name or event.actor_id


def invitations(archive):
    guests = Guests(archive)
    deleted, rows = guests.deletions(), []
    for event, _, identity in guests.events:
        if stage(event) != "invited":
            continue
        mail = guests.mail(event, identity)
        redeemed_at, how = next(
            ((time, how) for time, how in guests.redemptions.get(identity, []) if identity and time >= event.time), (None, None)
        )
        if event.result != "success":
            outcome = "failed"
        elif redeemed_at:
            outcome = "redeemed"
        elif any(time > event.time for time in deleted.get(identity, [])):
            outcome = "deleted"
        else:
            outcome = "open"
        rows.append(
            (
                iso(event.time),
                inviter(event),
                event.actor_kind,
                event.actor_ip,
                event.activity,
                mail,
                mail.split("@")[1],
                identity,
                event.result,
                event.reason,
                outcome,
                iso(redeemed_at),
                how,
                round((redeemed_at - event.time) / DAY, 2) if redeemed_at else None,
                event.id,
            )
        )
    return (
        "invited_at",
        "inviter",
        "inviter_kind",
        "inviter_ip",
        "path",
        "guest_email",
        "domain",
        "guest_id",
        "result",
        "result_reason",
        "outcome",
        "redeemed_at",
        "redeemed_with",
        "days_to_redeem",
        "id",
    ), rows


def open_invitations(archive):
    guests = Guests(archive)
    end = max(max(event.time for event in archive.audits), max(microseconds(one["createdDateTime"]) for one in archive.signins))
    invited, resets, sponsors, gone, back = {}, {}, {}, guests.deletions(), {}
    for event, target, identity in guests.events:
        if event.result != "success" or not identity:
            continue
        if stage(event) == "invited":
            invited.setdefault(identity, []).append(event)
            back[identity] = event.time
            if "reset invitation status" in event.activity:
                resets[identity] = event.time
        elif stage(event) == "restored":
            back[identity] = event.time
        elif event.activity == "Add user sponsor" and target is event.targets[0]:
            other = event.targets[1]
            sponsors[identity] = other.get("displayName") or other.get("userPrincipalName")
    rows = []
    for identity, events in invited.items():
        user = archive.users.get(identity)
        last_redeemed = max((time for time, _ in guests.redemptions.get(identity, [])), default=None)
        if identity in gone and back.get(identity, 0) < max(gone[identity]):
            continue
        if last_redeemed and last_redeemed >= resets.get(identity, 0):
            continue
        # The export may know of a redemption that the log has not.
        if user and user["externalUserState"] == "Accepted" and microseconds(user["externalUserStateChangeDateTime"]) >= events[-1].time:
            continue
        sponsor = sponsors.get(identity) or ", ".join(sorted(one["userPrincipalName"] for one in (user or {}).get("sponsors", []))) or None
        rows.append(
            (
                guests.mails[identity],
                guests.upns[identity],
                identity,
                events[0].time,
                inviter(events[0]),
                sponsor,
                len(events) - 1,
                "audit log",
            )
        )
    for identity, user in archive.users.items():
        if identity not in invited and user["externalUserState"] == "PendingAcceptance":
            rows.append(
                (
                    user["mail"].lower(),
                    user["userPrincipalName"],
                    identity,
                    microseconds(user["createdDateTime"]),
                    None,
                    ", ".join(sorted(one["userPrincipalName"] for one in user["sponsors"])) or None,
                    None,
                    "users export",
                )
            )
    rows.sort(key=lambda row: (row[3], row[0], row[2]))
    return ("guest_email", "guest_upn", "guest_id", "invited_at", "age_days", "inviter", "sponsor", "resent", "source"), [
        row[:3] + (iso(row[3]), round((end - row[3]) / DAY, 1)) + row[4:] for row in rows
    ]


def telling(archive):
    """Guests whose history has something special, one for each: by mail address."""
    guests = Guests(archive)
    wanted = {"most": None}
    counts = {}
    for event, _, identity in guests.events:
        if not identity:
            wanted.setdefault("failed", guests.mail(event, identity))
            continue
        counts[identity] = counts.get(identity, 0) + 1
        key = {"restored": "restored", "deleted": "deleted", "reviewed": "reviewed", "role": "role"}.get(stage(event))
        if key or "reset invitation status" in event.activity:
            wanted.setdefault(key or "again", guests.mails[identity])
    wanted["most"] = guests.mails[max(sorted(counts), key=counts.get)]
    return sorted({mail for mail in wanted.values() if mail})


def history(archive, mail):
    guests = Guests(archive)
    lives = {identity for identity, one in guests.mails.items() if one == mail}
    rows = {}
    for event, _, identity in guests.events:
        if identity in lives or identity is None and stage(event) == "invited" and guests.mail(event, None) == mail:
            rows[event.id] = (event.time, stage(event), event.activity, event.result, inviter(event), event.actor_ip, event.id)
    for event in archive.audits:
        if event.actor_id in lives and event.id not in rows:
            rows[event.id] = (event.time, "did", event.activity, event.result, inviter(event), event.actor_ip, event.id)
    for one in archive.signins:
        if one["userId"] in lives:
            rows[one["id"]] = (
                microseconds(one["createdDateTime"]),
                "signed in",
                one["appDisplayName"],
                "success" if one["status"]["errorCode"] == 0 else "failure",
                one["userPrincipalName"],
                one["ipAddress"],
                one["id"],
            )
    return ("event_time", "stage", "activity", "result", "actor", "ip", "id"), [
        (iso(row[0]),) + row[1:] for row in sorted(rows.values(), key=lambda row: (row[0], row[6]))
    ]
