//! The open output of the audit log. It numbers lines and writes them, keeps what must not be lost
//! when that fails, and notices when the file was moved, removed or cut.

use std::io::{self, Write};
use std::sync::Arc;

use super::chain::Coder;
use super::entry::Entry;
use super::file::{Place, last_line, open};
use super::health::{Health, Level, NotWritten};
use super::{NOT_FOR_STRANGERS, Target};

/// A line to write.
pub struct Line {
    /// What it holds.
    pub entry: Box<Entry>,
    /// Whether it is kept until it is written: the request has already been carried out.
    pub must: bool,
}

/// The output. Its methods may block.
pub struct Output {
    target: Target,
    /// `None` if the file could not be created yet.
    place: Option<Place>,
    coder: Coder,
    /// Bytes to write before anything else, such as lines of writes that could not be written.
    owed: Vec<u8>,
    /// Whether these bytes could not be written at the last attempt.
    fails: bool,
    has_room: bool,
    /// Whether the open file has lost its name, and a new one cannot be opened.
    is_moved: bool,
    /// Whether the file system tells the same file by its name as by its descriptor.
    has_steady_name: bool,
    health: Arc<Health>,
}

impl Output {
    /// Opens the output. If the disk is full, it is opened later.
    pub fn open(target: Target, key: ring::hmac::Key, health: Arc<Health>) -> io::Result<Self> {
        let (last, is_torn) = last_line(&target);
        let coder = Coder::new(key, fastrand::u64(..), last);
        let (place, has_steady_name) = match open_and_look(&target) {
            Ok((place, has_steady_name)) => (Some(place), has_steady_name),
            Err(error) if is_full(&error) => (None, true),
            Err(error) => return Err(error),
        };
        let mut output = Output {
            target,
            is_moved: place.is_none(),
            place,
            coder,
            owed: if is_torn { b"\n".to_vec() } else { Vec::new() },
            fails: false,
            has_room: true,
            has_steady_name,
            health,
        };
        output.reserve();
        output.report(None);
        Ok(output)
    }

    /// Writes lines. Returns how many of the first are written, and why the next one is not.
    pub fn write(&mut self, lines: &mut [Line]) -> (usize, Option<NotWritten>) {
        if let Err(error) = self.settle() {
            self.keep(lines);
            return (0, Some(self.failed(&error)));
        }
        let mut ends = Vec::with_capacity(lines.len());
        for line in lines.iter() {
            self.append(&line.entry);
            ends.push(self.owed.len());
        }
        let all = self.owed.len();
        let error = match self.settle() {
            Ok(()) => {
                if matches!(&self.place, Some(Place::File(file)) if file.needs_room()) {
                    self.reserve();
                }
                self.report(None);
                return (lines.len(), None);
            }
            Err(error) => error,
        };
        let gone = all - self.owed.len();
        let written = ends.iter().filter(|end| **end <= gone).count();
        // A line that was partly written must be completed.
        let begin = written.checked_sub(1).map_or(0, |last| ends[last]);
        let is_torn = begin < gone;
        self.owed.truncate(if is_torn { ends[written] - gone } else { 0 });
        let begun = written + usize::from(is_torn);
        self.coder.back((lines.len() - begun) as u64);
        self.keep(&mut lines[begun..]);
        (written, Some(self.failed(&error)))
    }

    /// Keeps the lines that must be written later. If there are none, keeps another one: its
    /// success shows that the output works again.
    fn keep(&mut self, lines: &mut [Line]) {
        const REFUSED: u16 = 503;
        for line in lines {
            let is_sum = line.entry.count.is_some();
            if line.must {
                self.append(&line.entry);
            } else if self.owed.is_empty() && !is_sum {
                line.entry.status = REFUSED;
                self.append(&line.entry);
            }
        }
    }

    fn append(&mut self, entry: &Entry) {
        let mut line = entry.json();
        self.coder.end(&mut line);
        line.push(b'\n');
        self.owed.extend_from_slice(&line);
    }

