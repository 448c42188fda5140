//! How deeply code is nested: walking and freeing it takes stack for each level.

use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_python_ast::{Expr, Stmt};

/// Deepest nesting of expressions and statements. Python itself gives up earlier.
const MAX_DEPTH: usize = 4000;

/// Longest run of characters that are neither letters nor digits, in bytes.
const MAX_MARKS: usize = 10_000;

/// Returns whether parsing `text` may take much memory: for each bracket that is open, and each sign before
/// an expression. Strings and comments count as well, as this is before they are known.
pub fn is_too_nested(text: &str) -> bool {
    let (mut open, mut marks) = (0_usize, 0_usize);
    text.bytes().any(|byte| {
        match byte {
            b'(' | b'[' | b'{' => open += 1,
            b')' | b']' | b'}' => open = open.saturating_sub(1),
            _ => {}
        }
        let is_mark = byte.is_ascii_punctuation() || byte == b' ';
        marks = if is_mark { marks + 1 } else { 0 };
        open > MAX_DEPTH || marks > MAX_MARKS
    })
}

/// Returns whether `body` is nested too deeply.
pub fn is_too_deep(body: &[Stmt]) -> bool {
    let mut depth = Depth { now: 0, is_too_deep: false };
    depth.visit_body(body);
    depth.is_too_deep
}

struct Depth {
    now: usize,
    is_too_deep: bool,
}

impl Depth {
    fn deeper(&mut self, walk: impl FnOnce(&mut Self)) {
        if self.now == MAX_DEPTH {
            self.is_too_deep = true;
        }
        if self.is_too_deep {
            return;
        }
        self.now += 1;
        walk(self);
        self.now -= 1;
    }
}

impl<'a> Visitor<'a> for Depth {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        self.deeper(|depth| walk_stmt(depth, stmt));
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        self.deeper(|depth| walk_expr(depth, expr));
    }
}
