//! Options of VDK that a secret of the same name overrides: those of vdk-core and of the original's
//! plugins. Other plugins have more, which are not known here.

/// Beginnings of the options of vdk-core's parts and of the plugins.
const BEGINNINGS: [&str; 31] = [
    "airbyte_",
    "audit_",
    "dags_",
    "duckdb_",
    "fs_properties_",
    "gdp_execution_id_",
    "greenplum_",
    "huggingface_",
    "impala_",
    "ingest_method_",
    "ingest_over_http_",
    "ingest_payload_",
    "ingest_target_",
    "ingester_",
    "ingestion_",
    "jupyter_",
    "kerberos_",
    "keytab_",
    "krb_",
    "krb5_",
    "notification_",
    "openai_",
    "openlineage_",
    "oracle_",
    "postgres_",
    "snowflake_",
    "sqlite_",
    "structlog_",
    "syslog_",
    "termination_message_writer_",
    "trino_",
];
/// Options with other names.
const NAMES: [&str; 26] = [
    "api_server_kerberos_service_name",
    "attempt_id",
    "control_service_rest_api_url",
    "api_token",
    "db_default_type",
    "disable_kerberos_login",
    "execution_id",
    "exit_code",
    "exit_on_forbidden_event",
    "forbidden_events_list",
    "job_githash",
    "job_run_summary_file_path",
    "log_config",
    "log_execution_result",
    "log_level_module",
    "log_level_vdk",
    "logging_format",
    "monitoring_enabled",
    "op_id",
    "properties_default_type",
    "properties_write_preprocess_sequence",
    "python_version",
    "secrets_default_type",
    "secrets_write_preprocess_sequence",
    "team",
    "working_dir",
];

/// Returns whether a secret of this name overrides an option. VDK looks an option up by the key in
/// lower case, without any other change (vdk-core's `core/config.py`).
pub fn is_option(key: &str) -> bool {
    let key = key.to_lowercase();
    NAMES.contains(&key.as_str())
        || BEGINNINGS.iter().any(|start| key.len() > start.len() && key.starts_with(start))
}

/// Returns the environment variables that win over the secret.
pub fn variables(key: &str) -> [String; 2] {
    let name = key.replace(['-', '.'], "_").to_uppercase();
    [format!("VDK_{name}"), name]
}
