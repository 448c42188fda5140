//! Standbys of a PostgreSQL, and their promotion.

use std::process::Stdio;

use super::eventually;
use super::peers::Database;

impl Database {
    /// Starts a standby that follows this server.
    pub fn standby(&self) -> Database {
        let mut standby = Database::new();
        let data = standby.folder.path().join("data");
        super::peers::belongs_to_postgres(standby.folder.path());
        let copied = standby
            .command("pg_basebackup")
            .env("PGPASSWORD", "geheim")
            .args(["-h", "127.0.0.1", "-p", &self.port.to_string(), "-U", "vdk"])
            .args(["--write-recovery-conf", "--checkpoint=fast", "-D"])
            .arg(data)
            .stdout(Stdio::null())
            .status();
        assert!(copied.unwrap().success());
        standby.run();
        standby
    }

    /// Waits until a standby has everything that this server has.
    pub fn wait_for(&self, standby: &Database) {
        let position = self.sql(&["SELECT pg_current_wal_lsn()"]);
        let reached = format!("SELECT pg_last_wal_replay_lsn() >= '{position}'::pg_lsn");
        eventually("the standby has everything", || standby.sql(&[&reached]) == "t");
    }

    /// Makes a primary of this standby.
    pub fn promote(&self) {
        let data = self.folder.path().join("data");
        let mut command = self.command("pg_ctl");
        command.args(["promote", "-w", "-D"]).arg(data).stdout(Stdio::null());
        assert!(command.status().unwrap().success());
    }
}
