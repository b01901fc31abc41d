//! Pictures of pipelines: files, size, and that the machine has no say in them.

use std::fmt::Write;

use crate::workspace::Workspace;

/// A workspace with one pipeline of so many steps, each after the one before it.
fn chain(n_steps: usize) -> Workspace {
    let mut text = String::from("version: 1\npipeline: first\nowner: data\nsteps:\n");
    for step in 0..n_steps {
        let after = if step == 0 { String::new() } else { format!(", after: [s{}]", step - 1) };
        writeln!(text, "  s{step}: {{kind: container, image: \"a.b/c:1\", command: [x]{after}}}").expect("a string takes text");
    }
    let workspace = Workspace::two();
    workspace.write("pipelines/first/pipeline.yaml", &text);
    workspace
}

#[test]
fn a_file_is_written_in_the_form_of_its_name() {
    let workspace = Workspace::two();
    for (name, start) in
        [("a.svg", "<svg "), ("b/a.dot", "digraph "), ("a.gv", "digraph "), ("a.json", "{\n"), ("a.mmd", "flowchart "), ("a", "flowchart ")]
    {
        let output = workspace.run(&["graph", "--out", name]);
        assert_eq!((output.code, output.stdout.as_str()), (0, ""), "{name}: {output:?}");
        assert!(workspace.read(name).starts_with(start), "{name}: {}", workspace.read(name));
    }
    workspace.run(&["graph", "--out", "c.svg", "--as", "json"]);
    assert!(workspace.read("c.svg").starts_with('{'));
}

#[test]
fn what_cannot_be_written_is_2() {
    let workspace = Workspace::two();
    workspace.write("taken", "mine");
    let output = workspace.run(&["graph", "--out", "taken/a.svg"]);
    assert_eq!((output.code, output.stdout.as_str()), (2, ""), "{output:?}");
    assert!(output.stderr.contains("cannot write `taken/a.svg`"), "{output:?}");
    assert_eq!(workspace.read("taken"), "mine");
}

#[test]
fn many_steps_are_text_and_no_picture() {
    let workspace = chain(1_000);
    let output = workspace.run(&["graph", "first"]);
    assert_eq!((output.code, output.stdout.lines().count()), (0, 2_003), "{output:?}");
    assert!(output.stderr.contains("the flowchart has 999 edges"), "{}", output.stderr);
    let output = workspace.run(&["graph", "first", "--as", "svg"]);
    assert_eq!((output.code, output.stdout.as_str()), (2, ""));
    assert!(output.stderr.contains("error: a picture of 1000 nodes is too large to be drawn"), "{}", output.stderr);
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let workspace = chain(60);
    for form in ["mermaid", "dot", "json", "svg"] {
        for args in [&["graph", "--as", form][..], &["graph", "first", "--datasets", "--why", "--as", form]] {
            let with = |n_threads: usize| {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(n_threads).build().expect("threads");
                pool.install(|| workspace.run(args).stdout)
            };
            assert_eq!(with(1), with(4), "{args:?}");
        }
    }
}
