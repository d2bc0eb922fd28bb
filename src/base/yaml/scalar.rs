//! What a plain scalar means: YAML 1.2's core schema, and the booleans of YAML 1.1 that Ansible's users type.

use super::Value;

/// What a plain (unquoted) scalar is; `0644` and numbers beyond 64 bits stay texts.
pub fn meaning(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
        ".inf" | ".Inf" | ".INF" | "+.inf" => return Value::Float(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => return Value::Float(f64::NEG_INFINITY),
        ".nan" | ".NaN" | ".NAN" => return Value::Float(f64::NAN),
        _ => {}
    }
    boolean(text).map(Value::Bool).or_else(|| number(text)).unwrap_or_else(|| Value::Str(text.into()))
}

/// The boolean a word stands for.
pub fn boolean(text: &str) -> Option<bool> {
    match text {
        "true" | "True" | "TRUE" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => Some(true),
        "false" | "False" | "FALSE" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => Some(false),
        _ => None,
    }
}

fn number(text: &str) -> Option<Value> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if let Some(hex) = text.strip_prefix("0x") {
        return i64::from_str_radix(hex, 16).ok().filter(|n| *n >= 0).map(Value::Int);
    }
    if let Some(octal) = text.strip_prefix("0o") {
        return i64::from_str_radix(octal, 8).ok().filter(|n| *n >= 0).map(Value::Int);
    }
    let leading_zero = digits.len() > 1 && digits.starts_with('0') && !digits.starts_with("0.");
    if leading_zero || !digits.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return None;
    }
    if digits.bytes().all(|b| b.is_ascii_digit()) {
        return text.parse().ok().map(Value::Int);
    }
    let float = digits.bytes().all(|b| b.is_ascii_digit() || b".eE+-".contains(&b));
    text.parse().ok().filter(|_| float).map(Value::Float)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_scalars_mean_what_the_core_schema_and_ansible_say() {
        for (text, wanted) in [
            ("~", Value::Null),
            ("yes", Value::Bool(true)),
            ("Off", Value::Bool(false)),
            ("y", Value::Str("y".into())),
            ("42", Value::Int(42)),
            ("-1", Value::Int(-1)),
            ("0x1F", Value::Int(31)),
            ("0o17", Value::Int(15)),
            ("0", Value::Int(0)),
            ("0644", Value::Str("0644".into())),
            ("1.10", Value::Float(1.1)),
            ("1e3", Value::Float(1000.0)),
            ("1.2.3.4", Value::Str("1.2.3.4".into())),
            ("-", Value::Str("-".into())),
            ("inf", Value::Str("inf".into())),
            ("99999999999999999999", Value::Str("99999999999999999999".into())),
            ("127.0.0.1:5000", Value::Str("127.0.0.1:5000".into())),
        ] {
            assert_eq!(meaning(text), wanted, "{text}");
        }
    }
}
