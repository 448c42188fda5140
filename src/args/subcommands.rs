//! The commands of `vdk secrets` and `vdk properties` beside the actions that are options. In help
//! texts `{many}` stands for what they work on.

use clap::{Args, Subcommand};

use super::edit::EditArgs;
use super::exec::ExecArgs;
use super::export::ExportArgs;
use super::find::FindArgs;
use super::import::ImportArgs;
use super::key_values::WhichArgs;
use super::replace::ReplaceArgs;
use super::transfer::{DiffArgs, TransferArgs};
use super::{Beside, OutputArgs, PreviewArgs};

// Commands beside the actions that are options.
#[derive(Subcommand)]
#[command(defer = true)]
#[allow(clippy::large_enum_variant, reason = "a command line has one")]
pub enum KeyValueCommand {
    #[command(
        about = "Run a program with the {many} as environment variables",
        after_help = "\
The key db-user becomes the variable DB_USER. The program gets its own arguments unchanged, \
also those that look like options. Its exit code is that of vdk: 126 if it cannot be run, 127 if \
it is not found. No value is in an argument, and only --file writes one to a file.

Examples:
  vdk {many} -n ingest exec -- dbt run
  vdk {many} -n ingest exec --only db-user,db-password -- psql
  vdk {many} -n ingest exec --map db-password=PGPASSWORD -- pg_dump sales
  vdk {many} -n ingest exec --file tls-key=KEY_FILE -- ./load.sh
  vdk {many} -n ingest exec -- sh -c 'echo \"$DB_USER\"'
  vdk {many} -n ingest exec --dry-run -- env"
    )]
    Exec(Beside<WhichArgs, ExecArgs>),
    #[command(
        about = "Print the {many} in the format of another program, or write them to a file",
        after_help = "\
json, yaml and toml keep the types of values; in the other formats, what is no string is its JSON \
text. A key that a format cannot express stops the export, and all such keys are listed. github \
hides the values in the job's log, and sets variables for its next steps. k8s is a Secret. The \
file of --out is complete at any moment and can be read by you alone; one that git tracks is \
refused.

Examples:
  vdk {many} -n ingest export --out .env --names upper
  vdk {many} -n ingest export -o json --only 'db-*'
  vdk {many} -n ingest export -o k8s --namespace etl | kubectl apply -f -
  vdk {many} -n ingest export -o github --names upper"
    )]
    Export(Beside<WhichArgs, ExportArgs>),
    #[command(
        about = "Take in {many} from a file of another program",
        after_help = "\
New keys are added, and equal ones stay. If a stored value differs, nothing is imported without \
--overwrite or --keep-existing. Nothing in the file is expanded or run. json, yaml and toml keep \
the types of values; the other formats have strings, which become numbers where numbers are \
stored. Text that readers of dotenv take differently, such as a $ outside of single quotes, is \
refused with its line.

Examples:
  vdk {many} -n ingest import .env --dry-run
  vdk {many} -n ingest import prod.yaml --only 'DB_*' --strip-prefix DB_ --overwrite
  kubectl get secret ingest -o json | vdk {many} -n ingest import - -f k8s"
    )]
    Import(Beside<WhichArgs, ImportArgs>),
    #[command(
        about = "Compare the {many} with those of another job, version or file",
        after_help = "\
Only keys are shown; --show-secrets shows the values that differ, too. 1.0 and 1 differ; the order \
of the keys of an object does not matter. The values of a dotenv file are strings: they are compared \
as import would take them.

Examples:
  vdk {many} -n ingest diff --to-team dev
  vdk {many} -n ingest diff --to-url local --to-name ingest-test
  vdk {many} -n ingest diff --to-version 7 --exit-code
  vdk {many} -n ingest diff --to-file .env"
    )]
    Diff(Beside<WhichArgs, DiffArgs>),
    #[command(
        about = "Copy {many} to another job, team or Control Service",
        after_help = "\
New keys are added there, equal ones stay, and no other key changes. If a value there differs, \
nothing is copied without --overwrite or --keep-existing. Types and the digits of numbers stay. No \
value is written to a file, and no login is sent to the service of the other side.

