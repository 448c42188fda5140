//! Tries every argument that takes one of several words with another word.

use vdk_testing::Home;

/// Returns the command lines that give `geheim` to an argument that has choices.
fn lines(command: &clap::Command, path: &[String], lines: &mut Vec<Vec<String>>) {
    for arg in command.get_arguments() {
        let takes_one = arg.get_num_args().is_some_and(|values| values.takes_values());
        if !takes_one || arg.get_possible_values().is_empty() {
            continue;
        }
        let option = arg.get_long().map(|long| format!("--{long}"));
        lines.push(path.iter().cloned().chain(option).chain(["geheim".into()]).collect());
    }
    for below in command.get_subcommands().filter(|below| below.get_name() != "help") {
        let path: Vec<_> = path.iter().cloned().chain([below.get_name().into()]).collect();
        self::lines(below, &path, lines);
    }
}

/// What is no choice at all may be a secret in the wrong place; what is near to one is a mistyped
/// choice.
#[test]
fn repeats_only_words_that_are_near_to_a_choice() {
    let mut command = super::generated_files::whole_command();
    command.build();
    let mut all = Vec::new();
    lines(&command, &[], &mut all);
    assert!(all.len() > 20, "{all:?}");
    let home = Home::at("local");
    for line in all {
        for word in
            ["geheim", "ge\nheim", "--geheim", "jsongeheim", "keepheim", "neverheim", "bashheim"]
        {
            let words: Vec<_> = line.iter().map(|one| one.replace("geheim", word)).collect();
            let run = home.run(&words);
            assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{words:?}: {run:?}");
            assert!(!run.stderr.contains("heim"), "{words:?}: {run:?}");
            let names = run.stderr.replace("(not shown)", "");
            assert!(!names.contains("(not shown"), "the argument is named: {run:?}");
        }
    }
    let run = home.secrets(&["--list", "-o", "jsn"]);
    assert!(run.stderr.contains("invalid value 'jsn'"), "{run:?}");
    let run = home.secrets(&["--list", "-o", ""]);
    assert!(run.stderr.contains("a value is required"), "{run:?}");
}
