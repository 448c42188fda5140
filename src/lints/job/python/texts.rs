//! The texts that an expression may be.

use ruff_python_ast::{Expr, ExprDict, Operator};

use super::calls::{Job, called};
use super::literal::{Piece, pieces};
use super::scopes::{Origin, ScopeId, elements};

/// Most texts that one expression may be.
const MAX_TEXTS: usize = 64;

/// Functions that return what they are given, in some order.
const SAME: [&str; 6] = ["sorted", "list", "tuple", "set", "frozenset", "reversed"];

/// A text that may depend on parameters.
pub type Template = Vec<Part>;

/// A part of a text.
#[derive(Clone, Debug, PartialEq)]
pub enum Part {
    Text(String),
    /// The parameter of the function with this scope.
    Parameter(ScopeId, usize),
}

impl<'a> Job<'a> {
    /// Returns the texts that an expression may be; `None` if that is known at run time only.
    pub fn texts(&self, expr: &Expr, scope: ScopeId, steps: usize) -> Option<Vec<Template>> {
        if self.is_enough(steps) {
            return None;
        }
        let next = |expr: &Expr| self.texts(expr, scope, steps + 1);
        match expr {
            Expr::StringLiteral(text) => {
                Some(vec![vec![Part::Text(text.value.to_str().to_string())]])
            }
            Expr::FString(text) => {
                let mut all = vec![Template::new()];
                for piece in pieces(text) {
                    let piece = match piece {
                        Piece::Text(text) => vec![vec![Part::Text(text.to_string())]],
                        Piece::Expr(expr) => next(expr)?,
                        Piece::Other => return None,
                    };
                    self.pair(&all, &piece);
                    all = joined(&all, &piece)?;
                }
                Some(all)
            }
            Expr::BinOp(sum) if sum.op == Operator::Add => {
                let (left, right) = (next(&sum.left)?, next(&sum.right)?);
                self.pair(&left, &right);
                joined(&left, &right)
            }
            Expr::If(choice) => {
                self.is_unsure.set(true);
                Some([next(&choice.body)?, next(&choice.orelse)?].concat())
            }
            Expr::Named(named) => next(&named.value),
            Expr::Call(call) => {
                let is_text = matches!(&*call.func, Expr::Name(name) if name.id == "str");
                match &*call.arguments.args {
                    [only] if is_text && call.arguments.keywords.is_empty() => next(only),
                    _ => None,
                }
            }
            Expr::Subscript(part) => self.texts_of_part(&part.value, &part.slice, scope, steps + 1),
            Expr::Name(_) | Expr::Attribute(_) if self.is_changed(expr) => None,
            Expr::Name(_) | Expr::Attribute(_) => {
                let mut origins = self.sources(expr, scope, steps);
                // The value of a member of an enumeration.
                if let Expr::Attribute(attribute) = expr
                    && origins.is_empty()
                    && attribute.attr.as_str() == "value"
                {
                    origins = self.sources(&attribute.value, scope, steps);
                }
                if origins.len() > 1 {
                    self.is_unsure.set(true);
                }
                let mut all = Vec::new();
                for origin in &origins {
                    all.extend(self.texts_of(*origin, steps + 1)?);
                }
                (!all.is_empty() && all.len() <= MAX_TEXTS).then_some(all)
            }
            _ => None,
        }
    }

    fn texts_of(&self, origin: Origin<'a>, steps: usize) -> Option<Vec<Template>> {
        match origin {
            Origin::Value(expr, scope) => self.texts(expr, scope, steps),
            Origin::Parameter(function, at) => Some(vec![vec![Part::Parameter(function, at)]]),
            Origin::Element(iterable, at, scope, _) => {
                let mut all = Vec::new();
                for (element, scope) in self.listed(iterable, at, scope, steps)? {
                    all.extend(self.texts(element, scope, steps)?);
                }
                (all.len() <= MAX_TEXTS).then_some(all)
            }
            _ => None,
        }
    }

    /// Notes that texts are put together of which not every pair may occur.
    fn pair(&self, left: &[Template], right: &[Template]) {
        if left.len() > 1 && right.len() > 1 {
            self.is_unsure.set(true);
        }
    }

    /// Returns whether what a name or an attribute holds is changed somewhere.
    fn is_changed(&self, expr: &Expr) -> bool {
        called(expr).is_some_and(|name| self.scopes.changed.contains(name))
    }

