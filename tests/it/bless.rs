//! Generated files: compared by default, written with `ETLC_BLESS=1`.

use std::path::Path;
use std::{env, fs};

/// Fails where a committed file is not what was generated, or writes it.
pub(crate) fn check(path: &str, generated: &str) {
    let committed = fs::read_to_string(path).unwrap_or_default();
    if committed == generated {
        return;
    }
    if env::var_os("ETLC_BLESS").is_some_and(|value| value == "1") {
        fs::create_dir_all(Path::new(path).parent().expect("a path with a folder")).expect("a folder can be made");
        fs::write(path, generated).expect("a generated file can be written");
        return;
    }
    let line = committed.lines().zip(generated.lines()).take_while(|(old, new)| old == new).count() + 1;
    panic!("{path} is stale from line {line} on; run: ETLC_BLESS=1 cargo test");
}
