//! Where a person finds a bucket in AWS's own console.

use std::fmt::Write as _;

use crate::domain::partition;

/// The bucket's page. The console has one host for each partition:
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-bucket-intro.html>,
/// <https://docs.amazonaws.cn/en_us/aws/latest/userguide/endpoints-Beijing.html>,
/// <https://docs.aws.amazon.com/govcloud-us/latest/UserGuide/getting-started-sign-in.html>
pub fn console_address(region: &str, bucket: &str) -> String {
    let host = match partition(region) {
        "aws-cn" => "console.amazonaws.cn",
        "aws-us-gov" => "console.amazonaws-us-gov.com",
        _ => "console.aws.amazon.com",
    };
    let (bucket, region) = (escaped(bucket), escaped(region));
    format!("https://{host}/s3/buckets/{bucket}?region={region}")
}

/// Percent-encoded but for what an address may hold anywhere (RFC 3986, section 2.3).
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                escaped.push(char::from(byte));
            }
            // A string takes whatever is written to it.
            _ => drop(write!(escaped, "%{byte:02X}")),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_partition_has_its_console_and_a_name_stays_a_name() {
        for (region, bucket, address) in [
            (
                "eu-west-1",
                "acme-logs",
                "https://console.aws.amazon.com/s3/buckets/acme-logs?region=eu-west-1",
            ),
            (
                "cn-north-1",
                "acme.logs",
                "https://console.amazonaws.cn/s3/buckets/acme.logs?region=cn-north-1",
            ),
            (
                "us-gov-west-1",
                "Acme_logs",
                "https://console.amazonaws-us-gov.com/s3/buckets/Acme_logs?region=us-gov-west-1",
            ),
            (
                "us-east-1",
                "a/../b?c=é\u{1b}",
                "https://console.aws.amazon.com/s3/buckets/a%2F..%2Fb%3Fc%3D%C3%A9%1B?region=us-east-1",
            ),
        ] {
            assert_eq!(console_address(region, bucket), address);
        }
    }
}