    /// Returns what a loop over a collection that is written out takes, each with its scope: the elements, or
    /// the part of each at `at`.
    fn listed(
        &self,
        expr: &'a Expr,
        at: Option<usize>,
        scope: ScopeId,
        steps: usize,
    ) -> Option<Vec<(&'a Expr, ScopeId)>> {
        let part = |element: &'a Expr| match at {
            Some(at) => elements(element).get(at),
            None => Some(element),
        };
        match expr {
            Expr::Tuple(_) | Expr::List(_) | Expr::Set(_) => {
                elements(expr).iter().map(|one| Some((part(one)?, scope))).collect()
            }
            Expr::Dict(dict) if at.is_none() => {
                dict.items.iter().map(|item| Some((item.key.as_ref()?, scope))).collect()
            }
            Expr::Name(_) | Expr::Attribute(_) if self.is_changed(expr) => None,
            Expr::Name(_) | Expr::Attribute(_) if !self.is_enough(steps) => {
                match self.sources(expr, scope, steps)[..] {
                    [Origin::Value(value, scope)] => self.listed(value, at, scope, steps + 1),
                    _ => None,
                }
            }
            Expr::Call(call) => match (&*call.func, &*call.arguments.args) {
                (Expr::Attribute(method), []) => {
                    let (dict, scope) = self.dictionary(&method.value, scope, steps)?;
                    let items = dict.items.iter();
                    match (method.attr.as_str(), at) {
                        ("keys", None) | ("items", Some(0)) => {
                            items.map(|item| Some((item.key.as_ref()?, scope))).collect()
                        }
                        ("values", None) | ("items", Some(1)) => {
                            Some(items.map(|item| (&item.value, scope)).collect())
                        }
                        _ => None,
                    }
                }
                (Expr::Name(name), [only]) if SAME.contains(&name.id.as_str()) => {
                    self.listed(only, at, scope, steps + 1)
                }
                (Expr::Name(name), [only]) if name.id == "enumerate" && at == Some(1) => {
                    self.listed(only, None, scope, steps + 1)
                }
                _ => None,
            },
            _ => None,
        }
    }

    /// Returns the dictionary that an expression is, if that is written out, and its scope.
    fn dictionary(
        &self,
        expr: &'a Expr,
        scope: ScopeId,
        steps: usize,
    ) -> Option<(&'a ExprDict, ScopeId)> {
        if self.is_changed(expr) {
            return None;
        }
        match (expr, &self.sources(expr, scope, steps)[..]) {
            (Expr::Dict(dict), _) => Some((dict, scope)),
            (_, [Origin::Value(Expr::Dict(dict), scope)]) => Some((dict, *scope)),
            _ => None,
        }
    }

    /// Returns the texts of one element of a list, or value of a dictionary, that is written out.
    fn texts_of_part(
        &self,
        value: &Expr,
        key: &Expr,
        scope: ScopeId,
        steps: usize,
    ) -> Option<Vec<Template>> {
        if self.is_changed(value) {
            return None;
        }
        let (dict, place) = match self.sources(value, scope, steps)[..] {
            [Origin::Value(Expr::Dict(dict), place)] => (dict, place),
            [Origin::Value(list, place)] => {
                let Expr::NumberLiteral(number) = key else { return None };
                let at = number.value.as_int()?.as_usize()?;
                return self.texts(elements(list).get(at)?, place, steps);
            }
            _ => return None,
        };
        let wanted = self.texts(key, scope, steps)?;
        let mut all = Vec::new();
        for item in &dict.items {
            let keys = self.texts(item.key.as_ref()?, place, steps)?;
            if keys.iter().any(|key| wanted.contains(key)) {
                all.extend(self.texts(&item.value, place, steps)?);
            }
        }
        (!all.is_empty()).then_some(all)
    }
}

/// Returns each text of `left` before each of `right`.
pub fn joined(left: &[Template], right: &[Template]) -> Option<Vec<Template>> {
    if left.len() * right.len() > MAX_TEXTS {
        return None;
    }
    let pairs = left.iter().flat_map(|left| right.iter().map(move |right| (left, right)));
    Some(pairs.map(|(left, right)| [left.as_slice(), right].concat()).collect())
}
