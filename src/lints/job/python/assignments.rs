//! Assignments and tests: what keeps a value where it is followed, and what goes on without one.

use ruff_python_ast::visitor::Visitor;
use ruff_python_ast::{ExceptHandler, Expr};

use super::calls::called;
use super::input::Method;
use super::uses::Uses;

impl<'a> Uses<'_, 'a> {
    /// Returns whether an assignment or a test keeps `value` where it is followed.
    pub fn is_followed(&self, value: &Expr) -> bool {
        match value {
            Expr::Attribute(attribute) if self.is_input(&attribute.value) => true,
            Expr::UnaryOp(not) => self.is_followed(&not.operand),
            value => self.is_input(value) || self.whole(value).is_some(),
        }
    }

    /// Takes what is assigned to; only parts of it are used.
    pub fn target(&mut self, target: &'a Expr) {
        match target {
            Expr::Name(_) => {}
            Expr::Attribute(attribute) => match &*attribute.value {
                Expr::Name(_) => {}
                value => self.visit_expr(value),
            },
            target => self.visit_expr(target),
        }
    }

    /// Takes a value that is assigned. A name is followed, and an attribute as far as its object is known.
    pub fn assigned(&mut self, targets: &'a [Expr], value: &'a Expr) {
        let is_named = |target: &Expr| matches!(target, Expr::Name(_) | Expr::Attribute(_));
        if targets.iter().all(is_named) && self.is_followed(value) {
            if targets.iter().any(Expr::is_attribute_expr) {
                let read = self.job.method(value, self.scope, 0).and_then(Method::reads);
                self.code.open.extend(self.whole(value).or(read));
            }
            return;
        }
        for target in targets {
            if let Expr::Subscript(part) = target
                && let Some(collection) = self.whole(&part.value)
            {
                self.refused(&part.slice, value, part.range, collection);
            }
        }
        let tested = &self.job.scopes.all[self.scope].tested;
        match targets {
            [Expr::Name(name)] if tested.contains(name.id.as_str()) => {
                self.lenient(|uses| uses.visit_expr(value));
            }
            [Expr::Attribute(attribute)]
                if self.job.scopes.tested.contains(attribute.attr.as_str()) =>
            {
                self.lenient(|uses| uses.visit_expr(value));
            }
            _ => self.visit_expr(value),
        }
    }

    pub fn test(&mut self, test: &'a Expr) {
        if !self.is_followed(test) {
            self.lenient(|uses| uses.visit_expr(test));
        }
    }
}

/// Returns the set whose `keys()` an expression is, or the expression itself.
pub fn keys_of(expr: &Expr) -> &Expr {
    match expr {
        Expr::Call(call) => match &*call.func {
            Expr::Attribute(method) if method.attr.as_str() == "keys" => &method.value,
            _ => expr,
        },
        _ => expr,
    }
}

/// Returns whether a handler of exceptions takes that of a key that is not there.
pub fn is_of_missing_key(handler: &ExceptHandler) -> bool {
    let ExceptHandler::ExceptHandler(handler) = handler;
    let is_it = |expr: &Expr| {
        called(expr).is_some_and(|name| {
            ["KeyError", "LookupError", "TypeError", "AttributeError", "Exception"].contains(&name)
        })
    };
    match handler.type_.as_deref() {
        None => true,
        Some(Expr::Tuple(all)) => all.elts.iter().any(is_it),
        Some(one) => is_it(one),
    }
}
