//! `vdk server`: the Control Service on this machine, on the store that `-u local` uses.

use clap::ArgMatches;
use vdk_server::backend::FileKeys;

use crate::exit::{Exit, Failure};
use crate::master_key::LocalKeys;
use crate::paths;
use crate::settings::Settings;
use crate::talk::Talk;

/// Serves until it is interrupted or told to end.
pub fn run(flags: &ArgMatches, talk: Talk) -> anyhow::Result<Exit> {
    let folder = Settings::new()?.path(paths::LOCAL_STORE);
    let settings = vdk_server::settings(flags, folder).map_err(|invalid| {
        Failure::usage(
            "A setting of the service is not valid.",
            format!("{invalid}."),
            "Correct it; vdk server --help lists all settings.",
        )
    })?;
    if flags.get_flag("check-config") {
        talk.note("the settings are sound");
        return Ok(Exit::Done);
    }
    let scheme = if settings.tls.is_some() { "https" } else { "http" };
    let told = |address| {
        talk.note(&format!(
            "serving {scheme}://{address}, until Ctrl-C; elsewhere: vdk set-default -u \
             {scheme}://{address}"
        ));
    };
    let result = match &settings.master_key {
        Some(given) => {
            let keys = FileKeys { given: Some(given.clone()) };
            vdk_server::run(settings, &keys, told)
        }
        None => vdk_server::run(settings, &LocalKeys::new(talk)?, told),
    };
    result.map_err(|failed| {
        Failure::new(
            Exit::Unavailable,
            "The service cannot start.",
            format!("{failed}."),
            crate::exit::NOTHING_CHANGED,
            "Correct what is named, and start it again.",
        )
    })?;
    Ok(Exit::Done)
}
