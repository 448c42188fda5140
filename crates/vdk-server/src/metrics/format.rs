//! The two text formats of metrics, and the choice between them. Prometheus asks for OpenMetrics;
//! whoever names no format gets the older one, which everything reads.

/// A text format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Prometheus text format 0.0.4.
    Text,
    /// OpenMetrics 1.0.
    OpenMetrics,
}

impl Format {
    /// Chooses the format that an `Accept` header prefers (RFC 9110, section 12.5.1).
    pub fn accepted(accept: &str) -> Self {
        let ranges = accept.split(',').map(MediaRange::parse);
        let (mut text, mut open) = (0.0, 0.0);
        for range in ranges {
            match (range.kind.as_str(), range.version) {
                ("application/openmetrics-text", None | Some("1.0.0")) => {
                    open = range.quality.max(open);
                }
                // Every reader of text 1.0.0 reads 0.0.4.
                ("text/plain" | "text/*" | "*/*", _) => text = range.quality.max(text),
                _ => {}
            }
        }
        if open > text { Format::OpenMetrics } else { Format::Text }
    }

    /// Returns the `Content-Type`.
    pub fn content_type(self) -> &'static str {
        match self {
            Format::Text => "text/plain; version=0.0.4; charset=utf-8",
            Format::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        }
    }

    /// Converts OpenMetrics to this format.
    pub(super) fn of(self, open_metrics: String) -> String {
        match self {
            Format::Text => to_text(&open_metrics),
            Format::OpenMetrics => open_metrics,
        }
    }
}

struct MediaRange<'a> {
    kind: String,
    version: Option<&'a str>,
    quality: f32,
}

impl<'a> MediaRange<'a> {
    fn parse(text: &'a str) -> Self {
        let mut parts = text.split(';').map(str::trim);
        let kind = parts.next().unwrap_or_default().to_ascii_lowercase();
        let mut range = MediaRange { kind, version: None, quality: 1.0 };
        for (name, value) in parts.filter_map(|part| part.split_once('=')) {
            let value = value.trim().trim_matches('"');
            match name.trim().to_ascii_lowercase().as_str() {
                "version" => range.version = Some(value),
                "q" => range.quality = value.parse().unwrap_or(0.0),
                _ => {}
            }
        }
        range
    }
}

/// Converts OpenMetrics to text 0.0.4. There, the name of a counter or an info includes the suffix
/// of its samples, and there is neither the type info nor an end mark.
fn to_text(open_metrics: &str) -> String {
    let mut text = String::with_capacity(open_metrics.len());
    let mut help = None;
    for line in open_metrics.lines() {
        if line.starts_with("# HELP ") {
            // The type, which decides about the name, is on the next line.
            help = Some(line);
            continue;
        }
        if line.starts_with("# UNIT ") || line == "# EOF" {
            continue;
        }
        let family = line.strip_prefix("# TYPE ").and_then(|family| family.split_once(' '));
        let Some((name, kind)) = family else {
            text.push_str(line);
            text.push('\n');
            continue;
        };
        let (suffix, kind) = match kind {
            "counter" => ("_total", kind),
            "info" => ("_info", "gauge"),
            "unknown" => ("", "untyped"),
            _ => ("", kind),
        };
        let help = help.take().and_then(|line| line.strip_prefix("# HELP ")?.split_once(' '));
        if let Some((_, about)) = help {
            text.push_str(&format!("# HELP {name}{suffix} {about}\n"));
        }
        text.push_str(&format!("# TYPE {name}{suffix} {kind}\n"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gives_the_format_that_the_reader_prefers() {
        const PROMETHEUS_2: &str = "application/openmetrics-text;version=1.0.0,\
            application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1";
        const PROMETHEUS_3: &str = "application/openmetrics-text;version=1.0.0;\
            escaping=allow-utf-8;q=0.5,text/plain;version=1.0.0;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1";
        for (accept, format) in [
            ("", Format::Text),
            ("*/*", Format::Text),
            ("text/plain; version=0.0.4", Format::Text),
            ("Application/OpenMetrics-Text; version=1.0.0", Format::OpenMetrics),
            ("application/openmetrics-text", Format::OpenMetrics),
            ("application/openmetrics-text;version=0.0.1", Format::Text),
            ("application/openmetrics-text;q=0.4, text/plain;q=0.5", Format::Text),
            ("application/openmetrics-text;q=0", Format::Text),
            (PROMETHEUS_2, Format::OpenMetrics),
            (PROMETHEUS_3, Format::OpenMetrics),
        ] {
            assert_eq!(Format::accepted(accept), format, "{accept:?}");
        }
    }

    #[test]
    fn names_families_of_the_older_format_like_their_samples() {
        let open = "# HELP a Things.\n# TYPE a counter\na_total{b=\"# EOF\"} 1\n\
                    # HELP c Build.\n# TYPE c info\nc_info{v=\"1\"} 1\n\
                    # HELP d_s Time.\n# TYPE d_s gauge\n# UNIT d_s s\nd_s 2.0\n# EOF\n";
        let text = "# HELP a_total Things.\n# TYPE a_total counter\na_total{b=\"# EOF\"} 1\n\
                    # HELP c_info Build.\n# TYPE c_info gauge\nc_info{v=\"1\"} 1\n\
                    # HELP d_s Time.\n# TYPE d_s gauge\nd_s 2.0\n";
        assert_eq!(Format::Text.of(open.into()), text);
        assert_eq!(Format::OpenMetrics.of(open.into()), open);
    }
}
