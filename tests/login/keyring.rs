//! Tests gnome-keyring on a session bus of its own. The tests are ignored by `cargo test` because
//! they need what `./tests/run` installs.

use std::process::Command;

use vdk_testing::scripted_service::{Fault, Service};
use vdk_testing::{Home, Run, finish};

/// Runs a script in a temporary home with its own session bus. If `unlock` is set, an unlocked
/// keyring runs until the script ends; its process id is in `$KEYRING`.
fn with_bus(script: &str, unlock: bool) -> Run {
    let home = Home::new();
    let start = "gnome-keyring-daemon --foreground --unlock --components=secrets \
                 <<< password >/dev/null 2>&1 & KEYRING=$!
                 trap 'kill -KILL $KEYRING' EXIT
                 until dbus-send --session --print-reply --dest=org.freedesktop.DBus / \
                 org.freedesktop.DBus.GetNameOwner string:org.freedesktop.secrets >/dev/null 2>&1
                 do kill -0 $KEYRING || exit 99; done\n";
    let runtime = home.path().join("runtime");
    std::fs::create_dir(&runtime).unwrap();
    let mut command = Command::new("dbus-run-session");
    command
        .args(["--", "bash", "-c", &format!("{}{script}", if unlock { start } else { "" })])
        .env_clear()
        .env("HOME", home.path())
        .env("PATH", "/usr/bin:/bin")
        .env("XDG_RUNTIME_DIR", &runtime)
        .env("VDK", vdk_testing::vdk())
        .env("VDK_CONTROL_SERVICE_REST_API_URL", "local");
    finish(command)
}

/// Returns the seconds that the script printed after `what`.
fn seconds_after(run: &Run, what: &str) -> u64 {
    let told = run.stdout.split_once(&format!("{what} after ")).map(|(_, rest)| rest);
    let seconds = told.and_then(|rest| rest.lines().next()).and_then(|line| line.parse().ok());
    seconds.unwrap_or_else(|| panic!("not told: {run:?}"))
}

#[test]
#[ignore = "needs gnome-keyring and dbus: ./tests/run"]
fn keeps_the_master_key_in_the_keyring() {
    let run = with_bus(
        "$VDK secrets -n j -t t --set a MARKED && $VDK secrets -n j -t t --get a -o raw && echo \
         && $VDK local status -o json && ls $HOME/.vdk.internal/local \
         && $VDK local export-key $HOME/key && rm -rf $HOME/.local/share/keyrings/* \
         && grep -rlE \"MARKED|$(cat $HOME/key)\" $HOME --exclude=key; true",
        true,
    )
    .done();
    let lines: Vec<_> = run.stdout.lines().collect();
    assert_eq!(lines[0], "MARKED", "{run:?}");
    assert!(lines[1].contains("the operating system's keyring"), "{run:?}");
    assert!(!lines[2..].contains(&"master.key"), "{run:?}");
    assert_eq!(lines[2..], ["create.lock", "store.db"], "no other file, no hit: {run:?}");
}

