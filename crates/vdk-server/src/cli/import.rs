//! The import of properties from an original Control Service. Its table identifies jobs by name
//! alone, so the operator states the team of each.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::{Arg, ArgMatches, Command, value_parser};
use vdk_api::{Author, Collection, Document, Name, Owner};

use crate::operand;
use crate::server::{ServeError, threads};
use crate::settings::Database;
use crate::storage::{Backend, Expected, Postgres, StorageError};

/// Builds the command `import-properties`.
pub fn command() -> Command {
    Command::new("import-properties")
        .about("Import the properties of an original Control Service")
        .long_about(
            "Import the properties of an original Control Service.\n\n\
             Copy the table job_properties of the configured database into the tables of this \
             service. Each job becomes the first version of its properties. Jobs that already \
             have properties here are skipped. The table itself is not changed. If any job has no \
             team, nothing is imported.",
        )
        .arg(
            Arg::new("teams")
                .long("teams")
                .value_name("FILE")
                .required(true)
                .value_parser(value_parser!(PathBuf))
                .help("JSON with each job's team: {\"job\": \"team\"}; - is stdin"),
        )
}

/// Runs the command. Returns a summary for the operator.
pub fn run(database: Database, options: &ArgMatches) -> Result<String, ServeError> {
    let teams = options.get_one::<PathBuf>("teams").cloned().unwrap_or_default();
    import(database, &teams)
}

/// Copies `job_properties` into the tables of this service, each job as its first version; existing
/// ones stay. `teams` is a file with a JSON object of job to team. Writes nothing unless every row
/// has a team and is a JSON object.
fn import(database: Database, teams: &Path) -> Result<String, ServeError> {
    let teams = read_teams(teams)?;
    threads::for_command()?.block_on(async {
        let backend = Postgres::new(database, Collection::Properties)
            .map_err(|why| ServeError(format!("cannot use the database: {why}")))?;
        let failed =
            |fault: StorageError| ServeError(format!("cannot import the properties: {fault}"));
        let rows = backend.original_rows().await.map_err(failed)?;
        let (mut ready, mut wrong) = (Vec::new(), Vec::new());
        for (job, json) in rows {
            match prepare(&job, json.as_deref(), &teams) {
                Ok(row) => ready.push(row),
                Err(why) => wrong.push(format!("  {job}: {why}")),
            }
        }
        if !wrong.is_empty() {
            return Err(ServeError(format!("nothing was imported:\n{}", wrong.join("\n"))));
        }
        let (mut imported, mut kept) = (0, 0);
        let author = Author { who: "import of job_properties".into(), op_id: String::new() };
        for (owner, document) in ready {
            match backend.write(&owner, document.to_json(), Expected::Version(0), &author).await {
                Ok(_) => imported += 1,
                Err(StorageError::Conflict { .. }) => kept += 1,
                Err(fault) => return Err(failed(fault)),
            }
        }
        Ok(format!("{imported} jobs imported, {kept} skipped because they have properties here"))
    })
}

fn read_teams(path: &Path) -> Result<BTreeMap<String, String>, ServeError> {
    let wrong = |why: String| ServeError(format!("{}: {why}", operand::name(path)));
    let text = operand::read(path).map_err(|error| wrong(error.to_string()))?;
    serde_json::from_slice(&text).map_err(|error| {
        wrong(format!("a JSON object with the team of each job is expected: {error}"))
    })
}

fn prepare(
    job: &str,
    json: Option<&str>,
    teams: &BTreeMap<String, String>,
) -> Result<(Owner, Document), String> {
    let team = teams.get(job).ok_or("no team found for this job")?;
    let name = |text: &str| Name::new(text).map_err(|error| format!("'{text}': {error}"));
    let owner = Owner { team: name(team)?, job: name(job)? };
    if !owner.is_job() {
        return Err("this name is reserved for the service".into());
    }
    let document = Document::parse(json.unwrap_or("{}")).map_err(|error| error.to_string())?;
    Ok((owner, document))
}
