//! What a program needs that runs with key/values: which of them, the names of their variables, and
//! the removal of values from what it prints. `exec`, exports and job logs share these rules.

mod forms;
mod redactor;
mod subset;
mod variables;

pub use forms::Forms;
pub use redactor::Redactor;
pub use subset::{NoSuchKeys, Subset, is_match};
pub use variables::{Names, Naming, runs_code};
