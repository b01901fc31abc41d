//! The `part` blocks of a case: lines that stand in a rendered file one after another, at any depth.

/// What of a block does not stand in a text. A line `…` separates groups of lines; each group comes after the one before it.
pub(super) fn missing(block: &str, text: &str) -> Option<String> {
    let lines: Vec<&str> = text.lines().collect();
    let wanted: Vec<&str> = block.lines().collect();
    let mut from = 0;
    for group in wanted.split(|line| line.trim() == "…").filter(|group| !group.is_empty()) {
        let found = (from..lines.len()).find(|&at| stands(group, &lines[at..]));
        let Some(at) = found else { return Some(group.join("\n")) };
        from = at + group.len();
    }
    None
}

/// Whether lines begin with a group, all of it as much deeper or less deep.
fn stands(group: &[&str], lines: &[&str]) -> bool {
    let depth = |line: &str| line.len() - line.trim_start_matches(' ').len();
    let (wanted, found) = (depth(group[0]), lines.first().map_or(0, |line| depth(line)));
    let same = |(wanted_line, line): (&&str, &&str)| {
        wanted_line.trim_start() == line.trim_start() && (wanted_line.is_empty() || depth(wanted_line) + found == depth(line) + wanted)
    };
    lines.len() >= group.len() && group.iter().zip(lines).all(same)
}
