//! The command `vdk-control-service verify-audit`, which finds changes of the audit log.

use std::collections::HashMap;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use ring::hmac;

use super::chain::{self, Line};
use crate::operand;

/// Most faults that are reported one by one.
const TOLD: usize = 20;

/// Builds the command.
pub fn command() -> Command {
    Command::new("verify-audit")
        .about("Check whether lines of the audit log were changed, removed or moved")
        .long_about(
            "Check whether lines of the audit log were changed, removed or moved.\n\n\
             Each line has its number in its run of the service and a code of its content. With \
             vdk.audit.hmac-key, nobody can create these codes without that key. Set it to the \
             key of the service. Without a key, everyone who can write the log can forge it. \
             Missing last lines of a run are found only if that run writes on, or if another run \
             begins after them. The order between the lines of two runs is not verified. Send the \
             log to another machine as it is written.\n\n\
             Exit code 0: the log is unchanged; 1: lines were changed, removed or moved; 2: a file \
             cannot be read.",
        )
        .arg(
            Arg::new("files")
                .value_name("FILE")
                .required(true)
                .num_args(1..)
                .value_parser(value_parser!(PathBuf))
                .value_hint(clap::ValueHint::FilePath)
                .help("Files of the log, from the oldest to the newest; - is stdin"),
        )
        .arg(
            Arg::new("continues")
                .long("continues")
                .action(ArgAction::SetTrue)
                .help("Accept runs that begin in older files that are not given; count them"),
        )
}

/// Reads the files that `options` name, and returns the report and the exit code. `secret` is
/// `vdk.audit.hmac-key`.
pub fn run(options: &ArgMatches, secret: Option<&[u8]>) -> (String, u8) {
    let mut reader = Reader::new(chain::key(secret), options.get_flag("continues"));
    for file in options.get_many::<PathBuf>("files").into_iter().flatten() {
        if let Err(error) = reader.read(file) {
            return (format!("cannot read {}: {error}", operand::name(file)), 2);
        }
    }
    reader.verdict()
}

/// The state after the lines read so far.
struct Reader {
    key: hmac::Key,
    continues: bool,
    /// The number of the last line of each run.
    runs: HashMap<String, u64>,
    /// Number of places whose older lines are assumed to be in other files.
    continued: usize,
    lines: u64,
    faults: usize,
    told: Vec<String>,
}

impl Reader {
    fn new(key: hmac::Key, continues: bool) -> Self {
        Reader {
            key,
            continues,
            runs: HashMap::new(),
            continued: 0,
            lines: 0,
            faults: 0,
            told: Vec::new(),
        }
    }

    fn read(&mut self, path: &Path) -> io::Result<()> {
        let (mut file, mut bytes, mut at) =
            (BufReader::new(operand::open(path)?), Vec::new(), 0u64);
        while file.read_until(b'\n', &mut bytes)? > 0 {
            (self.lines, at) = (self.lines + 1, at + 1);
            let text = bytes.strip_suffix(b"\n").and_then(|line| std::str::from_utf8(line).ok());
            let fault = match text.and_then(Line::of).filter(|line| line.is_whole(&self.key)) {
                Some(line) => self.place(&line),
                None => Some(
                    "the line was changed, or vdk.audit.hmac-key is not the one of its run".into(),
                ),
            };
            if let Some(fault) = fault {
                self.faults += 1;
                if self.faults <= TOLD {
                    self.told.push(format!("{}, line {at}: {fault}", operand::name(path)));
                }
            }
            bytes.clear();
        }
        Ok(())
    }

    /// Returns the fault of a line's position, if there is one.
    fn place(&mut self, line: &Line<'_>) -> Option<String> {
        let known = self.runs.get(line.run).copied();
        let last = known.unwrap_or_default();
        if line.number <= last {
            return Some(format!(
                "line {} of run {} comes after line {last}",
                line.number, line.run
            ));
        }
        self.runs.insert(line.run.into(), line.number);
        let missing = line.number - last - 1;
        if missing > 0 && known.is_none() && self.continues {
            self.continued += 1;
            return None;
        }
        if missing > 0 {
            return Some(format!("before it, lines of run {} are missing: {missing}", line.run));
        }
        let (run, number) = line.after?;
        match self.runs.get(run) {
            Some(found) if *found >= number => None,
            None if self.continues => {
                self.continued += 1;
                None
            }
            _ => Some(format!("line {number} of run {run}, which came before it, is missing")),
        }
    }

