//! Reference pages that are written from the code.

use std::fmt::Write;

use etlc::diag::catalogue::{ALL, Level};

use crate::bless;

const HEAD: &str = "<!-- Written from the code by `ETLC_BLESS=1 cargo test`. -->\n";

#[test]
fn the_list_of_errors_is_current() {
    let mut page = format!(
        "{HEAD}# Errors\n\nEvery error that etlc reports. `etlc explain E0201` prints a page in the terminal.\n\n| code | what is wrong | since |\n|---|---|---|\n"
    );
    for rule in ALL.iter().filter(|rule| rule.level.is_none()) {
        let _ = writeln!(page, "| [{0}](../errors/{0}.md) | {1} | {2} |", rule.id, cell(rule.title), rule.since);
    }
    bless::check("docs/reference/errors.md", &page);
}

#[test]
fn the_list_of_lints_is_current() {
    let mut page = format!(
        "{HEAD}# Lints\n\nWhat etlc warns of, or can. A level is set under `lints` in `etlc.yaml`: `off`, `warn` or `error`; a name may be written with `_` for `-`.\n\n\
         ```yaml\nlints: {{sql_syntax: off, yaml_1_1: error}}\n```\n\n| lint | what it finds | level | since |\n|---|---|---|---|\n"
    );
    for rule in ALL {
        let level = match rule.level {
            None => continue,
            Some(Level::Off) => "off",
            Some(Level::Warn) => "warn",
            Some(Level::Error) => "error",
        };
        let _ = writeln!(page, "| [{0}](../errors/{0}.md) | {1} | `{level}` | {2} |", rule.id, cell(rule.title), rule.since);
    }
    bless::check("docs/reference/lints.md", &page);
}

#[test]
fn the_page_of_the_command_line_is_current() {
    let mut command = etlc::cli::command().term_width(100);
    command.build();
    let mut page = format!("{HEAD}# The command line\n\n```text\n{}```\n", command.render_help());
    for verb in command.get_subcommands() {
        section(&mut page, "etlc", verb);
    }
    let page: Vec<&str> = page.lines().map(str::trim_end).collect();
    bless::check("docs/reference/cli.md", &(page.join("\n") + "\n"));
}

/// A verb and those below it, without the options that every verb has.
fn section(page: &mut String, above: &str, verb: &clap::Command) {
    let name = format!("{above} {}", verb.get_name());
    let global: Vec<clap::Id> = verb.get_arguments().filter(|arg| arg.is_global_set()).map(|arg| arg.get_id().clone()).collect();
    let shown = global.into_iter().fold(verb.clone(), |verb, id| verb.mut_arg(id, |arg| arg.hide(true)));
    let _ = write!(page, "\n## {name}\n\n```text\n{}```\n", shown.term_width(100).render_help());
    for inner in verb.get_subcommands() {
        section(page, &name, inner);
    }
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}
