//! Converts an answer of a similar shape to the schema's form, which avoids a second, paid call.

use serde_json::{Map, Value, json};

/// Numeric fields of a finding.
const NUMBERS: [&str; 4] = ["number", "start_line", "line", "confidence"];

/// Converts an answer. Accepts, in addition to the schema: a bare list of findings, an answer in
/// one wrapper object, numbers as text, `High` for `high`, `right` for `RIGHT`, and shares from 0
/// to 1 instead of percent.
pub(crate) fn in_form(answer: &Value) -> Value {
    let wrapped = answer.as_object().and_then(unwrapped);
    let mut answer = match answer.as_array() {
        Some(findings) => json!({ "findings": findings }),
        None => wrapped.unwrap_or(answer).clone(),
    };
    number(answer.get_mut("quality_score"));
    let Some(findings) = answer.get_mut("findings").and_then(Value::as_array_mut) else {
        return answer;
    };
    for finding in findings.iter_mut() {
        for name in NUMBERS {
            number(finding.get_mut(name));
        }
        letters(finding.get_mut("severity"), str::to_ascii_lowercase);
        letters(finding.get_mut("side"), str::to_ascii_uppercase);
    }
    percent(findings);
    answer
}

/// Returns the answer in a wrapper's only member.
fn unwrapped(wrapper: &Map<String, Value>) -> Option<&Value> {
    let only = wrapper.values().next().filter(|_| wrapper.len() == 1)?;
    only.get("findings").map(|_| only)
}

/// Converts numeric text to a number.
fn number(value: Option<&mut Value>) {
    if let Some(value) = value
        && let Some(text) = value.as_str()
        && let Ok(number @ Value::Number(_)) = serde_json::from_str(text.trim())
    {
        *value = number;
    }
}

fn letters(value: Option<&mut Value>, change: fn(&str) -> String) {
    if let Some(Value::String(text)) = value {
        *text = change(text);
    }
}

/// Converts the confidences to percent. If none is above 1 and one is a fraction, they are shares.
/// If all are 0 or 1, the unit is unknown and the confidences are removed.
fn percent(findings: &mut [Value]) {
    let confidence = |finding: &Value| finding.get("confidence").and_then(Value::as_f64);
    let all: Vec<f64> = findings.iter().filter_map(confidence).collect();
    if all.is_empty() || all.iter().any(|value| *value > 1.0) {
        return;
    }
    let are_shares = all.iter().any(|value| value.fract() != 0.0);
    for finding in findings {
        let share = confidence(finding);
        if let Some(finding) = finding.as_object_mut()
            && let Some(share) = share
        {
            match are_shares {
                true => finding.insert("confidence".to_owned(), json!((share * 100.0).round())),
                false => finding.remove("confidence"),
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn similar_shapes_are_converted() {
        let finding = json!({"line": 3, "severity": "high", "side": "RIGHT", "confidence": 95});
        let answer = json!({"findings": [finding], "quality_score": 2});
        let bare = json!({"findings": [finding]});
        for (why, shape, want) in [
            ("the form itself", answer.clone(), &answer),
            ("the list alone", json!([finding]), &bare),
            ("a wrapper", json!({ "review": answer }), &answer),
            (
                "numbers as text",
                json!({"findings": [{"line": "3", "severity": "high", "side": "RIGHT", "confidence": " 95 "}], "quality_score": "2"}),
                &answer,
            ),
            (
                "other cases",
                json!({"findings": [{"line": 3, "severity": "High", "side": "right", "confidence": 95}], "quality_score": 2}),
                &answer,
            ),
        ] {
            assert_eq!(in_form(&shape), *want, "{why}");
        }
    }

    #[test]
    fn confidence_has_one_unit() {
        for (why, all, want) in [
            (
                "percent",
                vec![json!(95), json!(1)],
                vec![json!(95), json!(1)],
            ),
            (
                "shares",
                vec![json!(0.95), json!(1)],
                vec![json!(95.0), json!(100.0)],
            ),
            ("a share as text", vec![json!("0.5")], vec![json!(50.0)]),
            (
                "only zeros and ones",
                vec![json!(1), json!(0)],
                vec![Value::Null, Value::Null],
            ),
            ("none", vec![Value::Null], vec![Value::Null]),
        ] {
            let findings: Vec<_> = all.iter().map(|it| json!({ "confidence": it })).collect();
            let read = in_form(&json!({ "findings": findings }));
            let read = read["findings"].as_array().unwrap();
            let read: Vec<_> = read.iter().map(|it| it["confidence"].clone()).collect();
            assert_eq!(read, want, "{why}");
        }
    }
}
