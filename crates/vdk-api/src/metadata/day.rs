//! Days, and numbers of them.

use std::fmt;
use std::str::FromStr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::MetadataError;

/// Longest time between two rotations, in days.
pub(super) const MAX_DAYS: u32 = 36_500;

/// A day, in UTC, from 1970-01-01 to 9999-12-31.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day(u32);

const SECONDS: u64 = 86_400;

impl Day {
    /// Returns the current day.
    pub fn today() -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Day(u32::try_from(since.as_secs() / SECONDS).unwrap_or(u32::MAX)).at_most_last()
    }

    /// Returns the day that is `days` later.
    pub fn after(self, days: Days) -> Self {
        Day(self.0.saturating_add(days.0)).at_most_last()
    }

    /// Returns the number of days from `earlier` to this one; negative if this one is earlier.
    pub fn since(self, earlier: Day) -> i64 {
        i64::from(self.0) - i64::from(earlier.0)
    }

    fn at_most_last(self) -> Self {
        /// 9999-12-31.
        const LAST: u32 = 2_932_896;
        Day(self.0.min(LAST))
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = UNIX_EPOCH + Duration::from_secs(u64::from(self.0) * SECONDS);
        let text = humantime::format_rfc3339_seconds(time).to_string();
        f.write_str(text.split('T').next().unwrap_or_default())
    }
}

impl FromStr for Day {
    type Err = MetadataError;

    fn from_str(text: &str) -> Result<Self, MetadataError> {
        let wrong = || MetadataError::Day;
        let is_shaped = text.len() == 10
            && text.bytes().enumerate().all(|(at, byte)| match at {
                4 | 7 => byte == b'-',
                _ => byte.is_ascii_digit(),
            });
        if !is_shaped {
            return Err(wrong());
        }
        let time = humantime::parse_rfc3339(&format!("{text}T00:00:00Z")).map_err(|_| wrong())?;
        let since = time.duration_since(UNIX_EPOCH).map_err(|_| wrong())?;
        let day = Day(u32::try_from(since.as_secs() / SECONDS).map_err(|_| wrong())?);
        // A parser that takes the 31st of every month moves it into the next one.
        if day.to_string() == text { Ok(day) } else { Err(wrong()) }
    }
}

/// A number of days.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Days(u32);

impl Days {
    /// Returns the number.
    pub fn count(self) -> i64 {
        i64::from(self.0)
    }
}

impl fmt::Display for Days {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}d", self.0)
    }
}

impl FromStr for Days {
    type Err = MetadataError;

    fn from_str(text: &str) -> Result<Self, MetadataError> {
        let wrong = || MetadataError::Days;
        let (number, unit) = match text.strip_suffix('w') {
            Some(weeks) => (weeks, 7),
            None => (text.strip_suffix('d').ok_or_else(wrong)?, 1),
        };
        if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(wrong());
        }
        let days = number.parse::<u32>().ok().and_then(|number| number.checked_mul(unit));
        days.filter(|days| (1..=MAX_DAYS).contains(days)).map(Days).ok_or_else(wrong)
    }
}

/// Makes a type a JSON string, as it is displayed and parsed.
macro_rules! as_text {
    ($type:ty) => {
        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                <String as serde::Deserialize>::deserialize(deserializer)?
                    .parse()
                    .map_err(serde::de::Error::custom)
            }
        }
    };
}

pub(super) use as_text;

as_text!(Day);
as_text!(Days);

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    #[test]
    fn takes_days_that_exist() {
        for text in ["1970-01-01", "2024-02-29", "2026-12-31", "9999-12-31"] {
            assert_eq!(day(text).to_string(), text);
        }
        for text in [
            "",
            "2026",
            "2026-2-03",
            "2026-02-30",
            "2023-02-29",
            "2026-13-01",
            "2026-00-10",
            "1969-12-31",
            "2026-04-31",
            "2026-01-01Z",
            "+026-01-01",
            "2026/01/01",
            "٢026-01-0",
        ] {
            assert!(text.parse::<Day>().is_err(), "{text}");
        }
    }

    #[test]
    fn takes_numbers_of_days_and_weeks() {
        for (text, days) in [("1d", 1), ("90d", 90), ("12w", 84), ("36500d", 36_500)] {
            assert_eq!(text.parse::<Days>().map(Days::count), Ok(days), "{text}");
        }
        for text in ["", "d", "0d", "-1d", "+1d", "1.5d", "90", "3m", "1y", "36501d", "9999999999w"]
        {
            assert!(text.parse::<Days>().is_err(), "{text}");
        }
    }
}
