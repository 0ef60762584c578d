//! SQL functions that the field needs and the engine lacks. One file each; this list is what `\df` and the docs show.

mod archive_instant;
mod distance_km;
mod ip_in_cidr;
mod ip_network;
mod json_diff;
mod json_items;
mod json_tree;
mod json_value;
mod key_fact;
mod key_ids;
mod list;
mod lookup;
mod packed_value;
mod property_value;
mod text;

use datafusion::logical_expr::ScalarUDF;
use datafusion::prelude::SessionContext;

use self::archive_instant::ArchiveInstant;
use self::distance_km::DistanceKm;
use self::ip_network::IpNetwork;
use self::list::ListFunction;
use self::lookup::Lookup;
use self::text::TextFunction;
use crate::archive::Snapshot;

/// Documentation of one function.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FunctionDoc {
    /// Name with its arguments.
    pub(crate) usage: &'static str,
    /// What it gives.
    pub(crate) doc: &'static str,
}

impl FunctionDoc {
    /// Name without arguments.
    pub(crate) fn name(&self) -> &'static str {
        self.usage.split('(').next().unwrap_or_default()
    }
}

/// Every function of ours.
pub(crate) const FUNCTIONS: &[FunctionDoc] = &[
    FunctionDoc { usage: "archive_end()", doc: "Time of the archive's last event." },
    FunctionDoc { usage: "archive_start()", doc: "Time of the archive's first event." },
    FunctionDoc {
        usage: "detail(details, key)",
        doc: "Value of the first additional detail with this key; keys compare without case.",
    },
    FunctionDoc {
        usage: "distance_km(lat1, lon1, lat2, lon2)",
        doc: "Kilometres along a great circle between two places in degrees; NULL if one of them is none.",
    },
    FunctionDoc {
        usage: "ip_in_cidr(ip, cidr)",
        doc: "Whether an address lies in a network, IPv4 or IPv6; NULL if either is none.",
    },
    FunctionDoc {
        usage: "ip_network(ip, v4_bits, v6_bits)",
        doc: "Network of an address with the bits given for its family, e.g. `192.0.2.0/24`; NULL if it is no address.",
    },
    FunctionDoc {
        usage: "json_diff(old, new)",
        doc: "Changes between two JSON texts: list of path, op (add, remove, change), old, new. Lists of scalars are \
              sets; objects in a list are matched by id, key or name, else in order. Absent, null and empty are the same.",
    },
    FunctionDoc {
        usage: "json_items(text)",
        doc: "Elements of a JSON list as texts, objects as JSON; any other text is its only element, no text has none.",
    },
    FunctionDoc {
        usage: "json_value(json, path)",
        doc: "Value at a path such as '$.initiatedBy.user.roles[0]' of a JSON text, as text; lists and objects as JSON.",
    },
    FunctionDoc {
        usage: "key_fact(text, id, fact)",
        doc: "A fact (`KeyType`, `KeyUsage`, `DisplayName`, `EndDateTime` …) of the key with this id in such a text.",
    },
    FunctionDoc {
        usage: "key_ids(text)",
        doc: "Ids of the keys, secrets or federated credentials in a `KeyDescription` or a list of such objects.",
    },
    FunctionDoc {
        usage: "packed_value(text, key)",
        doc: "Value of a key in a text of `key: value` pairs parted by commas, as in a redemption's target name.",
    },
    FunctionDoc {
        usage: "property_value(text)",
        doc: "A modified property's value decoded: quotes and one-element lists peeled, an empty list NULL.",
    },
    FunctionDoc {
        usage: "target_of_type(targets, type)",
        doc: "Object id of the first target of a type, e.g. 'User'.",
    },
];

/// Registers every function.
pub(super) fn register(context: &SessionContext, snapshot: &Snapshot) {
    let (first, last) = snapshot.period().unzip();
    let functions = [
        ScalarUDF::from(ArchiveInstant::new("archive_end", last)),
        ScalarUDF::from(ArchiveInstant::new("archive_start", first)),
        ScalarUDF::from(Lookup::new("detail", "key", "value")),
        ScalarUDF::from(DistanceKm::new()),
        ScalarUDF::from(TextFunction::new("ip_in_cidr", 2, ip_in_cidr::evaluate)),
        ScalarUDF::from(IpNetwork::new()),
        ScalarUDF::from(ListFunction::new("json_diff", 2, json_diff::FIELDS, json_diff::evaluate)),
        ScalarUDF::from(ListFunction::new("json_items", 1, &[], json_items::evaluate)),
        ScalarUDF::from(TextFunction::new("json_value", 2, json_value::evaluate)),
        ScalarUDF::from(TextFunction::new("key_fact", 3, key_fact::evaluate)),
        ScalarUDF::from(ListFunction::new("key_ids", 1, &[], key_ids::evaluate)),
        ScalarUDF::from(TextFunction::new("packed_value", 2, packed_value::evaluate)),
        ScalarUDF::from(TextFunction::new("property_value", 1, property_value::evaluate)),
        ScalarUDF::from(Lookup::new("target_of_type", "type", "id")),
    ];
    for function in functions {
        debug_assert!(FUNCTIONS.iter().any(|doc| doc.name() == function.name()));
        context.register_udf(function);
    }
}
