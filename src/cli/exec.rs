//! `etlc exec`: what runs inside a step's container.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use super::world::World;
use crate::diag::catalogue::{self, Rule};
use crate::run::{self, Access, Client, ItemsFault, Types, ValueKind};
use crate::sql::{Dialect, Fault, Kind};

/// Run a step's work inside its container
#[derive(Debug, Args)]
pub(super) struct Exec {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Fill the run-time values into a file of SQL and run it with the connection's client program
    Sql(Sql),
    /// Run a command, and then gather the values that it wrote to the files in `ETLC_VALUE_…` into one JSON object
    Values(Values),
    /// Print what a step that runs for each item of a list is given, one line for each; to try a list by hand
    Items(Items),
    /// Tell people that a run failed; `curl` has to be there
    Notify(Notify),
    /// Copy this program to a path, as an init container does for a container whose image does not have it
    Install(Install),
}

#[derive(Debug, Args)]
struct Install {
    /// Where the program is copied to; its folder must be there
    path: PathBuf,
}

#[derive(Debug, Args)]
struct Notify {
    /// The channel of Slack to write to; the secret is the token of an app that may
    #[arg(long, value_name = "CHANNEL", conflicts_with = "webhook", required_unless_present = "webhook")]
    slack: Option<String>,
    /// Send JSON to an HTTP endpoint; the secret is its address
    #[arg(long)]
    webhook: bool,
    /// The environment variable that holds the secret
    #[arg(long, value_name = "VARIABLE")]
    secret: String,
    /// The pipeline that failed
    #[arg(long)]
    pipeline: String,
    /// Its environment
    #[arg(long)]
    environment: Option<String>,
    /// The team that owns it
    #[arg(long)]
    team: String,
    /// The id of the run
    #[arg(long)]
    run: String,
    /// The file that it is written in
    #[arg(long)]
    source: String,
}

#[derive(Debug, Args)]
struct Values {
    /// A value that is any text
    #[arg(long, value_name = "NAME")]
    text: Vec<String>,
    /// A value that is JSON
    #[arg(long, value_name = "NAME")]
    json: Vec<String>,
    /// A JSON value that is a list, which other steps run over, and the members of its items that they mention; the object gets `NAME[]`, the items
    /// spelled out
    #[arg(long, value_name = "NAME[=MEMBER,…]", value_parser = list)]
    each: Vec<List>,
    /// The file that the object is written to; if not given, it is printed on a line of its own and the values' files are removed
    #[arg(long, value_name = "FILE")]
    to: Option<PathBuf>,
    /// The command and its arguments
    #[arg(last = true, required = true, value_name = "COMMAND")]
    command: Vec<String>,
}

#[derive(Debug, Args)]
struct Items {
    /// A member of the items that the step mentions as `${item.NAME}`
    #[arg(long, value_name = "NAME")]
    member: Vec<String>,
    /// The file with the list
    file: PathBuf,
}

#[derive(Debug, Args)]
struct Sql {
    /// The dialect, which says how values are quoted and which client runs them
    #[arg(long, value_parser = dialect)]
    dialect: Dialect,
    /// The environment variable that holds the connection's secret, such as `ETLC_CONNECTION_WAREHOUSE`
    #[arg(long, value_name = "VARIABLE")]
    connection: Option<String>,
    /// The client program and its arguments, as a JSON list; it takes SQL on its standard input
    #[arg(long, value_name = "JSON", value_parser = command)]
    client: Option<CommandLine>,
    /// Types of values: `params.days=integer`; string where none is given
    #[arg(long = "type", value_name = "NAME=TYPE", value_delimiter = ',', value_parser = typed)]
    types: Vec<(String, Kind)>,
    /// Print the filled SQL instead of running it
    #[arg(long)]
    print: bool,
    /// The file; a relative path starts at the folder in `ETLC_FILES`, if that is set
    file: PathBuf,
}

/// Words of a command.
#[derive(Clone, Debug)]
struct CommandLine(Vec<String>);

