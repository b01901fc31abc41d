//! Times and quantities: a cron expression, and the scalars that are lengths, dates and amounts.
#![no_main]

use std::collections::BTreeSet;

use etlc::spec::quantities::{CpuQuantity, Duration, MemoryQuantity, PositiveDuration};
use etlc::spec::scalars::Date;
use etlc_fuzz::{resolve, text};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some(text) = text(data) else { return };
    quantities(text);
    if let Some(once) = canonical(text) {
        assert_eq!(canonical(&once).as_deref(), Some(once.as_str()), "{text:?}: not canonical");
        // A template, also an empty one, is rendered before.
        if !text.trim().starts_with('@') && !text.contains('{') {
            assert_eq!(sets(text), sets(&once), "{text:?} means something else than {once:?}");
        }
        // A day of each kind that the expression asks for must exist in some year.
        let [_, _, days, months, _] = sets(&once);
        let longest = |month: &u32| {
            if *month == 2 {
                29
            } else if [4, 6, 9, 11].contains(month) {
                30
            } else {
                31
            }
        };
        assert!(months.iter().any(|month| days.iter().any(|day| *day <= longest(month))), "{once:?} never runs");
    }
});

fn quantities(text: &str) {
    if let Ok(Duration(seconds)) = Duration::parse(text) {
        assert_eq!(Duration::parse(&format!("{}s", seconds % 1_000_000)), Ok(Duration(seconds % 1_000_000)));
        assert_eq!(PositiveDuration::parse(text).is_ok(), seconds > 0);
    }
    if let Ok(cpu) = CpuQuantity::parse(text) {
        let once = cpu.canonical();
        assert_eq!(CpuQuantity::parse(&once).map(|again| again.canonical()), Ok(once));
    }
    if let Ok(memory) = MemoryQuantity::parse(text) {
        let once = memory.canonical();
        assert_eq!(MemoryQuantity::parse(&once).map(|again| again.canonical()), Ok(once));
    }
    let _ = Date::parse(text);
}

/// The canonical form, as a plan shows it.
fn canonical(cron: &str) -> Option<String> {
    let quoted = serde_json::to_string(cron).expect("a string");
    let outcome = resolve(&format!(
        "version: 1\npipeline: p\nowner: data\nschedule: {{cron: {quoted}, timezone: UTC}}\nsteps:\n  work: {{kind: container, image: x:1, command: [x]}}\n"
    ));
    assert_eq!(outcome.plan.is_some(), etlc_fuzz::accepts(&outcome.diagnostics));
    Some(outcome.plan?.schedule?.cron)
}

/// What each field stands for, read anew and in the plainest way.
fn sets(cron: &str) -> [BTreeSet<u32>; 5] {
    const RANGES: [(u32, u32); 5] = [(0, 59), (0, 23), (1, 31), (1, 12), (0, 6)];
    const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    const DAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
    let fields: Vec<&str> = cron.split_whitespace().collect();
    assert_eq!(fields.len(), 5, "{cron:?}");
    std::array::from_fn(|index| {
        let (first, last) = RANGES[index];
        let number = |text: &str| {
            let names: &[&str] = match index {
                3 => &MONTHS,
                4 => &DAYS,
                _ => &[],
            };
            let named = names.iter().position(|name| name.eq_ignore_ascii_case(text)).map(|at| at as u32 + first);
            named.unwrap_or_else(|| text.parse().unwrap_or_else(|_| panic!("{cron:?}: {text:?}")))
        };
        let mut set = BTreeSet::new();
        for item in fields[index].split(',') {
            let (range, step) = item.split_once('/').map_or((item, 1), |(range, step)| (range, number(step)));
            let (from, to) = match range.split_once('-') {
                _ if range == "*" => (first, last),
                Some((from, to)) => (number(from), number(to)),
                None if item.contains('/') => (number(range), last),
                None => (number(range), number(range)),
            };
            for value in from..=to {
                if (value - from) % step == 0 {
                    set.insert(if index == 4 { value % 7 } else { value });
                }
            }
        }
        set
    })
}
