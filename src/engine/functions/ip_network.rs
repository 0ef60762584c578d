//! `ip_network(ip, v4_bits, v6_bits)`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, StringViewArray};
use arrow::datatypes::{DataType, Int64Type};
use datafusion::common::ScalarValue;
use datafusion::error::Result;
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility};

/// The network of an address, with as many bits as its family is given; NULL if it is no address.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct IpNetwork {
    signature: Signature,
}

impl IpNetwork {
    pub(super) fn new() -> Self {
        let arguments = vec![DataType::Utf8View, DataType::Int64, DataType::Int64];
        Self { signature: Signature::exact(arguments, Volatility::Immutable) }
    }
}

impl ScalarUDFImpl for IpNetwork {
    fn name(&self) -> &'static str {
        "ip_network"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Utf8View)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let is_scalar = args.args.iter().all(|argument| matches!(argument, ColumnarValue::Scalar(_)));
        let rows = if is_scalar { 1 } else { args.number_rows };
        let arrays: Vec<ArrayRef> =
            args.args.iter().map(|argument| argument.to_array(rows)).collect::<Result<_>>()?;
        let bits = |index: usize, row: usize| {
            let bits = arrays[index].as_primitive::<Int64Type>();
            bits.is_valid(row).then(|| bits.value(row))
        };
        let network_of = |row: usize| {
            let ip = arrays[0].is_valid(row).then(|| arrays[0].as_string_view().value(row))?;
            network(ip.trim(), bits(1, row), bits(2, row))
        };
        let networks: StringViewArray = (0..rows).map(network_of).collect();
        Ok(if is_scalar {
            ColumnarValue::Scalar(ScalarValue::try_from_array(&networks, 0)?)
        } else {
            ColumnarValue::Array(Arc::new(networks))
        })
    }
}

fn network(ip: &str, v4_bits: Option<i64>, v6_bits: Option<i64>) -> Option<String> {
    let length = |bits: Option<i64>, width: u32| u32::try_from(bits?).ok().filter(|bits| *bits <= width);
    Some(match ip.parse::<IpAddr>().ok()?.to_canonical() {
        IpAddr::V4(ip) => {
            let bits = length(v4_bits, 32)?;
            let mask = u32::MAX.checked_shl(32 - bits).unwrap_or(0);
            format!("{}/{bits}", Ipv4Addr::from_bits(ip.to_bits() & mask))
        }
        IpAddr::V6(ip) => {
            let bits = length(v6_bits, 128)?;
            let mask = u128::MAX.checked_shl(128 - bits).unwrap_or(0);
            format!("{}/{bits}", Ipv6Addr::from_bits(ip.to_bits() & mask))
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_of_both_families() {
        let cases = [
            ("192.0.2.77", 24, 64, Some("192.0.2.0/24")),
            ("192.0.2.77", 0, 64, Some("0.0.0.0/0")),
            ("192.0.2.77", 32, 64, Some("192.0.2.77/32")),
            ("::ffff:192.0.2.77", 16, 64, Some("192.0.0.0/16")),
            ("2001:db8:1:2:3::4", 24, 64, Some("2001:db8:1:2::/64")),
            ("2001:DB8::1", 24, 128, Some("2001:db8::1/128")),
            ("2001:db8::1", 24, 0, Some("::/0")),
            ("192.0.2.77", 33, 64, None),
            ("192.0.2.77", -1, 64, None),
            ("2001:db8::1", 24, 129, None),
            ("nowhere", 24, 64, None),
        ];
        for (ip, v4_bits, v6_bits, expected) in cases {
            assert_eq!(
                network(ip, Some(v4_bits), Some(v6_bits)).as_deref(),
                expected,
                "{ip}/{v4_bits}/{v6_bits}"
            );
        }
        // Bits are needed for the address's own family only.
        assert_eq!(network("192.0.2.77", Some(24), None).as_deref(), Some("192.0.2.0/24"));
        assert_eq!(network("192.0.2.77", None, Some(64)), None);
    }
}
