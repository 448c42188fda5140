//! Reads of one key, and queries: what their arguments say.

use ruff_python_ast::{Expr, ExprCall};
use ruff_text_size::Ranged;
use vdk_api::Collection;

use super::literal::{Piece, is_literal, pieces};
use super::texts::Part;
use super::uses::Uses;
use crate::lints::job::{Finding, How, Rule, sql};

impl<'a> Uses<'_, 'a> {
    /// Takes `get_secret(key, default_value)` or `get_property(name, default_value)`.
    pub fn read(&mut self, call: &'a ExprCall, collection: Collection) {
        let arguments = &call.arguments;
        let key = arguments.find_argument_value("key", 0);
        let Some(key) = key.or_else(|| arguments.find_argument_value("name", 0)) else {
            return self.dynamic(collection, call.range());
        };
        let default = arguments.find_argument_value("default_value", 1);
        let default = default.filter(|default| !matches!(default, Expr::NoneLiteral(_)));
        let how = How::Read { default: default.is_some() };
        self.uses(collection, how, key, call.range());
        if let (Some(default), Collection::Secrets) = (default, collection)
            && self.is_written_out(default)
        {
            let place = self.place(default.range(), call.range());
            let message = "the default of a secret is written in the code, and VDK logs it";
            let finding = Finding::new(Rule::VDK008, message).at(&place).about(collection);
            self.code.findings.push(finding);
        }
    }

    /// Returns whether an expression is text that is written in the code, at least for one case.
    fn is_written_out(&self, expr: &Expr) -> bool {
        match expr {
            Expr::BoolOp(choice) => choice.values.iter().any(|one| self.is_written_out(one)),
            Expr::If(choice) => {
                self.is_written_out(&choice.body) || self.is_written_out(&choice.orelse)
            }
            Expr::FString(text) => pieces(text).iter().any(|piece| matches!(piece, Piece::Text(_))),
            expr => {
                let texts = self.job.texts(expr, self.scope, 0).unwrap_or_default();
                let is_text = |part: &Part| matches!(part, Part::Text(text) if !text.is_empty());
                is_literal(expr) || texts.iter().flatten().any(is_text)
            }
        }
    }

    /// Takes the names in braces of a query: VDK replaces them as in a file of SQL.
    pub fn query(&mut self, call: &'a ExprCall) {
        let Some(query) = call.arguments.find_argument_value("sql", 0) else {
            return self.code.open.push(Collection::Properties);
        };
        let place = self.place(query.range(), call.range());
        let mut is_known = true;
        let mut texts = Vec::new();
        match query {
            // What Python puts into it is not known, but the rest is.
            Expr::FString(text) => {
                for piece in pieces(text) {
                    match piece {
                        Piece::Text(text) => texts.push(text.to_string()),
                        _ => is_known = false,
                    }
                }
            }
            query => match self.job.texts(query, self.scope, 0) {
                Some(all) => {
                    for part in all.into_iter().flatten() {
                        match part {
                            Part::Text(text) => texts.push(text),
                            Part::Parameter(..) => is_known = false,
                        }
                    }
                }
                None => is_known = false,
            },
        }
        if !is_known {
            self.code.open.push(Collection::Properties);
        }
        for text in &texts {
            sql::read_text(text, |_, _, name| {
                self.code.uses.push(sql::substituted(place.clone(), name));
            });
        }
    }
}
