//! Asks the operating system for what the command line, the store and the service need alike:
//! private files, locks, the keyring, and a process that others cannot look into.

#[cfg(unix)]
pub mod child;
pub mod keyring;
pub mod lock;
mod lock_file;
mod loopback;
mod owner;
mod panic_hook;
pub mod pem;
pub mod private_file;
pub mod process;
pub mod signals;
mod variable;

pub use loopback::is_loopback;
pub use owner::{CONFIG_FOLDER, denied, is_own, keep_owner, make_folder, open_lock, sync_folder};
pub use panic_hook::on_panic;
pub use variable::{InvalidVariable, path_variable, variable};
