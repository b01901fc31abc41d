//! The same input gives the same bytes, whatever the number of threads and the order in which they finish.

use crate::workspace::Workspace;

#[test]
fn two_runs_and_one_thread_or_many_print_the_same() {
    let workspace = Workspace::two();
    for number in 0..24 {
        let text = format!(
            "version: 1\npipeline: p{number}\nowner: data\nshedule: 1\nsteps:\n  a:\n    kind: pithon\n    script: gone_{number}.py\n"
        );
        workspace.write(&format!("pipelines/p{number}/pipeline.yaml"), &text);
    }
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
        pool.install(|| workspace.run(&["validate", "--format", "json"]).stdout)
    };
    let first = run(1);
    assert!(first.contains("E0201"), "{first}");
    for _ in 0..4 {
        assert_eq!(run(8), first);
    }
}

#[test]
fn a_second_render_writes_the_same_bytes() {
    let (first, second) = (Workspace::starter(), Workspace::starter());
    for workspace in [&first, &second] {
        let output = workspace.run(&["render"]);
        assert_eq!(output.code, 0, "{output:?}");
    }
    assert!(!first.files("rendered").is_empty());
    assert_eq!(first.files("rendered"), second.files("rendered"));
}
