//! Runs a real nginx as a reverse proxy in front of a service.

use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};

use super::{eventually, free_port};

/// A running proxy. It is stopped when dropped.
pub struct Nginx {
    pub address: SocketAddr,
    child: Child,
    _folder: tempfile::TempDir,
}

impl Nginx {
    /// Starts a proxy in front of `upstream` with these directives for its location.
    pub fn in_front_of(upstream: SocketAddr, directives: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let address = SocketAddr::from(([127, 0, 0, 1], free_port()));
        let paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
        let paths: String = paths.iter().map(|at| format!("{at}_temp_path tmp-{at};\n")).collect();
        // A single process: whoever ends it ends all of it.
        let configuration = format!(
            "daemon off;\nmaster_process off;\npid nginx.pid;\nerror_log stderr;\n\
             events {{ worker_connections 64; }}\n\
             http {{\naccess_log off;\n{paths}server {{\nlisten {address};\n\
             location / {{\nproxy_pass http://{upstream};\nproxy_http_version 1.1;\n{directives}\n\
             }}\n}}\n}}\n"
        );
        std::fs::write(folder.path().join("nginx.conf"), configuration).unwrap();
        let mut command = Command::new("nginx");
        command.env("PATH", "/usr/sbin:/usr/bin:/bin").stdin(Stdio::null());
        command.arg("-p").arg(folder.path()).args(["-c", "nginx.conf", "-e", "stderr"]);
        let child = command.spawn().unwrap_or_else(|_| panic!("no nginx: run ./tests/run"));
        let nginx = Nginx { address, child, _folder: folder };
        eventually("nginx listens", || TcpStream::connect(address).is_ok());
        nginx
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
