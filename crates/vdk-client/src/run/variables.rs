//! The names of environment variables for keys, and those that make other programs run code.

/// The rule by which a key becomes a variable.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Names {
    /// The rule of VDK's own secrets plugin: upper case, with `_` in place of what no variable has.
    #[default]
    Upper,
    /// The key as it is.
    Keep,
}

/// The names of the variables of all keys.
#[derive(Clone, Debug, Default)]
pub struct Naming {
    /// The rule.
    pub names: Names,
    /// Text before each name that the rule makes.
    pub prefix: String,
    /// Keys with a name of their own, which wins over the rule and the prefix.
    pub map: Vec<(String, String)>,
}

impl Naming {
    /// Returns the variable of `key`. It may be invalid: empty, or with `=`.
    pub fn variable(&self, key: &str) -> String {
        if let Some((_, name)) = self.map.iter().find(|(mapped, _)| mapped == key) {
            return name.clone();
        }
        match self.names {
            Names::Keep => format!("{}{key}", self.prefix),
            Names::Upper => {
                let mut name = self.prefix.clone();
                let upper =
                    |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
                name.extend(key.chars().map(upper));
                if name.starts_with(|c: char| c.is_ascii_digit()) {
                    name.insert(0, '_');
                }
                name
            }
        }
    }
}

/// Variables that make a program run code that their value names.
const RUN_CODE: [&str; 38] = [
    "PATH",
    "BASH_ENV",
    "IFS",
    "PS4",
    "PYTHONPATH",
    "PYTHONHOME",
    "PYTHONSTARTUP",
    "PYTHONWARNINGS",
    "PYTHONBREAKPOINT",
    "NODE_OPTIONS",
    "NODE_PATH",
    "PERL5OPT",
    "PERL5LIB",
    "PERLLIB",
    "PERL5DB",
    "RUBYOPT",
    "RUBYLIB",
    "JAVA_TOOL_OPTIONS",
    "_JAVA_OPTIONS",
    "JDK_JAVA_OPTIONS",
    "PROMPT_COMMAND",
    "SSH_ASKPASS",
    "EDITOR",
    "VISUAL",
    "PAGER",
    "LESSOPEN",
    "LESSCLOSE",
    "ZDOTDIR",
    "GCONV_PATH",
    "GIT_SSH",
    "GIT_SSH_COMMAND",
    "GIT_EXEC_PATH",
    "GIT_ASKPASS",
    "GIT_EDITOR",
    "GIT_SEQUENCE_EDITOR",
    "GIT_PAGER",
    "GIT_EXTERNAL_DIFF",
    "GIT_PROXY_COMMAND",
];
/// Beginnings of names of such variables.
const RUN_CODE_PREFIXES: [&str; 5] =
    ["LD_", "DYLD_", "GIT_CONFIG", "GIT_TEMPLATE_DIR", "BASH_FUNC_"];

/// Returns whether the variable `name` with `value` can make the program or its children run code.
/// Who may write the secrets of a team must not own the machine that uses them.
pub fn runs_code(name: &str, value: &str) -> bool {
    // POSIX shells run the file that ENV names.
    (name == "ENV" && value.contains(['/', '$', '`']))
        || RUN_CODE.contains(&name)
        || RUN_CODE_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn makes_names_as_the_secrets_plugin_of_vdk_does() {
        let naming = Naming::default();
        for (key, name) in [
            ("db-password", "DB_PASSWORD"),
            ("a.b c", "A_B_C"),
            ("1x", "_1X"),
            ("ключ", "____"),
            ("", ""),
            ("=", "_"),
        ] {
            assert_eq!(naming.variable(key), name);
        }
    }

    #[test]
    fn puts_the_prefix_before_the_rule_for_digits() {
        let naming = |prefix: &str, names| Naming { names, prefix: prefix.into(), map: vec![] };
        assert_eq!(naming("P_", Names::Upper).variable("1x"), "P_1X");
        assert_eq!(naming("p-", Names::Keep).variable("a b"), "p-a b");
        assert_eq!(naming("2", Names::Upper).variable("x"), "_2X");
    }

    #[test]
    fn prefers_a_name_of_its_own() {
        let map = vec![("a".into(), "other".into())];
        let naming = Naming { map, prefix: "P_".into(), names: Names::Upper };
        assert_eq!((naming.variable("a"), naming.variable("b")), ("other".into(), "P_B".into()));
    }

    #[test]
    fn knows_variables_that_run_code() {
        for name in
            ["PATH", "LD_PRELOAD", "GIT_CONFIG_KEY_0", "GIT_SSH", "NODE_OPTIONS", "BASH_FUNC_x%%"]
        {
            assert!(runs_code(name, ""), "{name}");
        }
        for name in ["GIT_TOKEN", "PATHS", "PYTHON", "ENV"] {
            assert!(!runs_code(name, "prod"), "{name}");
        }
        assert!(runs_code("ENV", "$HOME/x"));
    }
}
