//! One input as several texts or files.

/// The input as text; none where it is not UTF-8, which has a check of its own.
pub fn text(data: &[u8]) -> Option<&str> {
    std::str::from_utf8(data).ok()
}

/// The parts between lines that are `===`.
pub fn parts(text: &str) -> Vec<&str> {
    text.split("\n===\n").collect()
}

/// Files: each starts with a line `=== path`. What stands before the first is the pipeline.
pub fn files(data: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut files = vec![("pipelines/p/pipeline.yaml".to_owned(), Vec::new())];
    for line in data.split_inclusive(|&byte| byte == b'\n') {
        let path = line.strip_prefix(b"=== ").and_then(|rest| std::str::from_utf8(rest).ok()).map(str::trim);
        match (path.and_then(etlc::source::normalize).filter(|path| !path.is_empty()), files.last_mut()) {
            (Some(path), _) => files.push((path, Vec::new())),
            (None, Some((_, bytes))) => bytes.extend_from_slice(line),
            (None, None) => {}
        }
    }
    // A file cannot lie below another one.
    let paths: Vec<String> = files.iter().map(|(path, _)| path.clone()).collect();
    files.retain(|(path, bytes)| {
        let clashes = paths.iter().any(|other| path.strip_prefix(other.as_str()).is_some_and(|rest| rest.starts_with('/')));
        !clashes && (!bytes.is_empty() || path != "pipelines/p/pipeline.yaml")
    });
    files
}
