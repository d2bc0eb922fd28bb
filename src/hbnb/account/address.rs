//! Addresses of people: as they were typed, and as they are compared.

/// The longest, in characters: the column's width.
pub const MAX: usize = 128;

/// An email address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// As typed, without spaces around it.
    pub typed: String,
    /// Without capitals: who writes `Ann@Example.com` means `ann@example.com`.
    pub folded: String,
}

impl Address {
    /// An address that somebody may already have; old data holds any text.
    pub fn known(text: &str) -> Self {
        let typed = text.trim().to_string();
        Self { folded: typed.to_lowercase(), typed }
    }

    /// An address for a new account: something, `@`, something, no spaces; none if it is not one. Whether letters arrive
    /// there is not ours to guess.
    pub fn new(text: &str) -> Option<Self> {
        let address = Self::known(text);
        let (name, host) = address.typed.rsplit_once('@')?;
        let fits = |text: &str| text.chars().count() <= MAX;
        let strange = |c: char| c.is_whitespace() || c.is_control() || "<>,;\"\\".contains(c);
        let is_address = !name.is_empty()
            && !host.starts_with('.')
            && !host.ends_with('.')
            && !host.is_empty()
            && !address.typed.chars().any(strange);
        (is_address && fits(&address.typed) && fits(&address.folded)).then_some(address)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_something_on_both_sides_and_no_spaces() {
        let new = Address::new(" Ann@Example.COM ");
        let wanted = Address { typed: "Ann@Example.COM".into(), folded: "ann@example.com".into() };
        assert_eq!(new, Some(wanted));
        let long = format!("{}@x", "a".repeat(MAX));
        for wrong in
            ["", "ann", "@x", "ann@", "a b@x", "a@x y", "a@.x", "a@x.", "a@x\r\nBcc: b", "<a@x>", &long]
        {
            assert_eq!(Address::new(wrong), None, "{wrong}");
        }
    }
}
