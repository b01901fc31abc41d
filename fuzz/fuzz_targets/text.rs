//! `${…}` in texts: found, read, written out again.
#![no_main]

use etlc::plan::text::find;
use etlc::plan::{Part, Reference, Text};
use etlc_fuzz::{inside, text};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some(text) = text(data) else { return };
    let found = find(text);
    let mut last = 0;
    for found in &found {
        inside(text, &found.range, "a `${…}`");
        assert!(found.range.start >= last && text[found.range.clone()].starts_with("${"));
        last = found.range.end;
        if let Ok(Part::Ref { reference, .. }) = &found.part {
            assert_eq!(Reference::parse(&reference.to_string()).as_ref(), Ok(reference));
            let name = reference.env_name();
            assert!(name.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_'), "{name}");
        }
    }
    let parsed = Text::parse(text);
    assert_eq!(Text::parse(text), parsed);
    assert_eq!(parsed.references().count(), found.iter().filter(|found| found.part.is_ok()).count());
    for pair in parsed.parts().windows(2) {
        assert!(!matches!(pair, [Part::Const(_), Part::Const(_)]), "two constants side by side");
    }
    // Any string can be written, by the one rule that the documentation gives.
    let escaped = text.replace("${", "$${");
    assert_eq!(Text::parse(&escaped).as_constant(), Some(text));
    assert!(find(&escaped).is_empty());
});
