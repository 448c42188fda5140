//! Starts the storages of the service, OpenBao and PostgreSQL, on free ports and in temporary
//! folders. `tests/run` sets the paths of their programs.

use std::fs::File;
use std::io::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

use super::{Answer, eventually, free_port, has_stopped, http, signal};

/// An OpenBao on raft storage, with a role that can only use the mount `secret`.
pub struct Bao {
    child: Child,
    pub address: SocketAddr,
    pub root: String,
    unseal: String,
    pub role: String,
    pub secret: String,
    folder: TempDir,
}

/// A PostgreSQL with a database `postgres` and a user `vdk`.
pub struct Database {
    child: Option<Child>,
    pub port: u16,
    pub(super) folder: TempDir,
    programs: PathBuf,
}

/// Settings of a service that uses a peer.
pub type Settings = Vec<(&'static str, String)>;

/// Returns the path of a program that `tests/run` has installed.
pub fn program(variable: &str) -> PathBuf {
    PathBuf::from(
        std::env::var_os(variable)
            .unwrap_or_else(|| panic!("{variable} is not set: run ./tests/run")),
    )
}

impl Bao {
    /// Starts, initializes and unseals an OpenBao.
    pub fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let address: SocketAddr = ([127, 0, 0, 1], free_port()).into();
        std::fs::create_dir(folder.path().join("raft")).unwrap();
        let config = format!(
            "storage \"raft\" {{ path = \"{}\" node_id = \"n\" performance_multiplier = 1 }}\n\
             listener \"tcp\" {{ address = \"{address}\" tls_disable = true }}\n\
             cluster_addr = \"http://127.0.0.1:{}\"\napi_addr = \"http://{address}\"\n",
            folder.path().join("raft").display(),
            free_port()
        );
        std::fs::write(folder.path().join("config.hcl"), config).unwrap();
        let child = Bao::spawn(folder.path());
        let (root, unseal, role, secret) = Default::default();
        let mut bao = Bao { child, address, root, unseal, role, secret, folder };
        let init = json!({"secret_shares": 1, "secret_threshold": 1});
        let mut keys = Value::Null;
        eventually("OpenBao is initialised", || {
            let answer = bao.try_ask("PUT", "sys/init", &init);
            keys = answer.filter(|answer| answer.status == 200).map_or(Value::Null, |a| a.json());
            !keys.is_null()
        });
        bao.unseal = keys["keys_base64"][0].as_str().unwrap().into();
        bao.root = keys["root_token"].as_str().unwrap().into();
        bao.unseal();
        let kv = json!({"type": "kv", "options": {"version": "2"}});
        eventually("the mount is there", || is_mounted(&bao.ask("POST", "sys/mounts/secret", &kv)));
        // OpenBao responds before the mount is ready.
        eventually("the mount is ready", || {
            bao.ask("GET", "secret/config", &Value::Null).status == 200
        });
        bao.ask("POST", "sys/auth/approle", &json!({"type": "approle"}));
        let policy = "path \"secret/*\" { capabilities = [\"create\", \"read\", \"update\", \"patch\", \"list\"] }";
        bao.ask("PUT", "sys/policies/acl/vdk", &json!({ "policy": policy }));
        bao.ask(
            "POST",
            "auth/approle/role/vdk",
            &json!({
                "token_policies": "vdk", "token_no_default_policy": true,
                "token_ttl": "6s", "token_max_ttl": "12s",
            }),
        );
        let role = bao.ask("GET", "auth/approle/role/vdk/role-id", &Value::Null).json();
        bao.role = role["data"]["role_id"].as_str().unwrap().into();
        let secret = bao.ask("POST", "auth/approle/role/vdk/secret-id", &json!({})).json();
        bao.secret = secret["data"]["secret_id"].as_str().unwrap().into();
        bao
    }

    /// Starts an OpenBao in development mode: in memory, with a known root token.
    pub fn development() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let address: SocketAddr = ([127, 0, 0, 1], free_port()).into();
        let root = "root".to_string();
        let words = [
            "-dev".to_string(),
            "-dev-no-store-token".into(),
            format!("-dev-root-token-id={root}"),
            format!("-dev-listen-address={address}"),
        ];
        let child = Bao::server(folder.path(), &words);
        let (unseal, role, secret) = Default::default();
        let bao = Bao { child, address, root, unseal, role, secret, folder };
        eventually("the mount is ready", || {
            let answer = bao.try_ask("GET", "secret/config", &Value::Null);
            answer.is_some_and(|answer| answer.status == 200)
        });
        bao
    }

    fn spawn(folder: &Path) -> Child {
        Bao::server(folder, &[format!("-config={}", folder.join("config.hcl").display())])
    }

    fn server(folder: &Path, words: &[String]) -> Child {
        let log = File::options().create(true).append(true).open(folder.join("log")).unwrap();
        Command::new(program("VDK_TEST_BAO"))
            .arg("server")
            .args(words)
            .env_clear()
            .env("HOME", folder)
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap()
    }

    /// Returns the settings of a service that logs in with AppRole.
    pub fn settings(&self) -> Settings {
        self.settings_at(self.address)
    }

    /// Returns these settings with `address` in place of OpenBao's own, such as that of a proxy.
    pub fn settings_at(&self, address: SocketAddr) -> Settings {
        vec![
            ("FEATUREFLAG_VAULT_INTEGRATION_ENABLED", "true".into()),
            ("VDK_VAULT_URI", format!("http://{address}/v1/")),
            ("VDK_VAULT_APPROLE_ROLEID", self.role.clone()),
            ("VDK_VAULT_APPROLE_SECRETID", self.secret.clone()),
        ]
    }

    /// Returns the settings of a service that uses `token` and `mount`.
    pub fn settings_of(&self, token: &str, mount: &str) -> Settings {
        vec![
            ("FEATUREFLAG_VAULT_INTEGRATION_ENABLED", "true".into()),
            ("VDK_VAULT_URI", format!("http://{}/v1/", self.address)),
            ("VDK_VAULT_TOKEN", token.into()),
            ("VDK_VAULT_KVSTORE", mount.into()),
        ]
    }

    /// Creates a token that may do only what `policy` allows. `namespace` is empty, or ends in a
    /// slash.
    pub fn token(&self, namespace: &str, policy: &str) -> String {
        let body = json!({ "policy": policy });
        let name = format!("{namespace}sys/policies/acl/limited");
        eventually("the policy is stored", || {
            (200..300).contains(&self.ask("PUT", &name, &body).status)
        });
        let body = json!({"policies": ["limited"], "no_default_policy": true});
        let made = self.ask("POST", &format!("{namespace}auth/token/create"), &body).json();
        made["auth"]["client_token"].as_str().unwrap().into()
    }

    /// Sends a request with the root token.
    pub fn ask(&self, method: &str, path: &str, body: &Value) -> Answer {
        self.try_ask(method, path, body).unwrap_or_else(|| panic!("OpenBao is gone"))
    }

    fn try_ask(&self, method: &str, path: &str, body: &Value) -> Option<Answer> {
        let headers = [("X-Vault-Token", self.root.as_str()), ("Content-Type", "application/json")];
        let body = if body.is_null() { String::new() } else { body.to_string() };
        http(self.address, method, &format!("/v1/{path}"), &headers, body.as_bytes())
    }

    pub fn seal(&self) {
        self.ask("PUT", "sys/seal", &Value::Null);
    }

    pub fn unseal(&self) {
        let key = json!({ "key": self.unseal });
        eventually("OpenBao is active", || {
            self.ask("PUT", "sys/unseal", &key);
            self.ask("GET", "sys/health", &Value::Null).status == 200
        });
    }

    pub fn signal(&self, name: &str) {
        signal(self.child.id(), name);
    }

    /// Kills OpenBao with SIGKILL, starts and unseals it again.
    pub fn restart(&mut self) {
        self.stop();
        self.child = Bao::spawn(self.folder.path());
        eventually("OpenBao listens", || self.try_ask("GET", "sys/health", &Value::Null).is_some());
        self.unseal();
    }

    pub fn stop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Returns whether the mount exists. A lost response is repeated, so it may have existed before.