    fn verdict(self) -> (String, u8) {
        let lines = self.lines;
        if self.faults == 0 {
            let (runs, continued) = (self.runs.len(), self.continued);
            let rest = match continued {
                0 => String::new(),
                n => format!("; places that continue files that are not given: {n}"),
            };
            let said = "the log is unchanged";
            return (format!("{said}: {lines} lines, runs of the service: {runs}{rest}"), 0);
        }
        let more = if self.faults > TOLD { "\n…" } else { "" };
        let (count, told) = (self.faults, self.told.join("\n"));
        (format!("verification failed, faults in {lines} lines: {count}\n{told}{more}"), 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::{Audit, Entry, Target};

    const SECRET: &[u8] = b"of the operator";
    const LINES: usize = 10_000;

    /// Writes a log of two processes that take turns in one file.
    async fn log(path: &Path) {
        let open = || Audit::open(Target::File(path.into()), Some(SECRET)).unwrap();
        let both = [open(), open()];
        for n in 0..LINES {
            // Names may contain anything, even text that looks like the end of a line.
            let job = format!("{n}\",\"run\":\"0\",\"line\":1,\"chain\":\"00\"}}");
            let entry = Entry { job: Some(job), ..Entry::default() };
            both[usize::from(n % 3 == 0)].write(entry.into(), false).await.unwrap();
        }
    }

    fn faults(secret: &[u8], continues: bool, lines: &[&str]) -> usize {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), lines.concat()).unwrap();
        let mut reader = Reader::new(chain::key(Some(secret)), continues);
        reader.read(file.path()).unwrap();
        let count = reader.faults;
        let (verdict, code) = reader.verdict();
        assert_eq!(code, u8::from(count > 0), "{verdict}");
        count
    }

    #[tokio::test]
    async fn detects_every_changed_removed_moved_and_added_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.jsonl");
        log(&path).await;
        let text = std::fs::read_to_string(&path).unwrap();
        let lines: Vec<&str> = text.split_inclusive('\n').collect();
        assert_eq!((lines.len(), faults(SECRET, false, &lines)), (LINES, 0));
        assert_eq!(faults(b"another", false, &lines), LINES);
        assert_eq!(faults(SECRET, true, &lines[4..]), 0);
        assert_eq!(faults(SECRET, false, &lines[4..]), 2);

        for round in 0..9 {
            let at = fastrand::usize(..LINES - 10);
            let without = [&lines[..at], &lines[at + 1..]].concat();
            assert_eq!(faults(SECRET, false, &without), 1, "line {at} is away");
            let mut moved = lines.clone();
            moved.swap(at, at + 3);
            assert!(faults(SECRET, false, &moved) > 0, "line {at} is elsewhere");
            let mut twice = lines.clone();
            twice.insert(at + 5, lines[at]);
            assert_eq!(faults(SECRET, false, &twice), 1, "line {at} is there twice");

            let mut bytes = lines[at].as_bytes().to_vec();
            let place = fastrand::usize(..bytes.len() - 1);
            bytes[place] ^= [1, 0x20, 0x40][round % 3];
            let Ok(changed) = String::from_utf8(bytes) else { continue };
            let mut edited = lines.clone();
            edited[at] = &changed;
            assert!(faults(SECRET, false, &edited) > 0, "{changed} for {}", lines[at]);
        }
        let (before, code) = lines[7].rsplit_once(':').unwrap();
        let shouted = format!("{before}:{}", code.to_uppercase());
        assert!(faults(SECRET, false, &[&lines[..7], &[&shouted]].concat()) > 0, "{shouted}");
        // Without the key nobody can add a line to a run.
        let forged = lines[7].replacen("\"run\":\"", "\"run\":\"0", 1);
        let added = format!(
            "{{\"run\":\"0123456789abcdef\",\"line\":2,\"code\":\"{}\"}}\n",
            "0".repeat(64)
        );
        let shown = added.replace("0123456789abcde", "\u{1b}[2J");
        for line in [&forged, &added, &shown] {
            assert_eq!(faults(SECRET, true, &[&lines[..], &[line]].concat()), 1, "{line}");
        }
        let torn = &lines[9][..20];
        assert_eq!(faults(SECRET, false, &[&lines[..9], &[torn]].concat()), 1);
        assert_eq!(faults(SECRET, false, &["{}\n"]), 1);
    }

    #[tokio::test]
    async fn detects_a_run_without_its_last_lines() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.jsonl");
        for _ in 0..3 {
            let audit = Audit::open(Target::File(path.clone()), Some(SECRET)).unwrap();
            for _ in 0..5 {
                audit.write(Box::default(), false).await.unwrap();
            }
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let lines: Vec<&str> = text.split_inclusive('\n').collect();
        assert_eq!(faults(SECRET, false, &lines), 0);
        assert_eq!(faults(SECRET, false, &[&lines[..8], &lines[10..]].concat()), 1);
        assert_eq!(faults(SECRET, false, &[&lines[..5], &lines[10..]].concat()), 1);
        assert_eq!((faults(SECRET, false, &lines[5..]), faults(SECRET, true, &lines[5..])), (1, 0));
    }
}
