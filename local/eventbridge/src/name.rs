/// Account of a local bus.
pub(super) const ACCOUNT: &str = "000000000000";
pub(super) const REGION: &str = "us-east-1";

/// Name of a bus.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct BusName(String);

impl BusName {
    /// Checks a name by the rules of `CreateEventBus`, without partner names.
    pub(super) fn new(name: &str) -> Option<Self> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
        let good = (1..=256).contains(&name.len()) && name.chars().all(allowed);
        good.then(|| Self(name.to_owned()))
    }

    /// Parses `EventBusName`: a name, or the ARN of a bus in any region of any account.
    pub(super) fn read(name_or_arn: &str) -> Option<Self> {
        let Some(arn) = name_or_arn.strip_prefix("arn:") else {
            return Self::new(name_or_arn);
        };
        let parts: Vec<_> = arn.splitn(5, ':').collect();
        match parts.as_slice() {
            [partition, "events", _, account, resource]
                if partition.starts_with("aws")
                    && account.len() == 12
                    && account.bytes().all(|b| b.is_ascii_digit()) =>
            {
                Self::new(resource.strip_prefix("event-bus/")?)
            }
            _ => None,
        }
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    pub(super) fn arn(&self) -> String {
        format!("arn:aws:events:{REGION}:{ACCOUNT}:event-bus/{}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_bus_name_or_arn() {
        for (why, text, expected) in [
            ("a name", "github-bot", Some("github-bot")),
            (
                "an ARN, of any region",
                "arn:aws:events:eu-central-1:123456789012:event-bus/shop.orders",
                Some("shop.orders"),
            ),
            (
                "of another partition",
                "arn:aws-cn:events:cn-north-1:123456789012:event-bus/a",
                Some("a"),
            ),
            ("nothing", "", None),
            ("a space", "github bot", None),
            ("a path", "a/b", None),
            (
                "of another service",
                "arn:aws:sqs:eu-central-1:123456789012:event-bus/a",
                None,
            ),
            (
                "a rule's",
                "arn:aws:events:eu-central-1:123456789012:rule/a",
                None,
            ),
            (
                "without an account",
                "arn:aws:events:eu-central-1::event-bus/a",
                None,
            ),
        ] {
            let read = BusName::read(text);
            assert_eq!(read.as_ref().map(BusName::as_str), expected, "{why}");
        }
        let bus = BusName::new("github-bot").unwrap();
        assert_eq!(BusName::read(&bus.arn()), Some(bus), "its own ARN");
    }
}
