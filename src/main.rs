//! The `etlc` program.

/// Compiling is made of many small pieces of memory that are given back at once, which this allocator is best at.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    etlc::cli::main()
}