    /// Reopens the output after it was moved away. If that fails, the old file stays in use.
    pub fn reopen(&mut self) -> io::Result<()> {
        let opened = {
            let _step = self.health.step();
            open_and_look(&self.target)
        };
        match opened {
            Ok((place, has_steady_name)) => {
                (self.place, self.has_steady_name) = (Some(place), has_steady_name);
                self.refresh();
                Ok(())
            }
            Err(error) => {
                self.is_moved = !self.is_in_place();
                self.report(Some(&error));
                Err(error)
            }
        }
    }

    /// Looks after the output: reopens a file that was moved or removed, reserves room, and writes
    /// what is owed.
    pub fn look(&mut self) {
        if self.is_in_place() {
            return self.refresh();
        }
        // A failure is reported.
        if self.reopen().is_ok() {
            tracing::info!("opened the audit log anew, because its file was moved or removed");
        }
    }

    fn refresh(&mut self) {
        self.is_moved = false;
        self.reserve();
        let settled = if self.fails { self.settle() } else { Ok(()) };
        self.report(settled.as_ref().err());
    }

    /// Returns whether the disk has room for a line about unknown clients.
    pub fn has_room_for_strangers(&self) -> bool {
        let Some(Place::File(file)) = &self.place else { return true };
        let _step = self.health.step();
        file.room().is_none_or(|(free, all)| free >= NOT_FOR_STRANGERS.min(all / 10))
    }

    /// Returns whether the output is a file.
    pub fn is_file(&self) -> bool {
        matches!(self.place, Some(Place::File(_)))
    }

    /// Returns the number of bytes that are not written.
    pub fn owed(&self) -> usize {
        self.owed.len()
    }

    fn is_in_place(&self) -> bool {
        match (&self.place, &self.target) {
            (None, _) => false,
            (Some(Place::File(file)), Target::File(path)) if self.has_steady_name => {
                let _step = self.health.step();
                file.is_at(path)
            }
            _ => true,
        }
    }

    fn reserve(&mut self) {
        let Some(Place::File(file)) = &mut self.place else { return };
        let _step = self.health.step();
        self.has_room = file.reserve().is_ok();
    }

    /// Writes the bytes that are owed; the rest stays owed.
    fn settle(&mut self) -> io::Result<()> {
        let result = self.write_owed();
        self.fails = result.is_err();
        self.health.set_owed(self.owed.len());
        result
    }

    /// Uses one call for whole lines, so that lines of several processes in one file do not mix. A
    /// pipe keeps only single lines apart.
    fn write_owed(&mut self) -> io::Result<()> {
        if self.owed.is_empty() {
            return Ok(());
        }
        let _step = self.health.step();
        let mut written = 0;
        let result = loop {
            let rest = &self.owed[written..];
            if rest.is_empty() {
                break Ok(());
            }
            let wrote = match &mut self.place {
                Some(Place::File(file)) if self.is_moved && file.is_removed() => {
                    Err(io::Error::other("its file was removed, and cannot be created again"))
                }
                Some(Place::File(file)) => file.write(rest),
                Some(Place::Stdout(stdout)) => {
                    let end = rest.iter().position(|byte| *byte == b'\n');
                    stdout.write(&rest[..end.map_or(rest.len(), |end| end + 1)])
                }
                Some(Place::Nowhere) => Ok(rest.len()),
                None => Err(io::ErrorKind::StorageFull.into()),
            };
            match wrote {
                Ok(0) => break Err(io::ErrorKind::WriteZero.into()),
                Ok(bytes) => written += bytes,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => break Err(error),
            }
        };
        self.owed.drain(..written);
        result
    }

    fn failed(&mut self, error: &io::Error) -> NotWritten {
        self.report(Some(error));
        NotWritten::Failed(error.to_string())
    }

