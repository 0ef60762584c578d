"""Polars, as a child of the comparison: `ingest PAGES OUT plain|text`, or `csv|rows QUERY PARQUET FACTS FIRST_ROWS` to standard
output, where 0 first rows are all."""

import concurrent.futures
import datetime
import glob
import json
import os
import sys

import polars as pl
from polars import col


def main():
    mode, *arguments = sys.argv[1:]
    if mode == "ingest":
        ingest(*arguments)
        return
    query, parquet, facts, first_rows = arguments
    rows = QUERIES[query](pl.scan_parquet(parquet), json.loads(facts))
    rows = (rows.head(int(first_rows)) if int(first_rows) else rows).collect()
    if mode == "rows":
        rows.write_ndjson(sys.stdout.buffer)
        return
    lists = [name for name, kind in rows.schema.items() if kind.is_nested()]
    rows.with_columns(pl.struct(name).struct.json_encode().alias(name) for name in lists).write_csv(sys.stdout.buffer)


def ingest(pages, out, text):
    """`scan_ndjson` guesses a schema that `read_json` page by page is quicker with, a thread a core."""
    schema = pl.scan_ndjson(f"{pages}/audit*.json", infer_schema_length=4).collect_schema()
    files = glob.glob(f"{pages}/audit*.json")
    with concurrent.futures.ThreadPoolExecutor(len(os.sched_getaffinity(0))) as threads:
        events = pl.concat(threads.map(lambda file: pl.read_json(file, schema=schema).select(col("value").explode()), files))
    if text == "text":
        events = events.with_columns(col("value").struct.json_encode().alias("raw"))
    events = events.unnest("value").with_columns(col("activityDateTime").str.to_datetime(time_zone="UTC"))
    events.unique(subset="id", keep="any").sort("activityDateTime").write_parquet(out, compression="zstd")


# The queries, in the words of Polars.

DAY = col("event_time").dt.date().alias("day")
ROW = ["event_time", "id", "activity", "result", "actor_id", "target_id", "policy_id", "application_id", "client_ip"]
FOUND = ["event_time", "id", "activity", "actor_id", "target_id"]


def q1(audit, _):
    return audit.group_by("category", "activity").len("events").sort(
        "events", "category", "activity", descending=[True, False, False], nulls_last=True)


def q2(audit, _):
    is_token = col("activity").str.starts_with("Issue ") | (col("activity") == "Exchange token")
    tokens = audit.filter((col("service") == "B2C") & (col("result") == "success") & is_token)
    return tokens.group_by("policy_id", DAY).len("tokens").sort("day", "policy_id", nulls_last=True)


def q3(audit, facts):
    user = facts["user_id"]
    is_target = col("targets").list.eval(pl.element().struct.field("id") == user).list.any()
    return audit.filter((col("actor_id") == user) | (col("target_id") == user) | is_target).select(ROW).sort("event_time", "id")


def q4(audit, facts):
    return audit.filter(col("id") == facts["event_id"])


def q5(audit, facts):
    return audit.filter(col("correlation_id") == facts["correlation_id"]).drop("raw").sort("event_time", "id")


def q6(audit, _):
    failed = audit.filter((col("activity") == "Validate local account credentials") & (col("result") == "failure"))
    by_hour = failed.group_by("target_id", col("event_time").dt.truncate("1h").alias("hour")).len("failures")
    return by_hour.filter(col("failures") >= 3).sort("failures", "target_id", "hour", descending=[True, False, False])


def q7(audit, _):
    changes = audit.filter(col("activity").is_in(["Add member to role", "Remove member from role"])).select("activity", "targets")
    changes = changes.explode("targets").select("activity", col("targets").struct.field("modified_properties"))
    changes = changes.explode("modified_properties").filter(col("modified_properties").is_not_null()).unnest("modified_properties")
    counted = changes.group_by("activity", col("name").alias("property"), "new_value").len("changes")
    return counted.sort("changes", "activity", "property", "new_value", descending=[True, False, False, False], nulls_last=True).head(50)


def q8(audit, _):
    users = col("target_id").drop_nulls().n_unique().alias("users")
    return audit.filter(col("service") == "B2C").group_by("application_id", DAY).agg(users).sort("day", "application_id", nulls_last=True)


def q9(audit, facts):
    return audit.filter(col("raw").str.contains(facts["address"], literal=True)).select(FOUND).sort("event_time", "id")


def q10(audit, _):
    succeeded = audit.filter(col("result") == "success")
    week = datetime.timedelta(days=7)
    invited = succeeded.filter(col("activity") == "Invite external user").select("event_time", "target_id", "target_upn", "details")
    invited = invited.explode("details").filter(col("details").struct.field("key") == "InvitationId").select(
        col("details").struct.field("value").alias("invitation_id"), col("target_id").alias("guest_id"),
        col("target_upn").alias("guest_upn"), col("event_time").alias("invited_at"))
    redeemed = succeeded.filter(col("activity") == "Redeem external user invite").group_by(
        col("target_name").str.extract("InvitationId: ([^,]*)").alias("invitation_id")).agg(col("event_time").min().alias("redeemed_at"))
    newest = audit.select(col("event_time").max().alias("newest"))
    late = invited.join(redeemed, on="invitation_id", how="left").join(newest, how="cross").filter(
        (col("redeemed_at").is_null() | (col("redeemed_at") > col("invited_at") + week)) & (col("invited_at") <= col("newest") - week))
    return late.select("invitation_id", "guest_id", "guest_upn", "invited_at", "redeemed_at").sort("invited_at", "invitation_id")


def q11(audit, _):
    return audit.drop("raw", "targets", "details").sort("event_time", "id")


QUERIES = {"Q1": q1, "Q2": q2, "Q3": q3, "Q4": q4, "Q5": q5, "Q6": q6, "Q7": q7, "Q8": q8, "Q9": q9, "Q10": q10, "Q11": q11}

main()