pub fn is_mounted(answer: &Answer) -> bool {
    answer.status == 204 || answer.status == 400 && answer.body.contains("path is already in use")
}

impl Drop for Bao {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let log = std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
            let lines: Vec<&str> = log.lines().collect();
            let last = lines[lines.len().saturating_sub(30)..].join("\n");
            let _ = writeln!(std::io::stderr(), "OpenBao ended with:\n{last}");
        }
        self.stop();
    }
}

impl Database {
    pub fn start() -> Self {
        let mut database = Database::new();
        let at = |name: &str| database.folder.path().join(name).display().to_string();
        let password = at("password");
        std::fs::write(&password, "geheim").unwrap();
        belongs_to_postgres(database.folder.path());
        let made = database
            .command("initdb")
            .args(["-D", &at("data"), "-U", "vdk", "--auth=scram-sha-256"])
            .arg(format!("--pwfile={password}"))
            .stdout(Stdio::null())
            .status();
        assert!(made.unwrap().success());
        database.run();
        database
    }

    /// Prepares a server in a new folder.
    pub(super) fn new() -> Self {
        let programs = program("VDK_TEST_POSTGRES");
        let folder = tempfile::tempdir().unwrap();
        Database { child: None, port: free_port(), folder, programs }
    }

    pub(super) fn command(&self, program: &str) -> Command {
        as_postgres(&self.programs.join(program))
    }

