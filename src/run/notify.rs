//! Telling people that a run failed, by `curl`.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use super::process;

/// The address that messages to Slack go to.
const SLACK: &str = "https://slack.com/api/chat.postMessage";

/// What there is to tell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Failure {
    /// The pipeline.
    pub pipeline: String,
    /// The environment, if there is one.
    pub environment: Option<String>,
    /// The team that owns the pipeline.
    pub team: String,
    /// The engine's id of the run.
    pub run: String,
    /// The file that the pipeline is written in.
    pub source: String,
}

/// Whom to tell, with the secret that it takes.
#[derive(Clone, PartialEq, Eq)]
pub enum Channel {
    /// A channel of Slack.
    Slack {
        /// The channel's name.
        channel: String,
        /// The token of an app that may write there.
        token: String,
    },
    /// An HTTP endpoint.
    Webhook {
        /// Its address, which is the secret.
        url: String,
    },
}

impl Failure {
    /// The message as a sentence.
    #[must_use]
    pub fn text(&self) -> String {
        let environment = self.environment.as_ref().map(|name| format!(" in {name}")).unwrap_or_default();
        format!("Pipeline {} failed{environment}. Run: {}. Team: {}. Source: {}", self.pipeline, self.run, self.team, self.source)
    }

    fn body(&self, channel: &Channel) -> Value {
        match channel {
            Channel::Slack { channel, .. } => json!({"channel": channel, "text": self.text()}),
            Channel::Webhook { .. } => json!({
                "text": self.text(),
                "status": "failed",
                "pipeline": self.pipeline,
                "environment": self.environment,
                "team": self.team,
                "run": self.run,
                "source": self.source,
            }),
        }
    }
}

/// What `curl` is told on its standard input: a secret never stands among its arguments.
#[must_use]
fn config(failure: &Failure, channel: &Channel) -> String {
    let quoted = |text: &str| {
        let escape = |c: char| match c {
            '\\' => "\\\\".to_owned(),
            '"' => "\\\"".to_owned(),
            '\n' => "\\n".to_owned(),
            '\r' => "\\r".to_owned(),
            '\t' => "\\t".to_owned(),
            other => other.to_string(),
        };
        format!("\"{}\"", text.chars().map(escape).collect::<String>())
    };
    let mut config = String::from("silent\nshow-error\nfail\nmax-time = 30\nretry = 3\n");
    let mut set = |key: &str, value: &str| {
        let _ = writeln!(config, "{key} = {}", quoted(value));
    };
    match channel {
        Channel::Slack { token, .. } => {
            set("url", SLACK);
            set("header", &format!("Authorization: Bearer {token}"));
        }
        Channel::Webhook { url } => set("url", url),
    }
    set("header", "Content-Type: application/json; charset=utf-8");
    set("data-binary", &failure.body(channel).to_string());
    config
}

/// Sends the message. Gives the exit code of `curl`, or why the other side did not take the message.
///
/// # Errors
/// When `curl` cannot be started.
#[expect(clippy::disallowed_methods, reason = "the program that speaks HTTP is another one")]
pub fn send(failure: &Failure, channel: &Channel) -> io::Result<Result<u8, String>> {
    let mut command = Command::new("curl");
    command.args(["--config", "-"]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut answer = Vec::new();
    let code = process::run(&mut command, |child| {
        if let Some(mut input) = child.stdin.take() {
            input.write_all(config(failure, channel).as_bytes())?;
        }
        if let Some(mut output) = child.stdout.take() {
            io::Read::read_to_end(&mut output, &mut answer)?;
        }
        Ok(())
    })?;
    Ok(if code == 0 { refusal(channel, &answer).map_or(Ok(0), Err) } else { Ok(code) })
}

/// Slack says in its answer, not in its status, that it did not take a message.
fn refusal(channel: &Channel, answer: &[u8]) -> Option<String> {
    let Channel::Slack { .. } = channel else { return None };
    let answer: Value = serde_json::from_slice(answer).unwrap_or_default();
    if answer["ok"] == true {
        return None;
    }
    Some(answer["error"].as_str().unwrap_or("it gave no reason").to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure() -> Failure {
        Failure {
            pipeline: "orders".to_owned(),
            environment: Some("prod".to_owned()),
            team: "data \"x\"\\".to_owned(),
            run: "1".to_owned(),
            source: "a.yaml".to_owned(),
        }
    }

    #[test]
    fn text_of_people_ends_no_line_and_no_string() {
        let config = config(&failure(), &Channel::Webhook { url: "https://x.test/\"\n--next".to_owned() });
        assert!(config.contains(r#"url = "https://x.test/\"\n--next""#), "{config}");
        assert!(config.contains(r#"\"team\":\"data \\\"x\\\"\\\\\""#), "{config}");
        assert_eq!(config.lines().count(), 8);
    }

    #[test]
    fn slack_says_no_in_its_answer() {
        let slack = Channel::Slack { channel: "#x".to_owned(), token: "t".to_owned() };
        assert_eq!(refusal(&slack, br#"{"ok": true}"#), None);
        assert_eq!(refusal(&slack, br#"{"ok": false, "error": "channel_not_found"}"#).as_deref(), Some("channel_not_found"));
        assert_eq!(refusal(&slack, b"<html>").as_deref(), Some("it gave no reason"));
        assert_eq!(refusal(&Channel::Webhook { url: String::new() }, b"ok"), None);
    }
}