    /// Publishes how well the output works, and logs when that changes.
    fn report(&mut self, error: Option<&io::Error>) {
        let level = if self.fails || self.place.is_none() {
            Level::Unwritable
        } else if !self.has_room {
            Level::NoRoom
        } else if self.is_moved {
            Level::Moved
        } else {
            Level::Good
        };
        let before = self.health.set(level);
        if level == before {
            return;
        }
        let error = error.map_or_else(String::new, |error| format!(": {error}"));
        match level {
            Level::Good => tracing::info!("the audit log can be written again"),
            Level::Moved => tracing::error!(
                "cannot open the audit log anew after its file was moved{error}. Lines go to the \
                 moved file. Let the service's user create and write the file"
            ),
            Level::NoRoom => tracing::error!(
                "the disk of the audit log is full: changes are refused until there is room"
            ),
            Level::Unwritable => tracing::error!(
                "cannot write the audit log{error}. Requests are refused until it can be written"
            ),
        }
    }
}

/// Opens the output. Tells whether its file is the same by its name: on some file systems it never
/// is. It is opened several times, as somebody else may move it meanwhile.
fn open_and_look(target: &Target) -> io::Result<(Place, bool)> {
    const TIMES: usize = 3;
    let mut place = open(target)?;
    for _ in 1..TIMES {
        match (&place, target) {
            (Place::File(file), Target::File(path)) if !file.is_at(path) => place = open(target)?,
            _ => return Ok((place, true)),
        }
    }
    Ok((place, false))
}

fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::chain;
    use super::*;

    fn line(job: &str, must: bool) -> Line {
        let entry = Entry { job: Some(job.into()), status: 200, ..Entry::default() };
        Line { entry: entry.into(), must }
    }

    fn lines(path: &Path) -> Vec<(String, u64, u64)> {
        let text = std::fs::read_to_string(path).unwrap();
        let lines =
            text.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
        let number = |value: &serde_json::Value| value.as_u64().unwrap();
        lines
            .map(|line| {
                (
                    line["job"].as_str().unwrap().into(),
                    number(&line["status"]),
                    number(&line["line"]),
                )
            })
            .collect()
    }

    /// Opens an output in `folder` whose file was removed, while a folder has its name.
    fn removed(folder: &Path) -> (Output, Arc<Health>) {
        let (path, health) = (folder.join("audit.jsonl"), Arc::new(Health::new()));
        let target = Target::File(path.clone());
        let mut output = Output::open(target, chain::key(None), health.clone()).unwrap();
        assert_eq!(output.write(&mut [line("before", false)]).0, 1);
        std::fs::remove_file(&path).unwrap();
        std::fs::create_dir(&path).unwrap();
        (output, health)
    }

    #[test]
    #[cfg(unix)]
    fn keeps_what_must_be_written_and_one_line_that_shows_that_writing_works_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.jsonl");
        let (mut output, health) = removed(folder.path());
        output.look();
        assert_eq!(health.level(), Level::Moved);
        for batch in [&mut [line("a", false), line("b", false)][..], &mut [line("c", true)]] {
            let (written, error) = output.write(batch);
            assert!(
                written == 0 && error.is_some_and(|error| error.to_string().contains("removed"))
            );
            assert_eq!(health.level(), Level::Unwritable);
        }
        std::fs::remove_dir(&path).unwrap();
        output.look();
        assert_eq!(health.level(), Level::Good);
        assert_eq!(output.write(&mut [line("d", false)]).0, 1);
        let expected = [("a", 503, 2), ("c", 200, 3), ("d", 200, 4)];
        assert_eq!(lines(&path), expected.map(|(job, status, n)| (job.to_string(), status, n)));
    }

    #[test]
    #[cfg(unix)]
    fn writes_to_a_renamed_file_while_no_new_one_can_be_opened() {
        let folder = tempfile::tempdir().unwrap();
        let (path, old) = (folder.path().join("audit.jsonl"), folder.path().join("old"));
        let health = Arc::new(Health::new());
        let mut output =
            Output::open(Target::File(path.clone()), chain::key(None), health.clone()).unwrap();
        std::fs::rename(&path, &old).unwrap();
        std::fs::create_dir(&path).unwrap();
        output.look();
        assert_eq!(health.level(), Level::Moved);
        assert_eq!(output.write(&mut [line("a", false)]).0, 1);
        assert_eq!(lines(&old).len(), 1);
        std::fs::remove_dir(&path).unwrap();
        output.look();
        assert_eq!(health.level(), Level::Good);
        assert!(path.is_file());
    }
}
