//! Whole sets: what code does with the dictionary that `get_all_…` returns, and what `set_all_…` gets.

use ruff_python_ast::visitor::Visitor;
use ruff_python_ast::{Expr, ExprAttribute, ExprCall, ExprDict};
use ruff_text_size::{Ranged, TextRange};
use vdk_api::Collection;

use super::calls::called;
use super::names::Raw;
use super::scopes::Origin;
use super::texts::Part;
use super::uses::Uses;
use crate::lints::job::{Finding, How, Place, Rule};

impl<'a> Uses<'_, 'a> {
    /// Takes a method of the dictionary that a whole set is.
    pub fn call_of_set(
        &mut self,
        call: &'a ExprCall,
        method: &'a ExprAttribute,
        collection: Collection,
    ) {
        let (arguments, range) = (&call.arguments, call.range());
        let default = arguments.find_positional(1);
        match (method.attr.as_str(), arguments.find_positional(0)) {
            // It may be there, and it is gone then.
            ("pop", Some(key)) if default.is_some() => {
                self.uses_of_set(&method.value, How::Tested, key, range);
            }
            ("get" | "pop", Some(key)) => {
                let default = default.is_some_and(|one| !matches!(one, Expr::NoneLiteral(_)));
                self.uses_of_set(&method.value, How::Read { default }, key, range);
            }
            ("setdefault", Some(key)) => self.uses(collection, How::Written, key, range),
            ("update", _) => return self.written_by(call, collection),
            ("clear", _) => {}
            _ => {
                let place = self.place(range, range);
                self.code.whole.push((place, collection));
            }
        }
        self.arguments(call);
    }

    /// Takes what a call of `update` or `dict` writes: a set, and keywords that are names.
    fn written_by(&mut self, call: &'a ExprCall, collection: Collection) {
        call.arguments.args.iter().for_each(|set| self.written_set(set, collection));
        for keyword in &call.arguments.keywords {
            let place = self.place(keyword.range(), call.range());
            let name = keyword.arg.as_ref().map(|name| name.to_string());
            let names = name.map(|name| vec![vec![Part::Text(name)]]);
            if names.is_none() {
                self.code.written.push(collection);
            }
            self.raw.push(Raw { place: place.clone(), collection, how: How::Written, names });
            if keyword.value.is_boolean_literal_expr() {
                self.refuse(&place, "a boolean", collection);
            }
            self.visit_expr(&keyword.value);
        }
    }

    pub fn set_all(&mut self, call: &'a ExprCall, collection: Collection) {
        let arguments = &call.arguments;
        let keyword = arguments.keywords.first().map(|keyword| &keyword.value);
        let Some(set) = arguments.find_positional(0).or(keyword) else { return };
        self.written_set(set, collection);
    }

    fn written_set(&mut self, set: &'a Expr, collection: Collection) {
        match set {
            Expr::Dict(dict) => return self.dictionary(dict, collection),
            Expr::Call(call) if called(&call.func) == Some("dict") => {
                return self.written_by(call, collection);
            }
            Expr::Name(_) | Expr::Attribute(_) => {
                let is_it = self.whole(set) == Some(collection);
                if !is_it {
                    self.code.written.push(collection);
                }
                for origin in self.job.sources(set, self.scope, 0) {
                    if let Origin::Value(Expr::Dict(dict), scope) = origin
                        && scope == self.scope
                    {
                        self.keys_of(dict, collection);
                    }
                }
                if is_it {
                    return;
                }
            }
            _ if self.whole(set) == Some(collection) => return,
            _ => self.code.written.push(collection),
        }
        self.visit_expr(set);
    }

    /// Takes a dictionary that is written: its keys and what is in it.
    fn dictionary(&mut self, dict: &'a ExprDict, collection: Collection) {
        self.keys_of(dict, collection);
        for item in &dict.items {
            match &item.key {
                Some(_) => self.visit_expr(&item.value),
                None if self.whole(&item.value) == Some(collection) => {}
                None => {
                    self.code.written.push(collection);
                    self.visit_expr(&item.value);
                }
            }
        }
    }

    fn keys_of(&mut self, dict: &'a ExprDict, collection: Collection) {
        for item in &dict.items {
            let Some(key) = &item.key else { continue };
            self.uses(collection, How::Written, key, dict.range());
            self.refused(key, &item.value, dict.range(), collection);
        }
    }

    /// Tells a key or a value that the job cannot write.
    pub fn refused(
        &mut self,
        key: &'a Expr,
        value: &'a Expr,
        whole: TextRange,
        collection: Collection,
    ) {
        let texts = self.job.texts(key, self.scope, 0).unwrap_or_default();
        let has_white_space = texts
            .iter()
            .flatten()
            .any(|part| matches!(part, Part::Text(text) if text.contains(char::is_whitespace)));
        let place = self.place(key.range(), whole);
        if value.is_boolean_literal_expr() {
            self.refuse(&place, "a boolean", collection);
        } else if has_white_space {
            self.refuse(&place, "a key with white space", collection);
        }
    }

    fn refuse(&mut self, place: &Place, why: &str, collection: Collection) {
        let message = format!("set_all_{collection} refuses {why}, and the job fails");
        self.code.findings.push(Finding::new(Rule::VDK006, message).at(place).about(collection));
    }
}
