//! Quantities of cpu and memory in the one spelling that the cluster itself uses: a rendered object then equals the one that is read back.

/// `1000m` as `1`, `0.5` as `500m`, `1024Mi` as `1Gi`. A text that is no quantity stays as it is.
#[must_use]
pub(crate) fn canonical(text: &str) -> String {
    parse(text).map_or_else(|| text.to_owned(), |(thousandths, base)| format(thousandths, base))
}

/// What a suffix multiplies by, in thousandths, and whether its family counts in 1,024s.
fn parse(text: &str) -> Option<(u128, u128)> {
    const SUFFIXES: &[(&str, u128, u128)] = &[
        ("Ki", 1024, 1024),
        ("Mi", 1024_u128.pow(2), 1024),
        ("Gi", 1024_u128.pow(3), 1024),
        ("Ti", 1024_u128.pow(4), 1024),
        ("Pi", 1024_u128.pow(5), 1024),
        ("Ei", 1024_u128.pow(6), 1024),
        ("k", 1000, 1000),
        ("M", 1000_u128.pow(2), 1000),
        ("G", 1000_u128.pow(3), 1000),
        ("T", 1000_u128.pow(4), 1000),
        ("P", 1000_u128.pow(5), 1000),
        ("E", 1000_u128.pow(6), 1000),
    ];
    if let Some(milli) = text.strip_suffix('m') {
        return Some((milli.parse().ok()?, 1000));
    }
    let suffix = SUFFIXES.iter().find(|(suffix, ..)| text.ends_with(suffix));
    let (digits, factor, base) =
        suffix.map_or((text, 1, 1000), |&(suffix, factor, base)| (&text[..text.len() - suffix.len()], factor, base));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if fraction.len() > 3 || digits.is_empty() {
        return None;
    }
    let whole: u128 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let fraction: u128 = if fraction.is_empty() { 0 } else { format!("{fraction:0<3}").parse().ok()? };
    Some(((whole * 1000 + fraction).checked_mul(factor)?, base))
}

fn format(thousandths: u128, base: u128) -> String {
    if !thousandths.is_multiple_of(1000) {
        return format!("{thousandths}m");
    }
    let suffixes = if base == 1024 { ["Ki", "Mi", "Gi", "Ti", "Pi", "Ei"] } else { ["k", "M", "G", "T", "P", "E"] };
    let mut number = thousandths / 1000;
    let mut suffix = "";
    for larger in suffixes {
        if number == 0 || !number.is_multiple_of(base) {
            break;
        }
        number /= base;
        suffix = larger;
    }
    format!("{number}{suffix}")
}

#[cfg(test)]
mod tests {
    use super::canonical;

    #[test]
    fn quantities_have_one_spelling() {
        let cases =
            [("1000m", "1"), ("0.5", "500m"), ("1024Mi", "1Gi"), ("1.5Gi", "1536Mi"), ("2000M", "2G"), ("500m", "500m"), ("1e3", "1e3")];
        for (written, canonical_form) in cases {
            assert_eq!(canonical(written), canonical_form, "{written}");
        }
    }
}
