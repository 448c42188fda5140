//! `edit`: changes key/values in the user's editor. The text is in a private file in memory; what could
//! not be stored is kept for `--resume`.

#[cfg(unix)]
mod editor;
#[cfg(unix)]
mod text;
#[cfg(unix)]
mod unix;

#[cfg(unix)]
pub use unix::run;

#[cfg(not(unix))]
/// Refuses to edit.
pub fn run(
    _: vdk_api::Collection,
    _: &crate::args::Beside<crate::args::key_values::WhichArgs, crate::args::edit::EditArgs>,
    _: &crate::context::Context,
) -> anyhow::Result<crate::error::Exit> {
    Err(vdk_client::Error::usage("Cannot start an editor on this system.")
        .why("edit needs private files and signals of Unix.")
        .help("Use --set KEY, which asks for the value.")
        .into())
}
