//! Compares the committed completions, man pages and reference pages with the definitions of the
//! commands. `VDK_UPDATE=1` updates them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::Args;
use clap_complete::aot::{Generator, Shell, generate};
use vdk::args::help::{ENVIRONMENT, EXIT_CODES, FILES, PROGRAMS};
use vdk::commands::local::LocalArgs;

/// Returns the command line with the options of `vdk server`, which the service's program defines.
pub fn whole_command() -> clap::Command {
    // Its subcommands are defined only when it is named, so `help local` would lack them.
    let local = |local: clap::Command| {
        let about = local.get_about().cloned().unwrap_or_default();
        // Ten is the place after two options and eight commands.
        LocalArgs::augment_args(clap::Command::new("local").about(about).display_order(10))
    };
    let mut command = vdk::commands::command().mut_subcommand("local", local);
    // A changed command moves to the end, so these are moved behind it.
    for behind in ["version", "completion", "server"] {
        command = command.mut_subcommand(behind, |same| same);
    }
    #[cfg(feature = "service")]
    let command = command.mut_subcommand("server", |_| vdk_server::local_command().name("server"));
    command
}

/// Returns what shells offer: without commands for programs.
fn shown_command() -> clap::Command {
    let whole = whole_command();
    let shown = whole.get_subcommands().filter(|one| !one.is_hide_set()).cloned();
    let long_about = whole.get_long_about().cloned().unwrap_or_default();
    clap::Command::new("vdk")
        .version("0")
        .long_about(long_about)
        .args(whole.get_arguments().cloned())
        .subcommands(shown)
}

/// Returns all generated files: paths in the project, and contents.
fn files() -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    for shell in [Shell::PowerShell, Shell::Elvish] {
        let mut script = Vec::new();
        generate(shell, &mut shown_command(), "vdk", &mut script);
        files.insert(Path::new("completions").join(shell.file_name("vdk")), script);
    }
    let mut command = whole_command().disable_help_subcommand(true);
    command.build();
    man_pages(&command, "vdk".into(), &mut files);
    #[cfg(feature = "service")]
    {
        let mut options = String::new();
        let server = command.find_subcommand("server").unwrap();
        server_options(server, "server", &mut options);
        files.insert("src/commands/complete/server.txt".into(), options.into_bytes());
    }
    #[cfg(feature = "service")]
    man_pages(&vdk_server::command(), "vdk-control-service".into(), &mut files);
    #[cfg(feature = "service")]
    files.extend(super::reference::files());
    files
}

/// Writes down what completion offers behind `vdk server`.
#[cfg(feature = "service")]
fn server_options(command: &clap::Command, path: &str, text: &mut String) {
    use clap::ValueHint;
    let line = |help: Option<&clap::builder::StyledStr>| {
        help.map(ToString::to_string)
            .unwrap_or_default()
            .lines()
            .next()
            .unwrap_or_default()
            .to_string()
    };
    text.push_str(&format!("{path}\t\t\t\t{}\n", line(command.get_about())));
    for arg in command.get_arguments().filter(|arg| !arg.is_hide_set() && arg.get_id() != "help") {
        let short = arg.get_short().map(|short| format!("-{short}"));
        let long = arg.get_long().map(|long| format!("--{long}"));
        let spellings: Vec<_> = short.into_iter().chain(long).collect();
        let spellings = match spellings.join(" ") {
            none if none.is_empty() => arg.get_id().to_string(),
            some => some,
        };
        let takes_values = arg.get_action().takes_values();
        let value = arg.get_value_names().filter(|_| takes_values).and_then(|names| names.first());
        let possible = arg.get_possible_values();
        let hint = match arg.get_value_hint() {
            _ if takes_values && !possible.is_empty() => {
                let all: Vec<_> = possible.iter().map(|value| value.get_name()).collect();
                format!("{{{}}}", all.join(","))
            }
            ValueHint::FilePath | ValueHint::DirPath | ValueHint::AnyPath => "files".into(),
            _ => String::new(),
        };
        let value = value.map_or("", |value| value.as_str());
        let help = line(arg.get_help());
        text.push_str(&format!("{path}\t{spellings}\t{value}\t{hint}\t{help}\n"));
    }
    for subcommand in command.get_subcommands().filter(|one| one.get_name() != "help") {
        server_options(subcommand, &format!("{path} {}", subcommand.get_name()), text);
    }
}

