//! `vdk server` as a process of its own, on the store of its home.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

use crate::Home;

/// A running server; it is killed when it is dropped.
pub struct Server {
    child: Child,
    url: String,
    log: Arc<Mutex<String>>,
}

impl Server {
    /// Starts one for `home` on a free port that lets everybody in.
    pub fn start(home: &Home) -> Self {
        let mut command = home.command(["server", "--port", "0"]);
        command.env("FEATUREFLAG_SECURITY_ENABLED", "false");
        Server::spawn(command)
    }

    /// Starts one that `home` is logged in to, and nobody else.
    pub fn secured(home: &Home) -> Self {
        Server::with(home, &[])
    }

    /// The same, with settings.
    pub fn with(home: &Home, settings: &[(&str, &str)]) -> Self {
        let mut command = home.command(["server", "--port", "0"]);
        command.envs(settings.iter().copied());
        Server::spawn(command)
    }

    /// Starts one for `home` at `url` again.
    pub fn again(home: &Home, url: &str) -> Self {
        let port = url.rsplit(':').next().unwrap();
        Server::spawn(home.command(["server", "--port", port]))
    }

    fn spawn(mut command: Command) -> Self {
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let told = lines.find_map(|line| {
            let line = line.unwrap();
            let address = line.strip_prefix("note: serving ")?;
            Some(address.split(',').next()?.to_string())
        });
        // What else it logs is read, so that it never waits for a reader.
        let log = Arc::new(Mutex::new(String::new()));
        let kept = log.clone();
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                kept.lock().unwrap().push_str(&(line + "\n"));
            }
        });
        Server { child, url: told.unwrap(), log }
    }

    pub fn url(&self) -> String {
        self.url.clone()
    }

    /// Returns its log since it serves.
    pub fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits for its end and gives its exit code.
    pub fn wait(mut self) -> Option<i32> {
        self.child.wait().unwrap().code()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
