//! Starts a cluster of three OpenBao nodes on raft storage, with a role for the service.

use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

use super::peers::{Settings, is_mounted, program};
use super::{Answer, eventually, free_port, http};

pub struct Cluster {
    nodes: Vec<Node>,
    root: String,
    unseal: String,
    role: String,
    secret: String,
}

struct Node {
    address: SocketAddr,
    child: Child,
    folder: TempDir,
}

impl Cluster {
    pub fn start() -> Self {
        let ports: Vec<_> = (0..3).map(|_| (free_port(), free_port())).collect();
        let nodes = (0..3).map(|n| {
            let folder = tempfile::tempdir().unwrap();
            let raft = folder.path().join("raft");
            std::fs::create_dir(&raft).unwrap();
            let (api, inner) = ports[n];
            let joins = ports.iter().filter(|(port, _)| *port != api).map(|(port, _)| {
                format!("retry_join {{ leader_api_addr = \"http://127.0.0.1:{port}\" }}\n")
            });
            let config = format!(
                "storage \"raft\" {{ path = \"{}\" node_id = \"n{n}\" performance_multiplier = 1\n\
                 {}}}\n\
                 listener \"tcp\" {{ address = \"127.0.0.1:{api}\" tls_disable = true \
                 cluster_address = \"127.0.0.1:{inner}\" }}\n\
                 cluster_addr = \"https://127.0.0.1:{inner}\"\n\
                 api_addr = \"http://127.0.0.1:{api}\"\n",
                raft.display(),
                joins.collect::<String>(),
            );
            std::fs::write(folder.path().join("config.hcl"), config).unwrap();
            Node { address: ([127, 0, 0, 1], api).into(), child: spawn(&folder), folder }
        });
        let (root, unseal, role, secret) = Default::default();
        let mut cluster = Cluster { nodes: nodes.collect(), root, unseal, role, secret };
        let init = json!({"secret_shares": 1, "secret_threshold": 1});
        let mut keys = Value::Null;
        eventually("the first node is initialised", || {
            let answer = cluster.ask(0, "PUT", "sys/init", &init);
            keys = answer.filter(|answer| answer.status == 200).map_or(Value::Null, |a| a.json());
            !keys.is_null()
        });
        cluster.unseal = keys["keys_base64"][0].as_str().unwrap().into();
        cluster.root = keys["root_token"].as_str().unwrap().into();
        for node in 0..3 {
            cluster.unseal(node);
        }
        cluster.configure();
        // A node has no vote in the first ten seconds after it joined.
        eventually("every node has a vote", || {
            let found = cluster.ask(0, "GET", "sys/storage/raft/configuration", &Value::Null);
            let found = found.map_or(Value::Null, |answer| answer.json());
            let servers = found["data"]["config"]["servers"].as_array().cloned();
            servers.unwrap_or_default().iter().filter(|server| server["voter"] == true).count() == 3
        });
        cluster
    }

    fn configure(&mut self) {
        let leader = self.leader();
        let ask = |method: &str, path: &str, body: &Value| {
            self.ask(leader, method, path, body).filter(|answer| answer.status < 300)
        };
        let kv = json!({"type": "kv", "options": {"version": "2"}});
        eventually("the mount is there", || {
            self.ask(leader, "POST", "sys/mounts/secret", &kv).is_some_and(|a| is_mounted(&a))
        });
        eventually("the mount is ready", || ask("GET", "secret/config", &Value::Null).is_some());
        ask("POST", "sys/auth/approle", &json!({"type": "approle"})).unwrap();
        let policy =
            "path \"secret/*\" { capabilities = [\"create\", \"read\", \"update\", \"patch\"] }";
        ask("PUT", "sys/policies/acl/vdk", &json!({ "policy": policy })).unwrap();
        let role = json!({
            "token_policies": "vdk", "token_no_default_policy": true,
            "token_ttl": "10s", "token_max_ttl": "30s",
        });
        ask("POST", "auth/approle/role/vdk", &role).unwrap();
        let role = ask("GET", "auth/approle/role/vdk/role-id", &Value::Null).unwrap().json();
        let secret = ask("POST", "auth/approle/role/vdk/secret-id", &json!({})).unwrap().json();
        self.role = role["data"]["role_id"].as_str().unwrap().into();
        self.secret = secret["data"]["secret_id"].as_str().unwrap().into();
    }

    /// Returns the settings of a service that uses these nodes in this order.
    pub fn settings(&self, nodes: &[usize]) -> Settings {
        let uris: Vec<_> =
            nodes.iter().map(|n| format!("http://{}/v1/", self.nodes[*n].address)).collect();
        vec![
            ("FEATUREFLAG_VAULT_INTEGRATION_ENABLED", "true".into()),
            ("VDK_VAULT_URI", uris.join(",")),
            ("VDK_VAULT_APPROLE_ROLEID", self.role.clone()),
            ("VDK_VAULT_APPROLE_SECRETID", self.secret.clone()),
        ]
    }

    /// Waits until a node is active and returns it.
    pub fn leader(&self) -> usize {
        let mut leader = None;
        eventually("a node is active", || {
            leader = (0..self.nodes.len()).find(|n| self.health(*n) == Some(200));
            leader.is_some()
        });
        leader.unwrap()
    }

    /// Makes the active node step down and waits for another active node.
    pub fn step_down(&self) {
        let leader = self.leader();
        self.ask(leader, "PUT", "sys/step-down", &Value::Null);
        eventually("it stands by", || self.health(leader) == Some(429));
        self.leader();
    }

    /// Kills a node with SIGKILL.
    pub fn kill(&mut self, node: usize) {
        let node = &mut self.nodes[node];
        let _ = node.child.kill();
        let _ = node.child.wait();
    }

    /// Starts a killed node again and waits until it has joined.
    pub fn revive(&mut self, node: usize) {
        let child = spawn(&self.nodes[node].folder);
        self.nodes[node].child = child;
        self.unseal(node);
    }

    fn unseal(&self, node: usize) {
        let key = json!({ "key": self.unseal });
        eventually("the node takes part", || {
            if matches!(self.health(node), Some(200 | 429)) {
                return true;
            }
            self.ask(node, "PUT", "sys/unseal", &key);
            false
        });
    }

    fn health(&self, node: usize) -> Option<u16> {
        self.ask(node, "GET", "sys/health", &Value::Null).map(|answer| answer.status)
    }

    fn ask(&self, node: usize, method: &str, path: &str, body: &Value) -> Option<Answer> {
        let headers = [("X-Vault-Token", self.root.as_str()), ("Content-Type", "application/json")];
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let address = self.nodes[node].address;
        http(address, method, &format!("/v1/{path}"), &headers, body.as_bytes())
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        for node in 0..self.nodes.len() {
            self.kill(node);
        }
    }
}

fn spawn(folder: &TempDir) -> Child {
    Command::new(program("VDK_TEST_BAO"))
        .arg("server")
        .arg(format!("-config={}", folder.path().join("config.hcl").display()))
        .env_clear()
        .env("HOME", folder.path())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}
