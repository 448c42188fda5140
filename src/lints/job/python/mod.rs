//! Python: which keys the calls of VDK's job input use. Constants, aliases, helpers of the job and the
//! modules that it imports from its own folder are followed; what cannot be followed is told.

mod assignments;
mod builder;
mod calls;
mod depth;
mod evaluate;
mod input;
mod literal;
mod module;
mod names;
mod reads;
mod scopes;
mod sets;
mod texts;
mod uses;

pub use module::{Module, parse};

use vdk_api::Collection;

use super::Code;
use calls::Job;

/// Reads what the modules of a job use.
pub fn read(modules: &[Module], code: &mut Code) {
    let mut job = Job::new(modules);
    job.follow_inputs();
    let mut raw = Vec::new();
    for scope in 0..modules.len() {
        uses::read(&job, scope, code, &mut raw);
    }
    for one in raw {
        job.resolve(one, code);
    }
    if job.gave_up.get() {
        code.open.extend([Collection::Secrets, Collection::Properties]);
    }
}
