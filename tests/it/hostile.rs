//! Files that are made to hurt: each ends in findings or a tree, and never in a panic. A reader that is quadratic in any of them would hang.

use std::fmt::Write as _;

use etlc::diag::Diagnostic;
use etlc::source::SourceMap;
use etlc::syntax::{Document, parse};

fn read(text: impl Into<String>) -> (Document, Vec<Diagnostic>) {
    let map = SourceMap::default();
    let file = map.add("hostile.yaml", text);
    let (document, diagnostics) = parse(&file);
    for found in &diagnostics {
        for label in &found.labels {
            let (span, whole) = (label.span, file.span());
            assert!(
                whole.start <= span.start && span.start <= span.end && span.end <= whole.end,
                "{} lies outside the file",
                found.message
            );
            assert!(file.text().is_char_boundary((span.start - whole.start) as usize), "{} starts inside a character", found.message);
            assert!(file.text().is_char_boundary((span.end - whole.start) as usize), "{} ends inside a character", found.message);
        }
    }
    (document, diagnostics)
}

fn ids(text: impl Into<String>) -> Vec<&'static str> {
    read(text).1.iter().map(|found| found.rule.id).collect()
}

fn lines(count: usize, line: impl Fn(usize) -> String) -> String {
    (0..count).map(|number| line(number) + "\n").collect()
}

#[test]
fn an_alias_bomb_is_refused() {
    let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..40 {
        let aliases = vec![format!("*a{}", level - 1); 10].join(", ");
        writeln!(text, "a{level}: &a{level} [{aliases}]").expect("a string takes all");
    }
    assert_eq!(ids(text), ["E0103"]);
}

#[test]
fn many_copies_of_a_long_text_are_refused() {
    let long = "x".repeat(1 << 20);
    let copies = vec!["*a"; 10_000].join(", ");
    assert_eq!(ids(format!("a: &a {long}\nb: [{copies}]\n")), ["E0103"]);
}

#[test]
fn an_anchor_that_contains_itself_is_refused() {
    assert_eq!(ids("a: &a [*a]\n"), ["E0104"]);
}

#[test]
fn deep_nesting_is_refused() {
    assert_eq!(ids("[".repeat(100_000)), ["E0103"]);
    assert_eq!(ids("{a: ".repeat(50_000)), ["E0103"]);
    assert_eq!(ids("? ".repeat(20_000)), ["E0103"]);
    assert_eq!(ids("- ".repeat(20_000)), ["E0103"]);
    assert_eq!(ids(lines(200, |depth| " ".repeat(depth) + "a:")), ["E0103"]);
}

#[test]
fn aliases_do_not_get_round_the_limit_on_depth() {
    let nested = format!("{}x{}", "[".repeat(40), "]".repeat(40));
    assert_eq!(ids(format!("a: &a {nested}\nb: {}*a{}\n", "[".repeat(40), "]".repeat(40))), ["E0103"]);
}

#[test]
fn a_file_of_keys_alone_is_read_in_time() {
    let text = lines(70_000, |number| format!("k{number}: 1"));
    let (document, diagnostics) = read(text);
    assert!(diagnostics.is_empty());
    assert_eq!(document.root.map(|root| root.entries().len()), Some(70_000));
}

#[test]
fn a_file_of_more_values_than_a_person_wrote_is_refused() {
    assert_eq!(ids(lines(200_000, |number| format!("k{number}: 1"))), ["E0103"]);
}

#[test]
fn a_file_of_duplicates_is_read_in_time() {
    let found = ids("k: 1\n".repeat(50_000));
    assert_eq!((found.len(), found.last()), (1_001, Some(&"E0813")));
}

#[test]
fn a_file_of_unquoted_templates_is_read_in_time() {
    let text = lines(20_000, |number| format!("k{number}: {{{{ x }}}}"));
    assert!(ids(text).iter().all(|id| *id == "E0105"));
}

#[test]
fn a_file_of_anchors_is_read_in_time() {
    let text = lines(50_000, |number| format!("k{number}: &a{number} 1")) + "z: *a7\n";
    assert!(read(text).1.is_empty());
}

#[test]
fn control_characters_are_refused() {
    for text in ["a: x\0y\n", "a\0: 1\n", "a: \u{1}\n", "a: \"\u{7f}\"\n", "a: 'x\u{1b}y'\n", "a: |\n  x\u{8}y\n", "\0", "a: \u{fffe}\n"] {
        let (_, diagnostics) = read(text);
        assert!(diagnostics.iter().any(|found| found.rule.id == "E0101"), "{text:?}: {diagnostics:?}");
    }
}

#[test]
fn a_byte_order_mark_and_carriage_returns_are_taken() {
    let (document, diagnostics) = read("\u{feff}a: 1\r\nb:\r\n  - |\r\n    x\r\n    y\r\n");
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    assert_eq!(document.root.map(|root| root.to_json()), Some(serde_json::json!({"a": 1, "b": ["x\ny\n"]})));
}

#[test]
fn empty_files_are_said_to_be_empty() {
    for text in ["", "\n", "# only a comment\n", "---\n", "\u{feff}", "   \n\n", "---\n...\n"] {
        assert_eq!(ids(text), ["E0205"], "{text:?}");
    }
}

#[test]
fn pieces_of_yaml_in_any_order_never_panic() {
    const PIECES: [&str; 40] = [
        "a", ": ", "\n", "  ", "- ", "? ", "[", "]", "{", "}", ",", "'", "\"", "|\n", ">-\n", "#", " #", "&a ", "*a", "!t ", "!!str ",
        "<<: ", "---\n", "...\n", "%YAML", "{{ x }}", "{% ", "\\", "\t", "\r\n", "\u{feff}", "é", "😀", "@", "`", "\0", "~", "0x",
        "k: v\n", "\u{85}",
    ];
    let mut state: u64 = 0x5DEE_CE66_D1CE_4E5B;
    for _ in 0..30_000 {
        let mut text = String::new();
        for _ in 0..(state % 12) {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            text.push_str(PIECES[usize::try_from(state % 40).expect("a small number")]);
        }
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let (document, diagnostics) = read(text.as_str());
        assert!(document.root.is_some() || !diagnostics.is_empty(), "nothing is said about {text:?}");
    }
}