#[test]
#[ignore = "needs gnome-keyring and dbus: ./tests/run"]
fn rotates_the_master_key_in_the_keyring() {
    let script = "V() { $VDK secrets -n j -t t \"$@\"; }
         L=$HOME/.vdk.internal/local; V --set a 1 && $VDK local export-key $HOME/old \
         && $VDK local backup $HOME/old.db && $VDK local rotate-key && V --get a -o raw && echo \
         && $VDK local export-key $HOME/new && ! cmp -s $HOME/old $HOME/new && ls $L \
         && cp $L/store.db $HOME/new.db && cp $HOME/old.db $L/store.db && V --get a -o raw && echo \
         && cp $HOME/new.db $L/store.db && V --set a 2 && $VDK local rotate-key --forget-old-key \
         && V --get a -o raw && echo && cp $HOME/new.db $L/store.db; V --list; echo code $?
         kill -STOP $KEYRING; cp $HOME/old.db $L/store.db; sum=$(md5sum < $L/store.db)
         $VDK local rotate-key; echo code $?; [ \"$sum\" = \"$(md5sum < $L/store.db)\" ] && ls $L";
    let run = with_bus(script, true);
    let files = "create.lock\nrotate.lock\nstore.db\n";
    assert_eq!(run.stdout, format!("1\n{files}1\n2\ncode 6\ncode 6\n{files}"), "{run:?}");
    for words in [
        "is in the operating system's keyring",
        "keyring, as 'master key ",
        "is removed",
        "is not in the operating system's keyring",
        "the keyring did not answer within 2 seconds",
    ] {
        assert!(run.stderr.contains(words), "no '{words}' in {run:?}");
    }
}

#[test]
#[ignore = "needs gnome-keyring and dbus: ./tests/run"]
fn fails_when_the_keyring_hangs_and_uses_a_file_without_one() {
    let run = with_bus(
        "$VDK secrets -n j -t t --set a 1 || exit 9; kill -STOP $KEYRING; SECONDS=0; $VDK secrets -n j -t t --get a; echo code $? after $SECONDS; \
         $VDK secrets -n j -t t --set b 2; echo code $?; ls $HOME/.vdk.internal/local",
        true,
    );
    assert!(run.stderr.contains("the keyring did not answer within 2 seconds"), "{run:?}");
    assert!((1..=30).contains(&seconds_after(&run, "code 6")), "{run:?}");
    assert!(!run.stdout.contains("master.key"), "no silent file: {run:?}");

    // Without a keyring, or without a bus, the key is in a file. This is said once.
    let run = with_bus(
        "export DBUS_SESSION_BUS_ADDRESS=unix:path=/nonexistent; \
         $VDK secrets -n j -t t --set a 1 && $VDK secrets -n j -t t --get a -o raw",
        false,
    )
    .done();
    assert_eq!(
        (run.stdout.as_str(), run.stderr.matches("master.key").count()),
        ("1", 1),
        "{run:?}"
    );
    let run = with_bus(
        "VDK_CREDENTIAL_STORE=keyring DBUS_SESSION_BUS_ADDRESS= $VDK secrets -n j -t t --set a 1",
        false,
    );
    assert!(run.code == 6 && run.stderr.contains("the keyring is unavailable"), "{run:?}");
}

#[test]
#[ignore = "needs gnome-keyring and dbus: ./tests/run"]
fn keeps_a_login_in_the_keyring() {
    let operator = Home::new();
    let server = vdk_testing::server::Server::secured(&operator);
    let create = ["server", "token", "create", "--user", "ana", "--team", "t", "--role", "writer"];
    let token = operator.run(create).done().stdout;
    let log_in = format!(
        "export VDK_CONTROL_SERVICE_REST_API_URL={}; echo '{}' | $VDK login || exit 9; ",
        server.url(),
        token.trim()
    );
    // The login is used, renewed and shown. It is in no file, and gone after the logout.
    let run = with_bus(
        &format!(
            "{log_in} $VDK secrets -n j -t t --set a 1 && $VDK secrets -n j -t t --get a -o raw && echo \
             && $VDK login --status && stat -c '%a' $HOME/.vdk.internal/vdk-cred.json \
             && grep -rlE 'vdk_[0-9a-f]|eyJ' $HOME; \
             $VDK logout && ls $HOME/.vdk.internal; $VDK secrets -n j -t t --list; echo code $?; \
             $VDK login --status; echo code $?"
        ),
        true,
    );
    assert!(run.stdout.starts_with("Login Successful\n1\n"), "{run:?}");
    for words in ["ana", "kept in  the keyring", "\n600\n", "\nlocks\n", "code 3\ncode 3"] {
        assert!(run.stdout.contains(words), "no '{words}' in {run:?}");
    }
    assert!(!run.stdout.contains("vdk-cred") && !run.stderr.contains("no keyring"), "{run:?}");

    // The keyring also keeps renewed tokens. These tokens expire at once, so every command renews.
    let provider = Service::with_etags();
    let brief = Fault::Answer(200, "", r#"{"access_token":"eyJbrief","expires_in":0}"#);
    provider.next("POST", [brief.clone(), brief.clone(), brief]);
    let run = with_bus(
        &format!(
            "export VDK_CONTROL_SERVICE_REST_API_URL={}; echo vdk_0123456789abcdef_x | $VDK login \
             && $VDK secrets -n j -t t --list && $VDK secrets -n j -t t --list && $VDK logout \
             && grep -rlE 'vdk_[0-9a-f]|eyJ' $HOME; true",
            provider.url(),
        ),
        true,
    );
    assert_eq!(run.stdout.matches("No Data.").count(), 2, "{run:?}");
    assert!(!run.stdout.contains(".vdk.internal") && provider.count("POST") == 3, "{run:?}");

    // A keyring that hangs or is locked causes an error in time, and the login is not written to a
    // file.
    let run = with_bus(
        &format!(
            "{log_in} kill -STOP $KEYRING; SECONDS=0; $VDK secrets -n j -t t --list; echo code $? after $SECONDS; \
             echo '{0}' | $VDK login; echo code $?; grep -rlE 'vdk_[0-9a-f]' $HOME; kill -CONT $KEYRING; \
             dbus-send --session --print-reply --dest=org.freedesktop.secrets /org/freedesktop/secrets \
             org.freedesktop.Secret.Service.Lock array:objpath:/org/freedesktop/secrets/collection/login >/dev/null; \
             SECONDS=0; $VDK secrets -n j -t t --list; echo code $? locked after $SECONDS",
            token.trim()
        ),
        true,
    );
    assert!(seconds_after(&run, "code 3") <= 30, "{run:?}");
    assert!(seconds_after(&run, "code 3 locked") <= 30, "{run:?}");
    assert!(run.stderr.contains("the keyring did not answer within 2 seconds"), "{run:?}");
    assert!(!run.stdout.contains("/.vdk.internal"), "{run:?}");

    // A keyring that the bus starts, but that has no collection, is not used.
    let run = with_bus(&format!("{log_in} ls $HOME/.vdk.internal"), false);
    assert!(run.stderr.contains("no keyring found; the login is saved in"), "{run:?}");

    // Without a bus the login is in a file, and this is said. If the keyring is required, the login
    // fails.
    let run = with_bus(
        &format!(
            "export DBUS_SESSION_BUS_ADDRESS=unix:path=/nonexistent; {log_in} \
             $VDK secrets -n j -t t --list; echo code $?; $VDK logout; \
             echo '{}' | VDK_CREDENTIAL_STORE=keyring $VDK login; echo code $?; ls $HOME/.vdk.internal",
            token.trim()
        ),
        false,
    );
    assert!(run.stderr.contains("no keyring found; the login is saved in"), "{run:?}");
    assert!(run.stdout.ends_with("code 0\ncode 3\nlocks\n"), "no file: {run:?}");
}

/// The entry in the keyring has a name of its own, which does not change with the folder's path. That of
/// earlier versions is read, and replaced at the next renewal.
#[test]
#[ignore = "needs gnome-keyring and dbus: ./tests/run"]
fn finds_a_login_in_the_keyring_after_its_folder_moved() {
    let provider = Service::with_etags();
    let brief = Fault::Answer(200, "", r#"{"access_token":"eyJbrief","expires_in":0}"#);
    provider.always("POST", brief);
    let script = format!(
        "export VDK_CONTROL_SERVICE_REST_API_URL={}; F=.vdk.internal/vdk-cred.json; cd $HOME
         list() {{ $VDK secrets -n j -t t --list; echo code $?; }}
         find_entries() {{ dbus-send --session --print-reply --dest=org.freedesktop.secrets \
             /org/freedesktop/secrets org.freedesktop.Secret.Service.SearchItems \
             dict:string:string:service,vdk | grep 'object path'; }}
         entries() {{ find_entries | wc -l; }}
         echo vdk_0123456789abcdef_x | $VDK login || exit 9
         # What an earlier version left: the entry's name is the path, and the file does not say it.
         ITEM=$(find_entries | grep -o '/org[^\"]*'); OLD=\"login $(realpath .vdk.internal)/vdk-cred\"
         busctl --address=$DBUS_SESSION_BUS_ADDRESS set-property org.freedesktop.secrets $ITEM \
             org.freedesktop.Secret.Item Attributes 'a{{ss}}' 2 service vdk username \"$OLD\" || exit 7
         sed -i 's/,\"entry\":\"[^\"]*\"//' $F; grep -c entry $F
         list; entries; grep -c entry $F; mkdir elsewhere && mv .vdk.internal elsewhere
         export VDK_BASE_CONFIG_FOLDER=$HOME/elsewhere; list; $VDK logout; echo code $?; entries
         # An entry that the keyring has lost is told.
         echo vdk_0123456789abcdef_x | $VDK login || exit 9
         sed -i 's/\"entry\":\"[^\"]*\"/\"entry\":\"lost\"/' elsewhere/$F; list; $VDK logout
         echo code $?; ls elsewhere/.vdk.internal",
        provider.url()
    );
    let run = with_bus(&script, true);
    let used = "No Data.\ncode 0\n";
    let first = format!("Login Successful\n0\n{used}1\n1\n{used}code 0\n0\n");
    assert_eq!(run.stdout, format!("{first}Login Successful\ncode 3\ncode 0\nlocks\n"), "{run:?}");
    let told = "which has no entry 'login lost'";
    assert_eq!(run.stderr.matches(told).count(), 2, "{run:?}");
}

/// Completion takes the master key from a keyring that is unlocked and answers at once. It neither unlocks
/// one nor waits for it.
#[test]
#[ignore = "needs gnome-keyring and dbus: ./tests/run"]
fn completes_only_with_an_unlocked_keyring() {
    let script = "C() { printf '%s\\0' vdk secrets -n j -t t --get '' | $VDK __complete zsh 7; }
         $VDK secrets -n j -t t --set some-key 1 || exit 9
         # It waits 100 ms for the keyring, which takes longer on a machine that is busy with other tests.
         SECONDS=0; until C | grep some-key || [ $SECONDS -gt 240 ]; do :; done
         S=/org/freedesktop/secrets
         dbus-monitor --session \"interface='org.freedesktop.Secret.Service'\" > $HOME/calls &
         MONITOR=$!
         send() { dbus-send --session --print-reply --dest=org.freedesktop.secrets $S \"$@\"; }
         lock() { send org.freedesktop.Secret.Service.Lock array:objpath:$S/collection/login; }
         until lock > /dev/null && grep -q 'member=Lock' $HOME/calls; do kill -0 $MONITOR || exit 8; done
         for try in {1..20}; do C; done
         kill $MONITOR; echo unlocks $(grep -c 'member=Unlock' $HOME/calls)
         kill -STOP $KEYRING; C; echo code $?";
    let run = with_bus(script, true);
    let locked = "words\n".repeat(20);
    let expected = format!("some-key\ta string\n{locked}unlocks 0\nwords\ncode 0\n");
    assert_eq!(run.stdout, expected, "{run:?}");
}