    /// Starts the server, also after a kill.
    pub fn run(&mut self) {
        let folder = self.folder.path().to_path_buf();
        let at = |name: &str| folder.join(name).display().to_string();
        // A killed server may still occupy the port for a moment.
        let port = self.port;
        eventually("PostgreSQL listens", || {
            if self.child.as_mut().is_none_or(|child| child.try_wait().unwrap().is_some()) {
                let log = File::create(folder.join("log")).unwrap();
                let child = self
                    .command("postgres")
                    .args(["-D", &at("data"), "-k", &at(""), "-p", &port.to_string()])
                    .args(["-c", "listen_addresses=127.0.0.1", "-c", "max_connections=40"])
                    .stdout(Stdio::null())
                    .stderr(log)
                    .spawn();
                self.child = Some(child.unwrap());
            }
            let ready = self
                .command("pg_isready")
                .args(["-q", "-h", "127.0.0.1", "-p", &port.to_string()])
                .status();
            ready.unwrap().success()
        });
    }

    pub fn settings(&self) -> Settings {
        vec![
            (
                "SPRING_DATASOURCE_URL",
                format!("jdbc:postgresql://127.0.0.1:{}/postgres", self.port),
            ),
            ("SPRING_DATASOURCE_USERNAME", "vdk".into()),
            ("SPRING_DATASOURCE_PASSWORD", "geheim".into()),
        ]
    }

    /// Returns these settings with another address, such as `127.0.0.1:1/postgres?ssl=true`.
    pub fn settings_at(&self, address: &str) -> Settings {
        let mut settings = self.settings();
        settings[0].1 = format!("jdbc:postgresql://{address}");
        settings
    }

    /// Returns the server's own log.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap()
    }

    /// Returns the folder of the server's Unix socket.
    pub fn socket_folder(&self) -> String {
        self.folder.path().display().to_string()
    }

    /// Returns the address of the server.
    pub fn address(&self) -> SocketAddr {
        ([127, 0, 0, 1], self.port).into()
    }

    /// Returns a client that runs SQL statements one by one as the administrator.
    pub fn client(&self, statements: &[&str]) -> Command {
        let mut client = self.command("psql");
        client
            .env("PGPASSWORD", "geheim")
            .args(["-h", "127.0.0.1", "-p", &self.port.to_string(), "-U", "vdk", "-d", "postgres"])
            .args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"])
            .args(statements.iter().flat_map(|statement| ["-c", statement]));
        client
    }

    /// Runs SQL as the administrator and returns the output.
    pub fn sql(&self, statements: &[&str]) -> String {
        let output = self.client(statements).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_string()
    }

    /// Sends a signal to the server and its child processes.
    pub fn signal(&self, name: &str) {
        let id = self.child.as_ref().unwrap().id();
        if name == "STOP" {
            // Else it could start another process behind the list of its processes.
            signal(id, name);
        }
        let children = Command::new("pgrep").args(["-P", &id.to_string()]).output().unwrap();
        for child in String::from_utf8(children.stdout).unwrap().lines() {
            let _ = Command::new("kill")
                .args([&format!("-{name}"), child])
                .stderr(Stdio::null())
                .status();
            if name == "STOP" {
                eventually("it has stopped", || has_stopped(child));
            }
        }
        signal(id, name);
    }

    /// Kills the whole server with SIGKILL.
    pub fn kill(&mut self) {
        self.signal("KILL");
        let _ = self.child.as_mut().unwrap().wait();
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            // SIGQUIT ends the server and its processes at once. Stopped ones must continue first.
            let _ = Command::new("kill").args(["-CONT", &child.id().to_string()]).status();
            let _ = Command::new("kill").args(["-QUIT", &child.id().to_string()]).status();
            let _ = child.wait();
        }
    }
}

/// Returns a command that runs as the user of PostgreSQL if this user is root.
pub(super) fn as_postgres(program: &Path) -> Command {
    let mut command = if is_root() {
        let mut command = Command::new("setpriv");
        command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups", "--"]).arg(program);
        command
    } else {
        Command::new(program)
    };
    command.current_dir("/").stdin(Stdio::null());
    command
}

/// Gives a folder to the user of PostgreSQL, which does not run as root.
pub(super) fn belongs_to_postgres(folder: &Path) {
    if is_root() {
        let mut command = Command::new("chown");
        assert!(command.args(["-R", "postgres"]).arg(folder).status().unwrap().success());
    }
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output().unwrap();
    id.stdout == b"0\n"
}
