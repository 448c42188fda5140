//! Tests of the storages: the embedded store, Vault or OpenBao, PostgreSQL.

mod backup;
mod contract;
mod database_login;
mod database_tables;
mod failover;
mod foreign_responses;
mod key_rotation;
mod permissions;
mod pooler;
mod replicas;
mod scripted_vault;
mod vault_mount;
mod vault_records;
mod vault_tokens;
