//! Starts `vdk server` on the store of a home.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

use crate::Home;

/// A running server. It is killed when dropped.
pub struct Server {
    child: Child,
    url: String,
    log: Arc<Mutex<String>>,
}

impl Server {
    /// Starts a server for `home` on a free port, without authentication.
    pub fn start(home: &Home) -> Self {
        let mut command = home.command(["server", "--port", "0"]);
        command.env("FEATUREFLAG_SECURITY_ENABLED", "false");
        Server::spawn(command)
    }

    /// Starts a server that authenticates only the user of `home`.
    pub fn secured(home: &Home) -> Self {
        Server::with(home, &[])
    }

    /// Starts such a server with more settings.
    pub fn with(home: &Home, settings: &[(&str, &str)]) -> Self {
        let mut command = home.command(["server", "--port", "0"]);
        command.envs(settings.iter().copied());
        Server::spawn(command)
    }

    /// Starts a server for `home` on the port of `url`.
    pub fn start_at(home: &Home, url: &str) -> Self {
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
        // The rest of the log is read, so that the server never blocks on a full pipe.
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

    /// Returns the log since the server is ready.
    pub fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits for the end of the process and returns its exit code.
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
