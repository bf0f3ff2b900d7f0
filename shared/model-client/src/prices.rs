//! Prices per million tokens, and the cost of an answer.

use std::collections::BTreeMap;
use std::str::FromStr;

/// Number of tokens per price unit.
const MILLION: u128 = 1_000_000;

/// Dollars per million tokens as of 2026-10-25, from pages of resellers and reviewers that cite
/// Kimi's price list. `KIMI_PRICES` takes precedence.
const KNOWN: &str = "kimi-k3.1-pro=2.00/0.20/10.00,kimi-k3=3.00/0.30/15.00";

/// Error for an invalid price list.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{entry:?} is not a valid price: expected model=input/cached/output in dollars for a million tokens, \
     such as kimi-k3.1-pro=2/0.2/10"
)]
pub struct InvalidPrices {
    entry: String,
}

/// Prices by model id.
///
/// ```
/// # use model_client::Prices;
/// let prices: Prices = "kimi-k3.1-pro=2.00/0.20/10.00, other=1/1/1".parse()?;
/// assert_eq!(prices.micro_dollars("other", 1_000, 0, 500), Some(1_500));
/// assert_eq!(prices.micro_dollars("unknown", 1_000, 0, 500), None);
/// # Ok::<(), model_client::InvalidPrices>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Prices(BTreeMap<String, Price>);

/// Millionths of a dollar per million tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Price {
    input: u64,
    cached: u64,
    output: u64,
}

impl Prices {
    /// Returns the built-in prices of Kimi's models. The constant has their date.
    pub fn known() -> Self {
        KNOWN.parse().unwrap_or_default()
    }

    /// Adds prices from `others` for models without a price.
    #[must_use]
    pub fn or(mut self, others: Self) -> Self {
        for (model, price) in others.0 {
            self.0.entry(model).or_insert(price);
        }
        self
    }

    /// Returns the cost of `prompt` input tokens, `cached` of them from the cache, and `completion`
    /// output tokens, rounded up to a millionth of a dollar.
    pub fn micro_dollars(
        &self,
        model: &str,
        prompt: u64,
        cached: u64,
        completion: u64,
    ) -> Option<u64> {
        let price = self.0.get(model)?;
        let cached = cached.min(prompt);
        let cost = |tokens: u64, price: u64| u128::from(tokens) * u128::from(price);
        let sum = cost(prompt - cached, price.input)
            .saturating_add(cost(cached, price.cached))
            .saturating_add(cost(completion, price.output));
        Some(u64::try_from(sum.div_ceil(MILLION)).unwrap_or(u64::MAX))
    }
}

impl FromStr for Prices {
    type Err = InvalidPrices;

    fn from_str(text: &str) -> Result<Self, InvalidPrices> {
        let entries = text.split(',').map(str::trim);
        entries
            .filter(|entry| !entry.is_empty())
            .map(|entry| {
                price(entry).ok_or_else(|| InvalidPrices {
                    entry: entry.chars().take(80).collect(),
                })
            })
            .collect::<Result<_, _>>()
            .map(Self)
    }
}

fn price(entry: &str) -> Option<(String, Price)> {
    let (model, price) = entry.split_once('=')?;
    let (model, mut parts) = (model.trim(), price.split('/').map(str::trim));
    let price = Price {
        input: millionths(parts.next()?)?,
        cached: millionths(parts.next()?)?,
        output: millionths(parts.next()?)?,
    };
    (parts.next().is_none() && !model.is_empty()).then(|| (model.to_owned(), price))
}

/// Parses `0.15` as 150,000.
fn millionths(text: &str) -> Option<u64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(fraction) || whole.len() > 9 || fraction.len() > 6 {
        return None;
    }
    let whole: u64 = whole.parse().ok()?;
    let fraction: u64 = format!("{fraction:0<6}").parse().ok()?;
    whole.checked_mul(1_000_000)?.checked_add(fraction)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_prices_or_names_invalid_entry() {
        for (why, text, good) in [
            ("one", "kimi-k3.1-pro=2.00/0.20/10.00", true),
            ("two, with spaces", "a = 1 / 2 / 3 , b=0/0/0", true),
            ("none", "", true),
            ("two numbers", "a=1/2", false),
            ("four numbers", "a=1/2/3/4", false),
            ("no model", "=1/2/3", false),
            ("a sign", "a=-1/2/3", false),
            ("an exponent", "a=1e3/2/3", false),
            ("too exact", "a=0.0000001/2/3", false),
            ("too dear", "a=1000000000000/2/3", false),
            ("a bare dot", "a=./2/3", false),
        ] {
            assert_eq!(text.parse::<Prices>().is_ok(), good, "{why}: {text}");
        }
    }

    #[test]
    fn cost_uses_cached_price() {
        let prices: Prices = "m=2.00/0.20/10.00".parse().unwrap();
        for (why, prompt, cached, completion, want) in [
            ("nothing", 0, 0, 0, 0),
            ("not cached", 1_000, 0, 0, 2_000),
            ("all cached", 1_000, 1_000, 0, 200),
            ("more cached than read", 1_000, 2_000, 0, 200),
            ("all three", 1_000, 500, 100, 2_100),
            ("rounded up", 1, 1, 0, 1),
            ("absurd", u64::MAX, 0, u64::MAX, u64::MAX),
        ] {
            let got = prices.micro_dollars("m", prompt, cached, completion);
            assert_eq!(got, Some(want), "{why}");
        }
    }

    #[test]
    fn configured_prices_override_built_in() {
        let set: Prices = "kimi-k3.1-pro=1/1/1".parse().unwrap();
        let prices = set.or(Prices::known());
        assert_eq!(prices.micro_dollars("kimi-k3.1-pro", 7, 0, 0), Some(7));
        assert_eq!(prices.micro_dollars("kimi-k3", 7, 0, 0), Some(21));
    }
}