fn man_pages(command: &clap::Command, name: String, files: &mut BTreeMap<PathBuf, Vec<u8>>) {
    let page: &'static str = name.clone().leak();
    let version = env!("CARGO_PKG_VERSION");
    let mut text = Vec::new();
    // Parts with a section of their own are left out elsewhere.
    let shown = |arg: clap::Arg| arg.hide_short_help(false);
    let mut plain = command.clone().mut_args(shown).name(page).version(version);
    if name == "vdk" {
        plain = plain.after_help("").after_long_help("");
    }
    let man = clap_mangen::Man::new(plain.before_help(""));
    let man = man.source(format!("vdk {version}")).manual("Versatile Data Kit");
    man.render_title(&mut text).unwrap();
    man.render_name_section(&mut text).unwrap();
    man.render_synopsis_section(&mut text).unwrap();
    man.render_description_section(&mut text).unwrap();
    man.render_options_section(&mut text).unwrap();
    if command.has_subcommands() {
        man.render_subcommands_section(&mut text).unwrap();
    }
    if command.get_after_long_help().or(command.get_after_help()).is_some() && name != "vdk" {
        man.render_extra_section(&mut text).unwrap();
    }
    let mut text = String::from_utf8(text).unwrap().replace(".SH EXTRA", ".SH NOTES");
    let without_title = |text: &str| text.split_once('\n').unwrap().1.to_string();
    let examples = command.get_before_help().map(|text| text.to_string());
    text.extend(examples.map(|text| section("EXAMPLES", &without_title(&text))));
    if name == "vdk" {
        text.push_str(&section("EXIT STATUS", &without_title(EXIT_CODES)));
        text.push_str(&section("ENVIRONMENT", &without_title(ENVIRONMENT)));
        text.push_str(&section("FILES", &without_title(FILES)));
        text.push_str(&section("PROGRAMS", &without_title(PROGRAMS)));
    } else if name.starts_with("vdk-") && !name.starts_with("vdk-control-service") {
        let see = "vdk(1) has the exit status, environment and files of all commands.";
        text.push_str(&format!(".SH \"EXIT STATUS\"\n{see}\n"));
    }
    text.push_str(&see_also(command, &name));
    text.push_str(&format!(".SH VERSION\nv{version}\n"));
    files.insert(Path::new("man").join(format!("{name}.1")), text.into_bytes());
    for subcommand in command.get_subcommands().filter(|one| !one.is_hide_set()) {
        man_pages(subcommand, format!("{name}-{}", subcommand.get_name()), files);
    }
}

/// Makes a section whose lines stay as they are.
fn section(title: &str, lines: &str) -> String {
    let mut text = format!(".SH \"{title}\"\n.nf\n");
    for line in lines.lines() {
        let line = line.replace('\\', "\\e").replace('-', "\\-").replace('\'', "\\(aq");
        let guard = if line.starts_with('.') { "\\&" } else { "" };
        text.push_str(&format!("{guard}{line}\n"));
    }
    text + ".fi\n"
}

/// Lists the pages of the parent, sibling and child commands.
fn see_also(command: &clap::Command, name: &str) -> String {
    let mut pages: Vec<String> = Vec::new();
    if let Some((above, _)) = name.rsplit_once(&format!("-{}", command.get_name())) {
        pages.push(above.into());
    }
    let below = command.get_subcommands().filter(|below| !below.is_hide_set());
    pages.extend(below.map(|below| format!("{name}-{}", below.get_name())));
    match name {
        "vdk-secrets" => pages.push("vdk-properties".into()),
        "vdk-properties" => pages.push("vdk-secrets".into()),
        _ => {}
    }
    let pages = pages.iter().map(|page| format!("{}(1)", page.replace('-', "\\-")));
    let pages = pages.collect::<Vec<_>>().join(", ");
    if pages.is_empty() { pages } else { format!(".SH \"SEE ALSO\"\n{pages}\n") }
}

#[test]
fn matches_committed_completions_man_pages_and_reference() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let files = files();
    if std::env::var_os("VDK_UPDATE").is_some() {
        let _ = std::fs::remove_dir_all(root.join("man"));
        std::fs::create_dir(root.join("man")).unwrap();
        for (path, bytes) in &files {
            std::fs::write(root.join(path), bytes).unwrap();
        }
    }
    let hint = "run: VDK_UPDATE=1 cargo test generated_files";
    for (path, bytes) in &files {
        let committed = std::fs::read(root.join(path)).unwrap_or_default();
        assert!(committed == *bytes, "{} has drifted; {hint}", path.display());
    }
    for folder in ["completions", "man"] {
        for entry in std::fs::read_dir(root.join(folder)).unwrap() {
            let path = Path::new(folder).join(entry.unwrap().file_name());
            let is_written =
                ["_vdk", "vdk.bash", "vdk.fish"].iter().any(|name| path.ends_with(name));
            assert!(
                is_written || files.contains_key(&path),
                "{} is made by nothing; {hint}",
                path.display()
            );
        }
    }
}

#[test]
#[ignore = "needs zsh: ./tests/run"]
fn loads_completions_in_zsh_with_and_without_compinit() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let zsh = |script: &str| {
        let mut zsh = std::process::Command::new("zsh");
        let output = zsh.args(["-fc", script]).current_dir(root).output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let (code, said) = zsh("source completions/_vdk");
    assert!(code == Some(0) && said.contains("autoload -Uz compinit"), "{said}");
    let script = "autoload -Uz compinit && compinit -D && source completions/_vdk && \
                  [ \"$_comps[vdk]\" = _vdk ]";
    assert_eq!(zsh(script), (Some(0), String::new()));
}