fn dialect(name: &str) -> Result<Dialect, String> {
    Dialect::find(name).ok_or_else(|| {
        let names: Vec<_> = Dialect::ALL.iter().map(|dialect| dialect.name()).collect();
        format!("no such dialect; there are {}", names.join(", "))
    })
}

fn command(json: &str) -> Result<CommandLine, String> {
    match serde_json::from_str::<Vec<String>>(json) {
        Ok(words) if words.first().is_some_and(|program| !program.is_empty()) => Ok(CommandLine(words)),
        _ => Err("expected a JSON list of strings, such as [\"psql\"]".to_owned()),
    }
}

/// A list and the members of its items that are asked for.
#[derive(Clone, Debug)]
struct List {
    name: String,
    members: Vec<String>,
}

#[expect(clippy::unnecessary_wraps, reason = "the parser of arguments asks for a result")]
fn list(written: &str) -> Result<List, String> {
    let (name, members) = written.split_once('=').unwrap_or((written, ""));
    let members = members.split(',').filter(|member| !member.is_empty()).map(str::to_owned).collect();
    Ok(List { name: name.to_owned(), members })
}

fn typed(pair: &str) -> Result<(String, Kind), String> {
    let (name, kind) = pair.split_once('=').ok_or("expected NAME=TYPE")?;
    let kind = Kind::find(kind).ok_or_else(|| {
        let names: Vec<_> = Kind::ALL.iter().map(|kind| kind.name()).collect();
        format!("no such type; there are {}", names.join(", "))
    })?;
    let name = if name.contains('.') { name.to_owned() } else { format!("params.{name}") };
    Ok((name, kind))
}

/// Why nothing was run.
struct Refusal {
    rule: &'static Rule,
    message: String,
    /// Lines below the message.
    more: Vec<String>,
    code: u8,
}

impl Exec {
    /// Gives the client's own exit code, 1 for a value or a statement that is at fault, 2 for what surrounds them.
    pub(super) fn run(self, world: &mut World) -> u8 {
        let done = match &self.what {
            What::Sql(sql) => sql.run(world),
            What::Values(values) => values.run(world),
            What::Items(items) => items.run(world),
            What::Notify(notify) => notify.run(),
            What::Install(install) => install.run(world),
        };
        done.unwrap_or_else(|refusal| {
            let mut text = format!("error[{}]: {}\n", refusal.rule.id, refusal.message);
            for line in &refusal.more {
                text.push_str("  ");
                text.push_str(line);
                text.push('\n');
            }
            world.say(&text);
            refusal.code
        })
    }
}

#[expect(clippy::disallowed_methods, reason = "a step's container hands everything over by environment variables")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

impl Install {
    fn run(&self, world: &World) -> Result<u8, Refusal> {
        run::install(&world.cwd.join(&self.path)).map(|()| 0).map_err(|error| Refusal {
            rule: &catalogue::UNREADABLE,
            message: format!("`{}` cannot be written: {error}", self.path.display()),
            more: vec!["help: name a file in a folder that can be written to, such as a volume that both containers see".to_owned()],
            code: 2,
        })
    }
}

impl Notify {
    fn run(&self) -> Result<u8, Refusal> {
        let secret = variable(&self.secret).ok_or_else(|| Refusal {
            rule: &catalogue::NOT_TOLD,
            message: format!("the environment variable `{}` is not set", self.secret),
            more: vec!["help: the platform's `channels` say which secret it comes from".to_owned()],
            code: 2,
        })?;
        let secret = secret.trim().to_owned();
        let channel = match &self.slack {
            Some(channel) => run::Channel::Slack { channel: channel.clone(), token: secret },
            None => run::Channel::Webhook { url: secret },
        };
        let failure = run::Failure {
            pipeline: self.pipeline.clone(),
            environment: self.environment.clone(),
            team: self.team.clone(),
            run: self.run.clone(),
            source: self.source.clone(),
        };
        let sent = run::send(&failure, &channel).map_err(|error| Refusal {
            rule: &catalogue::NOT_TOLD,
            message: format!("`curl` cannot be run: {error}"),
            more: vec!["help: put it into the image of the platform's `runner`".to_owned()],
            code: 2,
        })?;
        sent.map_err(|why| Refusal {
            rule: &catalogue::NOT_TOLD,
            message: format!("Slack did not take the message: {why}"),
            more: vec!["help: the token's app has to be a member of the channel and may need the scope `chat:write`".to_owned()],
            code: 1,
        })
    }
}

