//! JSON numbers as Event Ruler compares them: by value if a double holds it, otherwise by text.

/// A number as written, and its value if a double holds it precisely enough.
#[derive(Clone, Debug)]
pub(crate) struct Number {
    text: Box<str>,
    double: Option<f64>,
}

impl Number {
    /// Expects a `text` that is a number in the JSON grammar.
    pub(crate) fn new(text: &str) -> Self {
        Self {
            text: text.into(),
            double: surviving_double(text),
        }
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Returns the value, unless a round trip through a double changes the number.
    pub(crate) fn double(&self) -> Option<f64> {
        self.double
    }

    /// Compares by value: `300`, `300.0` and `3.0e2` are equal. Numbers that no double holds are
    /// equal only if their texts are.
    pub(crate) fn same(&self, other: &Self) -> bool {
        match (self.double, other.double) {
            (Some(one), Some(two)) => one == two,
            _ => self.text == other.text,
        }
    }
}

/// 2^53: doubles represent every whole number up to here.
const WHOLE: i64 = 1 << 53;

fn surviving_double(text: &str) -> Option<f64> {
    if let Ok(whole) = text.parse::<i64>()
        && (-WHOLE..=WHOLE).contains(&whole)
    {
        return Some(whole as f64);
    }
    let double: f64 = text.parse().ok()?;
    if !double.is_finite() {
        return None;
    }
    let written = Decimal::read(text)?;
    let read_back = Decimal::read(&format!("{double:e}"))?;
    // Adding 0.0 turns -0.0 into 0.0.
    (written == read_back).then_some(double + 0.0)
}

/// A decimal number in normal form: no zeros at either end of the digits, and no digits for zero.
#[derive(PartialEq)]
struct Decimal {
    negative: bool,
    digits: String,
    exponent: i64,
}

impl Decimal {
    /// Returns `None` if the exponent itself exceeds 64 bits.
    fn read(text: &str) -> Option<Self> {
        let (negative, text) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits = format!("{whole}{fraction}");
        let shorter = digits.trim_end_matches('0');
        let digits = shorter.trim_start_matches('0');
        if digits.is_empty() {
            return Some(Self {
                negative: false,
                digits: String::new(),
                exponent: 0,
            });
        }
        let dropped = whole.len().checked_sub(shorter.len());
        let shift = match dropped {
            Some(zeros) => i64::try_from(zeros).ok()?,
            None => -i64::try_from(shorter.len() - whole.len()).ok()?,
        };
        Some(Self {
            negative,
            digits: digits.to_owned(),
            exponent: exponent.parse::<i64>().ok()?.checked_add(shift)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn representable_numbers_compare_by_value() {
        let table = [
            ("whole and with a fraction", "300", "300.0", true),
            ("with an exponent", "300", "3.0e2", true),
            ("exponent written with a plus", "300", "3E+2", true),
            ("minus nothing is nothing", "0", "-0", true),
            ("minus nothing with a fraction", "0", "-0.0", true),
            (
                "nothing however it is scaled",
                "0",
                "0e99999999999999999999",
                true,
            ),
            ("a fraction with zeros behind it", "0.1", "0.1000", true),
            (
                "a small fraction in two spellings",
                "0.00025",
                "2.5e-4",
                true,
            ),
            ("another number", "300", "300.5", false),
            ("another sign", "300", "-300", false),
            (
                "2^53 is a double",
                "9007199254740992",
                "9007199254740992.0",
                true,
            ),
            (
                "2^53 + 1 is not, nor is it 2^53",
                "9007199254740992",
                "9007199254740993",
                false,
            ),
            (
                "2^53 + 1 is itself, as text",
                "9007199254740993",
                "9007199254740993",
                true,
            ),
            (
                "2^53 + 1 in another spelling is another text",
                "9007199254740993",
                "9007199254740993.0",
                false,
            ),
            ("beyond a double: the same text", "1e400", "1e400", true),
            (
                "beyond a double: another text for the same value",
                "1e400",
                "10e399",
                false,
            ),
            (
                "so small that a double drops it is not zero",
                "0",
                "1e-400",
                false,
            ),
            (
                "too many digits for a double",
                "0.3",
                "0.30000000000000001",
                false,
            ),
            (
                "an exponent beyond 64 bits",
                "1e99999999999999999999",
                "1e99999999999999999998",
                false,
            ),
        ];
        for (why, one, two, same) in table {
            assert_eq!(
                Number::new(one).same(&Number::new(two)),
                same,
                "{why}: {one} and {two}"
            );
        }
    }

    #[test]
    fn only_exact_doubles_have_values() {
        let table = [
            ("a whole number", "42", Some(42.0)),
            ("a fraction", "301.8", Some(301.8)),
            ("minus nothing has no sign left", "-0.0", Some(0.0)),
            ("2^53 + 1", "9007199254740993", None),
            ("infinite as a double", "1e400", None),
            ("zero as a double", "-1e-400", None),
        ];
        for (why, text, double) in table {
            assert_eq!(Number::new(text).double(), double, "{why}: {text}");
        }
    }
}
