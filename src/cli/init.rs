//! `etlc init`: a small workspace that works.

use std::path::Path;

use clap::{Args, ValueHint};

use super::args::Global;
use super::report;
use super::world::World;
use crate::driver::{self, Failure, WORKSPACE_FILE, absolute};

/// The files of a new workspace: those of `examples/starter`, which the tests compile.
const STARTER: &[(&str, &str)] = &[
    ("etlc.yaml", include_str!("../../examples/starter/etlc.yaml")),
    ("platform/platform.yaml", include_str!("../../examples/starter/platform/platform.yaml")),
    ("pipelines/daily_sales/pipeline.yaml", include_str!("../../examples/starter/pipelines/daily_sales/pipeline.yaml")),
    ("pipelines/daily_sales/by_day.sql", include_str!("../../examples/starter/pipelines/daily_sales/by_day.sql")),
    ("pipelines/daily_sales/report.py", include_str!("../../examples/starter/pipelines/daily_sales/report.py")),
    (".pre-commit-config.yaml", include_str!("../../examples/starter/.pre-commit-config.yaml")),
    (".github/workflows/etlc.yaml", include_str!("../../examples/starter/.github/workflows/etlc.yaml")),
];

/// Make a small workspace that works
#[derive(Debug, Args)]
pub(super) struct Init {
    /// The folder; this one if not given
    #[arg(value_name = "DIR", value_hint = ValueHint::DirPath, default_value = ".")]
    folder: String,
}

impl Init {
    pub(super) fn run(self, global: &Global, world: &mut World) -> u8 {
        let folder = absolute(&world.cwd, &self.folder);
        match make(&folder, &self.folder, world) {
            Ok(()) => {
                let here = if self.folder == "." { String::new() } else { format!("cd {}; ", self.folder) };
                let list: Vec<&str> = STARTER.iter().map(|(path, _)| *path).collect();
                world.say(&format!(
                    "made a workspace in `{}`:\n  {}\nnext: {here}etlc validate; etlc render\n",
                    self.folder,
                    list.join("\n  ")
                ));
                0
            }
            Err(failure) => report::fail(&failure, global, world),
        }
    }
}

/// Writes all files, or none where one of them would replace another.
fn make(folder: &Path, shown: &str, world: &World) -> Result<(), Failure> {
    let taken = STARTER.iter().map(|(path, _)| path).find(|path| world.system.kind(&folder.join(path)).is_ok());
    if let Some(path) = taken {
        let help = if *path == WORKSPACE_FILE {
            "this is a workspace already: try `etlc validate`"
        } else {
            "name another folder: `etlc init DIR`"
        };
        return Err(Failure::new(format!("`{path}` exists already in `{shown}`, and nothing is overwritten")).help(help));
    }
    for (path, text) in STARTER {
        driver::write_file(&folder.join(path), text)
            .map_err(|error| Failure::new(format!("cannot write `{path}` in `{shown}`: {error}")))?;
    }
    Ok(())
}