impl Values {
    fn run(&self, world: &mut World) -> Result<u8, Refusal> {
        let code = run::command(&self.command).map_err(|error| not_started(&self.command[0], &error))?;
        if code != 0 {
            return Ok(code);
        }
        let texts = self.text.iter().map(|name| (name, ValueKind::Text));
        let named = texts.chain(self.json.iter().map(|name| (name, ValueKind::Json)));
        let mut values: Vec<_> = named.map(|(name, kind)| Ok((name.clone(), self.value(world, name, kind)?))).collect::<Result<_, _>>()?;
        for list in &self.each {
            let known = values.iter().find(|(name, _)| *name == list.name).map(|(_, text)| text.clone());
            let text = known.map_or_else(|| self.value(world, &list.name, ValueKind::Json), Ok)?;
            let what = format!("the value `{}` of this step", list.name);
            let items = run::spell_out(&text, &list.members).map_err(|fault| unlisted(&what, &fault))?;
            values.push((format!("{}[]", list.name), format!("[{}]", items.join(","))));
        }
        let object = run::gather(values);
        let Some(path) = &self.to else { return Ok(world.print(&format!("{object}\n"), 0)) };
        run::write(&world.cwd.join(path), &object).map(|()| 0).map_err(|error| Refusal {
            rule: &catalogue::UNREADABLE,
            message: format!("`{}` cannot be written: {error}", path.display()),
            more: Vec::new(),
            code: 2,
        })
    }

    fn value(&self, world: &World, name: &str, kind: ValueKind) -> Result<String, Refusal> {
        let from = format!("ETLC_VALUE_{}", name.to_ascii_uppercase());
        let refuse = |why: String| Refusal {
            rule: &catalogue::VALUE_MISSING,
            message: format!("the value `{name}` of this step {why}"),
            more: vec![format!("help: write it to the file that `{from}` names, before the command ends")],
            code: 1,
        };
        let path = variable(&from).map(PathBuf::from).ok_or_else(|| refuse(format!("has no file: `{from}` is not set")))?;
        let bytes = world
            .system
            .read(&path, run::LONGEST_VALUE)
            .map_err(|error| refuse(format!("cannot be read from `{}`: {error}", path.display())))?;
        if self.to.is_none() {
            run::remove(&path);
        }
        run::read(bytes, kind).map_err(refuse)
    }
}

fn unlisted(what: &str, fault: &ItemsFault) -> Refusal {
    Refusal {
        rule: &catalogue::ITEMS,
        message: format!("no step can run for each item of {what}: {}", fault.why),
        more: vec![format!("help: {}", fault.help)],
        code: 1,
    }
}

impl Items {
    fn run(&self, world: &mut World) -> Result<u8, Refusal> {
        let path = world.cwd.join(&self.file);
        let refuse = |(rule, why): Why| Refusal { rule, message: format!("`{}` {why}", self.file.display()), more: Vec::new(), code: 2 };
        let text = run::read(read(world, &path).map_err(refuse)?.into_bytes(), ValueKind::Json)
            .map_err(|why| refuse((&catalogue::VALUE_MISSING, why)))?;
        let items = run::spell_out(&text, &self.member).map_err(|fault| unlisted(&format!("`{}`", self.file.display()), &fault))?;
        Ok(world.print(&(items.join("\n") + "\n"), 0))
    }
}

