//! The questions of a login that only a person can answer. Login alone takes them; everything else
//! that operations tell goes to the `Reporter`.

use std::time::Duration;

/// Shows a login to a person and takes what the person brings.
pub trait Interaction: Send + Sync {
    /// Shows `url` and opens it in a browser, if there is one.
    fn open_browser(&self, url: &str);

    /// Returns true if a person is there to paste an address.
    fn can_paste(&self) -> bool;

    /// Waits for the address that the browser ended at, for browsers that cannot reach this machine.
    /// It is called again with `is_again` if the address did not belong to this login. `None` if none
    /// will come. The wait has a thread of its own, which may outlast the login.
    fn pasted_address(&self, is_again: bool) -> Option<String>;

    /// Shows a code that the person enters on another device.
    fn device_code(&self, code: &DeviceCode);
}

/// A code for another device (RFC 8628, section 3.2). Its texts come from the provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceCode {
    /// The code.
    pub user_code: String,
    /// The address where it is entered.
    pub address: String,
    /// An address that already has the code in it.
    pub whole_address: Option<String>,
    /// The life of the code.
    pub life: Duration,
}
