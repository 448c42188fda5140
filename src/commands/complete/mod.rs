//! `vdk __complete`, which the completion scripts of shells call: it prints what can stand at the cursor.
//!
//! `vdk __complete SHELL CWORD` reads the words of the line from stdin, without quotes and each with a NUL
//! behind it: a value in an argument would be seen by everyone. CWORD is the index of the word at the
//! cursor, and 0 is vdk. bash does not split lines as it runs them, so that from bash come the line as it
//! is and `COMP_WORDBREAKS`, and CWORD is the number of characters before the cursor.
//!
//! The first line on stdout is `words`, `beginnings` (no blank comes behind them), `files`, or
//! `program N` (what the program takes that begins with the word N). Words are one per line, for zsh and
//! fish with a tab and a description. Whatever is wrong, nothing is printed and the exit code is 0:
//! somebody is typing.

mod bash;
mod candidates;
mod position;
mod server;

use std::io::{Read, Write, stdin, stdout};
use std::process::ExitCode;
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use bash::BashLine;
use candidates::{Candidate, Offer};
use vdk_api::is_harmful;
use vdk_client::Silent;
use vdk_client::completion::Names;
use vdk_client::config::Settings;
use zeroize::Zeroizing;

use crate::args::help;

/// The word that names this command.
pub const NAME: &str = "__complete";

/// Longest wait, for a store on a slow disk for example. Nobody waits longer for a completion.
const LIMIT: Duration = Duration::from_millis(300);

/// Longest line, in bytes.
const LONGEST: u64 = 1 << 20;

/// Prints what can stand at the cursor. `args` come after [`NAME`].
pub fn run(args: &[String]) -> ExitCode {
    let args = args.to_vec();
    let (answer, answered) = mpsc::channel();
    // A thread that is still busy then ends with the process.
    let started = thread::Builder::new().spawn(move || answer.send(answer_to(&args)));
    if let Ok(started) = started
        && let Ok(text) = answered.recv_timeout(LIMIT)
    {
        let _ = stdout().write_all(text.unwrap_or_default().as_bytes());
        // It has answered, so this is short. The end of the process could cut it off at any point.
        let _ = started.join();
    }
    ExitCode::SUCCESS
}

fn answer_to(args: &[String]) -> Option<String> {
    let [shell, place] = args else { return None };
    let place: usize = place.parse().ok()?;
    let mut input = Zeroizing::new(String::new());
    stdin().take(LONGEST).read_to_string(&mut input).ok()?;
    let words: Vec<String> = input.strip_suffix('\0')?.split('\0').map(String::from).collect();
    let line = match (shell.as_str(), words.as_slice()) {
        ("bash", [line, breaks]) => Some(BashLine::parse(line, place, breaks)),
        ("bash", _) => return None,
        _ => None,
    };
    let (words, at) = match &line {
        Some(line) => (line.words.as_slice(), line.at),
        None => (words.as_slice(), place),
    };
    let word = words.get(at).filter(|_| at > 0)?;
    help::expect(true);
    let mut command = super::command().mut_subcommand("server", |_| server::command());
    command.build();
    let typed = position::read(&command, words, at);
    let names = Names::new(Arc::new(Settings::new(&(Arc::new(Silent) as _)).ok()?));
    let offer = match line.as_ref().is_some_and(|line| line.is_redirection) {
        true => Offer::Files,
        false => candidates::offer(&typed, word, &names),
    };
    let is_described = matches!(shell.as_str(), "zsh" | "fish");
    let mut text = match &offer {
        Offer::Words(_) => "words\n".to_string(),
        Offer::Beginnings(_) => "beginnings\n".to_string(),
        Offer::Files => "files\n".to_string(),
        Offer::Program(first) => {
            // bash counts the words that it has made of each.
            let index = line.as_ref().and_then(|line| line.indices.get(*first).copied());
            format!("program {}\n", index.unwrap_or(*first))
        }
    };
    if let Offer::Words(words) | Offer::Beginnings(words) = &offer {
        // What ends a line cannot be typed in one, and what a terminal obeys or hides is not shown.
        let is_clean = |text: &str| !text.chars().any(is_harmful);
        for Candidate { text: candidate, about } in words.iter().filter(|one| is_clean(&one.text)) {
            match &line {
                Some(_) if !candidate.starts_with(word.as_str()) => continue,
                Some(line) => text.push_str(&line.insertion(candidate)),
                // fish takes it for a home folder.
                None if shell == "fish" && candidate.starts_with('~') => continue,
                None => text.push_str(candidate),
            }
            if is_described && !about.is_empty() && is_clean(about) {
                text.push('\t');
                text.push_str(about);
            }
            text.push('\n');
        }
    }
    Some(text)
}
