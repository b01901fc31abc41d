//! The `etlc` program.

fn main() -> std::process::ExitCode {
    etlc::cli::main()
}