impl Sql {
    fn run(&self, world: &mut World) -> Result<u8, Refusal> {
        let folder = variable("ETLC_FILES").unwrap_or_default();
        let path = world.cwd.join(folder).join(&self.file);
        let sql = read(world, &path).map_err(|why| self.unreadable(why))?;
        let types: Types = self.types.iter().cloned().collect();
        let filled = run::fill(&sql, self.dialect, &types, &variable).map_err(|fault| at_fault(&fault, &self.file, &sql))?;
        if self.print {
            return Ok(world.print(&filled, 0));
        }
        let client = Client::new(self.dialect, self.client.as_ref().map(|words| words.0.as_slice())).ok_or_else(|| self.no_client())?;
        let access = self.access()?;
        run::run(&client, &access, &filled).map_err(|error| not_started(&client.program, &error))
    }

    fn unreadable(&self, (rule, why): Why) -> Refusal {
        let more = if variable("ETLC_FILES").is_some() {
            vec!["note: it is looked for in the folder that `ETLC_FILES` names".to_owned()]
        } else {
            Vec::new()
        };
        Refusal { rule, message: format!("`{}` {why}", self.file.display()), more, code: 2 }
    }

    fn access(&self) -> Result<Access, Refusal> {
        let Some(name) = &self.connection else { return Ok(Access::default()) };
        let Some(dsn) = variable(name) else {
            let more = vec!["help: the platform's `connections` say which secret it comes from".to_owned()];
            let message = format!("the environment variable `{name}` is not set");
            return Err(Refusal { rule: &catalogue::VALUE_MISSING, message, more, code: 2 });
        };
        Access::read(self.dialect, &dsn).map_err(|bad| Refusal {
            rule: &catalogue::DSN,
            message: format!("the secret in `{name}` cannot be read: {}", bad.message),
            more: vec![format!("help: {}", bad.help)],
            code: 2,
        })
    }

    fn no_client(&self) -> Refusal {
        Refusal {
            rule: &catalogue::CLIENT_MISSING,
            message: format!("the dialect `{}` has no client program of its own", self.dialect.name()),
            more: vec!["help: name one in the platform, `connections: {warehouse: {client: [program, argument]}}`; it takes SQL on its standard input".to_owned()],
            code: 2,
        }
    }
}

/// Why a file cannot be read.
type Why = (&'static Rule, String);

fn read(world: &World, path: &Path) -> Result<String, Why> {
    match world.system.read(path, u64::MAX) {
        Ok(bytes) => String::from_utf8(bytes).map_err(|_| (&catalogue::NOT_UTF8, "is not UTF-8 text".to_owned())),
        Err(error) if error.kind() == ErrorKind::NotFound => Err((&catalogue::FILE_MISSING, "does not exist".to_owned())),
        Err(error) => Err((&catalogue::UNREADABLE, format!("cannot be read: {error}"))),
    }
}

fn at_fault(fault: &Fault, path: &Path, sql: &str) -> Refusal {
    let before = &sql[..fault.range.start.min(sql.len())];
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    let place = format!("at {}:{line}:{column}", path.display());
    let mut more = vec![if fault.label.is_empty() { place } else { format!("{place}: {}", fault.label) }];
    more.extend(fault.notes.iter().map(|note| format!("note: {note}")));
    more.extend(fault.help.iter().map(|help| format!("help: {help}")));
    Refusal { rule: fault.rule, message: fault.message.clone(), more, code: 1 }
}

fn not_started(program: &str, error: &std::io::Error) -> Refusal {
    let (message, help) = if error.kind() == ErrorKind::NotFound {
        let help = "help: put it into the image of the step's runtime, or name another one in the platform: `connections: {warehouse: {client: […]}}`";
        (format!("there is no program `{program}`"), help)
    } else {
        (format!("`{program}` cannot be run: {error}"), "help: run it by hand in the step's image")
    };
    Refusal { rule: &catalogue::CLIENT_MISSING, message, more: vec![help.to_owned()], code: 2 }
}
