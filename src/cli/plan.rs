//! `etlc plan`: what pipelines mean, free of any target, as JSON.

use clap::Args;

use super::args::{Chosen, Global};
use super::report::{self, Stream};
use super::world::World;
use crate::driver::Goal;

/// Print what pipelines mean, as JSON: one plan for one named pipeline, else a list
#[derive(Debug, Args)]
pub(super) struct Plan {
    #[command(flatten)]
    chosen: Chosen,
}

impl Plan {
    pub(super) fn run(self, global: &Global, world: &mut World) -> u8 {
        let request = global.request(world, &self.chosen, None, Goal::Plans);
        report::compile(&request, global, world, |workspace, compiled, world| {
            let plans: Vec<_> = compiled.pipelines.iter().filter_map(|pipeline| pipeline.plan.as_ref()).collect();
            let one = self.chosen.paths.len() == 1 && compiled.pipelines.len() == 1;
            let text = match plans.as_slice() {
                [] if one => String::new(),
                // Plans are trees of strings, numbers and booleans, which always serialise.
                [plan] if one => serde_json::to_string_pretty(plan).unwrap_or_default() + "\n",
                plans => serde_json::to_string_pretty(plans).unwrap_or_default() + "\n",
            };
            let said = report::findings(workspace, compiled, global, world, Stream::ErrorsAside);
            let code = said.max(report::exit_code(workspace, &compiled.diagnostics, false));
            Ok(world.print(&text, code))
        })
    }
}
