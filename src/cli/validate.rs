//! `etlc validate`: every fault, offline.

use clap::Args;

use super::args::{Chosen, Format, Global};
use super::report::{self, Stream};
use super::world::World;
use crate::driver::Goal;

/// Find every fault, without touching anything
#[derive(Debug, Args)]
pub(super) struct Validate {
    #[command(flatten)]
    chosen: Chosen,
    /// The target to check against; that of `etlc.yaml` if not given
    #[arg(long, value_name = "TARGET")]
    target: Option<String>,
    /// Exit with 1 for warnings too
    #[arg(long)]
    deny_warnings: bool,
}

impl Validate {
    pub(super) fn run(self, global: &Global, world: &mut World) -> u8 {
        let request = global.request(world, &self.chosen, self.target.as_ref(), Goal::Faults);
        report::compile(&request, global, world, |workspace, compiled, world| {
            let printed = report::findings(workspace, compiled, global, world, Stream::Result);
            if global.format == Format::Human && compiled.diagnostics.is_empty() {
                let n = compiled.pipelines.len();
                let target = match &compiled.target {
                    Some(target) => format!(" on target `{target}`"),
                    None => "; no target was checked, because neither `--target` nor `target` in etlc.yaml names one".to_owned(),
                };
                world.say(&match n {
                    0 => "nothing to check: no pipeline uses what was named\n".to_owned(),
                    1 => format!("1 pipeline, no faults{target}\n"),
                    _ => format!("{n} pipelines, no faults{target}\n"),
                });
            }
            Ok(printed.max(report::exit_code(workspace, &compiled.diagnostics, self.deny_warnings)))
        })
    }
}
