//! `etlc explain`: the page of an error or a lint.

use std::fmt::Write;

use clap::Args;

use super::args::Global;
use super::report;
use super::world::World;
use crate::diag::catalogue::{ALL, Rule};
use crate::diag::did_you_mean;
use crate::driver::Failure;

/// Explain an error or a lint, with an example that fails and one that works
#[derive(Debug, Args)]
pub(super) struct Explain {
    /// `E0201`, or a lint's name; without one, all of them are listed
    #[arg(value_name = "CODE")]
    code: Option<String>,
}

impl Explain {
    pub(super) fn run(self, global: &Global, world: &mut World) -> u8 {
        let Some(code) = self.code else { return world.print(&all(), 0) };
        match Rule::find(&code) {
            Some(rule) => world.print(rule.page, 0),
            None => {
                let mut failure = Failure::new(format!("no error or lint `{code}`"));
                let near = did_you_mean(&code.to_uppercase(), ALL.iter().map(|rule| rule.id).filter(|id| id.starts_with('E')));
                failure.help =
                    did_you_mean(&code, ALL.iter().map(|rule| rule.id)).or(near).or(Some("`etlc explain` lists them all".to_owned()));
                report::fail(&failure, global, world)
            }
        }
    }
}

fn all() -> String {
    let width = ALL.iter().map(|rule| rule.id.len()).max().unwrap_or(0);
    ALL.iter().fold(String::new(), |mut out, rule| {
        let _ = writeln!(out, "{:width$}  {}", rule.id, rule.title);
        out
    })
}
