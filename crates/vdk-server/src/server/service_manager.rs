//! Messages to systemd (`sd_notify(3)`): it starts dependent units once the service listens, waits
//! for a reload, and restarts a service that hangs. Without systemd, nothing is sent.

#[cfg(unix)]
use std::net::SocketAddr;
#[cfg(unix)]
use std::time::Duration;

#[cfg(unix)]
use sd_notify::NotifyState;

/// Reports that the service listens at `address`.
#[cfg(unix)]
pub fn ready(address: SocketAddr) {
    send(&[NotifyState::Ready, NotifyState::Status(&format!("listening on {address}"))]);
}

/// Reports that a reload begins. [`reloaded`] ends it.
#[cfg(unix)]
pub fn reloading() {
    let began = NotifyState::monotonic_usec_now().ok();
    let states: Vec<_> = std::iter::once(NotifyState::Reloading).chain(began).collect();
    send(&states);
}

/// Reports that the reload is over.
#[cfg(unix)]
pub fn reloaded() {
    send(&[NotifyState::Ready]);
}

/// Reports that the service ends.
#[cfg(unix)]
pub fn stopping() {
    let status = NotifyState::Status("ending: running requests are completed first");
    send(&[NotifyState::Stopping, status]);
}

/// Reports twice in each interval of the watchdog that tasks still run, if systemd asks for it.
#[cfg(unix)]
pub async fn watchdog() {
    let Some(interval) = sd_notify::watchdog_enabled() else { return };
    let interval = (interval / 2).max(Duration::from_millis(1));
    loop {
        send(&[NotifyState::Watchdog]);
        tokio::time::sleep(interval).await;
    }
}

#[cfg(unix)]
fn send(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::debug!(%error, "cannot send a message to systemd");
    }
}

#[cfg(not(unix))]
mod elsewhere {
    pub fn ready(_: std::net::SocketAddr) {}
    pub fn reloading() {}
    pub fn reloaded() {}
    pub fn stopping() {}
    pub async fn watchdog() {}
}
#[cfg(not(unix))]
pub use elsewhere::*;
