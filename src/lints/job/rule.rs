//! The rules of `vdk check`, with their numbers, levels and what they mean.

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Good to know.
    Note,
    /// Probably a mistake.
    Warning,
    /// The job fails, or a secret is where others read it.
    Error,
}

impl Level {
    /// Returns the name, as SARIF spells it as well.
    pub fn as_str(self) -> &'static str {
        match self {
            Level::Note => "note",
            Level::Warning => "warning",
            Level::Error => "error",
        }
    }
}

macro_rules! rules {
    ($($rule:ident $level:ident $about:literal $help:literal),+ $(,)?) => {
        /// A rule.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Rule {
            $(#[doc = $about] $rule),+
        }

        impl Rule {
            /// All rules, in the order of their numbers.
            pub const ALL: &[Rule] = &[$(Rule::$rule),+];

            /// Returns the id, such as `VDK001`.
            pub fn id(self) -> &'static str {
                match self { $(Rule::$rule => stringify!($rule)),+ }
            }

            /// Returns the usual level.
            pub fn level(self) -> Level {
                match self { $(Rule::$rule => Level::$level),+ }
            }

            /// Returns what the rule finds, as one sentence.
            pub fn about(self) -> &'static str {
                match self { $(Rule::$rule => $about),+ }
            }

            /// Returns what to do about it.
            pub fn help(self) -> &'static str {
                match self { $(Rule::$rule => $help),+ }
            }
        }
    };
}

rules! {
    VDK001 Error "A secret that the code reads is not set."
        "Set it with vdk secrets --set KEY, or correct the name in the code.",
    VDK002 Error "A property that the code reads is not set."
        "Set it with vdk properties --set KEY VALUE, or correct the name in the code.",
    VDK003 Note "A key is set and the code does not use it."
        "Delete it if nothing else reads it, or ignore the rule for it in [check] of config.ini.",
    VDK004 Warning "A property looks like a credential, and properties are not encrypted."
        "Move it: vdk properties migrate KEY, and read it with get_secret.",
    VDK005 Error "The code reads a secret as a property, or the reverse."
        "Call get_secret for a secret and get_property for a property.",
    VDK006 Warning "A key with white space, or a boolean, is refused when the job writes its set."
        "Rename the key, or write the boolean as a string.",
    VDK007 Note "A secret has the name of an option of VDK."
        "Rename the secret if it is not meant for that option.",
    VDK008 Error "A credential is written in the code or in config.ini."
        "Remove it, and treat it as known to others: it is in git, and VDK logs the default of a read.",
    VDK009 Error "SQL names a secret in braces, where VDK puts properties and arguments only."
        "Read the secret in a Python step, and give it to what needs it there.",
    VDK010 Warning "A set is close to the largest size that is stored."
        "Delete what is not needed, or store where the large value is.",
    VDK011 Note "Which keys the code uses is known at run time only."
        "Write the names as text or constants if you want them to be checked.",
    VDK012 Warning "A file was not read."
        "Correct the file. What it uses is not known, so that no key is told as not used.",
    VDK013 Note "An ignore hits nothing."
        "Remove it.",
}

impl Rule {
    /// Returns the rule of an id, in any case.
    pub fn parse(id: &str) -> Option<Rule> {
        Rule::ALL.iter().copied().find(|rule| rule.id().eq_ignore_ascii_case(id))
    }

    /// Returns whether the rule needs the keys that are set.
    pub fn needs_keys(self) -> bool {
        use Rule::{VDK001, VDK002, VDK003, VDK005, VDK007, VDK009, VDK010};
        [VDK001, VDK002, VDK003, VDK005, VDK007, VDK009, VDK010].contains(&self)
    }
}
