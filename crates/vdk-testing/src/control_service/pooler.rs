//! A PgBouncer in front of a PostgreSQL.

use std::fs::File;
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use super::peers::{Database, as_postgres, belongs_to_postgres};
use super::{eventually, free_port};

/// Debian's place of the program, which is not on everybody's path.
const PROGRAM: &str = "/usr/sbin/pgbouncer";

/// A running PgBouncer. It is killed when dropped.
pub struct PgBouncer {
    child: Child,
    pub address: SocketAddr,
    _folder: TempDir,
}

impl PgBouncer {
    /// Starts one whose clients share few connections, in the mode `session` or `transaction`.
    pub fn in_front_of(database: &Database, mode: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let address: SocketAddr = ([127, 0, 0, 1], free_port()).into();
        let at = |name: &str| folder.path().join(name).display().to_string();
        std::fs::write(at("users"), "\"vdk\" \"geheim\"\n").unwrap();
        // Servers are used in turn, so that a client meets another session soon.
        let config = format!(
            "[databases]\n* = host=127.0.0.1 port={}\n[pgbouncer]\nlisten_addr = 127.0.0.1\n\
             listen_port = {}\nunix_socket_dir =\nauth_type = scram-sha-256\nauth_file = {}\n\
             pool_mode = {mode}\nmax_client_conn = 200\ndefault_pool_size = 12\n\
             server_round_robin = 1\n",
            database.port,
            address.port(),
            at("users"),
        );
        std::fs::write(at("ini"), config).unwrap();
        belongs_to_postgres(folder.path());
        let log = File::create(at("log")).unwrap();
        let child = as_postgres(Path::new(PROGRAM))
            .arg(at("ini"))
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        let bouncer = PgBouncer { child, address, _folder: folder };
        eventually("PgBouncer listens", || TcpStream::connect(address).is_ok());
        bouncer
    }
}

impl Drop for PgBouncer {
    fn drop(&mut self) {
        let id = self.child.id().to_string();
        let _ = Command::new("kill").args(["-KILL", &id]).stderr(Stdio::null()).status();
        let _ = self.child.wait();
    }
}
