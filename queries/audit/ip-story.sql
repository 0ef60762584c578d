-- name: One address's story
-- question: Which users and applications did what from this address or network?
-- kind: report
-- needs: audit, signin
-- param: ip text required; Address, IPv4 or IPv6, or a network such as 203.0.113.0/24.
-- caveat: Many events carry no address: what an address did may be more than is listed here. Microsoft's own services
--     act from Microsoft's addresses on a user's behalf.
-- caveat: Many people can share an address (offices, telephone networks), and one person has many.
-- caveat: Country and network are as the sign-in logs say; the audit log has none.
-- caveat: `unified_audit` tells of the same changes and sign-ins as `audit` and `signin`: do not count across
--     sources.
SELECT event_time, source, actor, app, activity, result, reason, target, ip, country, autonomous_system_number,
       user_agent, correlation_id, id
FROM timeline
WHERE ip_in_cidr(ip, $ip)
ORDER BY event_time, source, id