Examples:
  vdk {many} -n ingest copy db-user db-password --to-name load
  vdk {many} -n ingest copy --all --to-team dev --dry-run
  vdk {many} -n ingest copy --all --to-url local --overwrite
  vdk {many} -n ingest copy token --to-name load --rename token=api-token"
    )]
    Copy(Beside<WhichArgs, TransferArgs>),
    #[command(
        about = "Move {many} to another job, team or Control Service, or rename them",
        after_help = "\
They are copied, read back, and deleted here if they are still as they were. After an interruption \
both sides have them, and the same command goes on. The same job at another URL is refused: it may \
be one storage under two addresses. With --rename and no other side, keys get other names in the \
job, as one write.

Examples:
  vdk {many} -n ingest move db-user db-password --to-name load
  vdk {many} -n ingest move old --rename old=new
  vdk properties -n ingest move db-password --to-secrets"
    )]
    Move(Beside<WhichArgs, TransferArgs>),
    #[command(
        about = "Change {many} in your editor",
        after_help = "\
The editor is that of VISUAL or EDITOR, or vi. It gets all keys as JSON, or one key as plain text. \
The file is private and in memory, and vim writes no swap, undo or history file. After the editor, \
the changes are shown by key, and a question asks before they are stored. What others change \
meanwhile is kept, and changes of the same key are told. An editor that ends at once needs its \
option to wait: EDITOR='code --wait'.

Examples:
  vdk {many} -n ingest edit
  vdk {many} -n ingest edit tls-key
  vdk {many} -n ingest edit --resume"
    )]
    Edit(Beside<WhichArgs, EditArgs>),
    #[command(
        about = "Find a value, or keys by name, in all jobs of the team",
        after_help = "\
A hidden prompt asks for the value, or it is stdin without the line end behind it. Shown are the jobs \
and keys that hold it, never a value. All jobs of the team are looked at, also in the folder of a \
job; with -n, that job alone. If a job cannot be read, the others are still shown, and the exit code \
is 3 or 6: it may hold the value. Older versions are not looked at.

Examples:
  vdk {many} -t sales find
  vdk {many} -t sales find --contains --both < leaked.txt
  vdk {many} -t sales find --key 'db-*'"
    )]
    Find(Beside<WhichArgs, FindArgs>),
    #[command(
        about = "Replace a value by another one in all jobs of the team",
        after_help = "\
Two hidden prompts ask for the old and the new value, or files have them. The keys that hold the old \
value are shown, and a question asks before any is written. Each job gets one write, which changes \
only keys that still hold the old value: what others wrote meanwhile stays, and the exit code is 5. \
After an interruption, the same command goes on with the jobs that are left. A value that only \
contains the old one, such as a URL, is told and not changed. Types stay: a number is replaced by a \
number.

With --generate, all jobs that the command replaces get the same random value, also if it is \
interrupted and run again: it finds the value in a job that has it. The service has to keep versions \
for this. Another command, for other jobs or from another machine, makes another value.

Examples:
  vdk {many} -t sales replace --dry-run
  vdk {many} -t sales replace --both
  vdk {many} -t sales replace --generate 40
  vdk {many} -t sales replace --old-file old --new-file new --yes"
    )]
    Replace(Beside<WhichArgs, ReplaceArgs>),
    #[command(
        about = "Show who wrote which {many}, and when",
        after_help = "\
The newest version is first. No values are shown. The changes of the oldest version are not known \
if the one before it is not kept any more. A Control Service has to keep versions for this: the \
original one does not."
    )]
    History(Beside<WhichArgs, OutputArgs>),
    #[command(
        about = "Restore an older version of all {many}",
        after_help = "\
The old version is written as a new one, and what was there stays in the history: rolling back can \
be rolled back. As with every write, nothing is lost that somebody else writes meanwhile: it is a \
version of its own."
    )]
    Rollback(Beside<WhichArgs, RollbackArgs>),
}

// The arguments of `rollback`.
#[derive(Args)]
#[group(skip)]
pub struct RollbackArgs {
    #[arg(value_name = "VERSION", help = "Number of the version, as history shows it")]
    pub version: String,
    #[command(flatten)]
    pub preview: PreviewArgs,
}
