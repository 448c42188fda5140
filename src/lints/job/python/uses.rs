//! Finds the uses of keys in a module.

use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_python_ast::{CmpOp, Expr, ExprCall, ExprContext, Stmt};
use ruff_text_size::{Ranged, TextRange};
use vdk_api::Collection;

use super::assignments::{is_of_missing_key, keys_of};
use super::calls::{Job, called};
use super::input::Method;
use super::literal::{Piece, pieces};
use super::names::Raw;
use super::scopes::{Call, ScopeId, has_none};
use crate::lints::job::{Code, How, Place, sql};

/// Functions that take the job's input and read nothing from it.
const HARMLESS: [&str; 7] = ["isinstance", "hasattr", "type", "id", "print", "len", "bool"];

/// Functions by which code reaches any name.
const WILD: [&str; 9] = [
    "eval",
    "exec",
    "getattr",
    "globals",
    "locals",
    "methodcaller",
    "attrgetter",
    "setattr",
    "vars",
];

/// Reads what the module with the scope `module` uses.
pub fn read<'a>(job: &Job<'a>, module: ScopeId, code: &mut Code, raw: &mut Vec<Raw>) {
    let mut uses = Uses { job, module, scope: module, code, raw, is_lenient: false };
    uses.visit_body(job.modules[module].body());
}

/// What walks a module.
pub struct Uses<'u, 'a> {
    pub(super) job: &'u Job<'a>,
    module: usize,
    pub(super) scope: ScopeId,
    pub(super) code: &'u mut Code,
    pub(super) raw: &'u mut Vec<Raw>,
    /// Whether the code goes on without a value that it reads here.
    is_lenient: bool,
}

impl<'a> Uses<'_, 'a> {
    pub(super) fn place(&self, range: TextRange, whole: TextRange) -> Place {
        self.job.modules[self.module].place(range, whole)
    }

    pub(super) fn whole(&self, expr: &Expr) -> Option<Collection> {
        self.job.whole(expr, self.scope, 0)
    }

    pub(super) fn is_input(&self, expr: &Expr) -> bool {
        self.job.is_input(expr, self.scope, 0)
    }

    pub(super) fn uses(
        &mut self,
        collection: Collection,
        how: How,
        key: &'a Expr,
        whole: TextRange,
    ) {
        let names = self.job.texts(key, self.scope, 0);
        let is_read = matches!(how, How::Read { .. });
        // One of several names, or where the code goes on without a value.
        let how = match is_read && (self.is_lenient || self.job.is_unsure.get()) {
            true => How::Read { default: true },
            false => how,
        };
        self.raw.push(Raw { place: self.place(key.range(), whole), collection, how, names });
    }

    /// Takes a use of a set that `set` is; if it may be another dictionary, nothing is known of its keys.
    pub(super) fn uses_of_set(&mut self, set: &Expr, how: How, key: &'a Expr, whole: TextRange) {
        let Some(collection) = self.whole(set) else { return };
        let how = match (how, self.job.is_unsure.get()) {
            (How::Read { .. }, true) => How::Tested,
            (how, _) => how,
        };
        self.uses(collection, how, key, whole);
    }

    /// Walks what may go on without the value that it reads.
    pub(super) fn lenient(&mut self, walk: impl FnOnce(&mut Self)) {
        let before = std::mem::replace(&mut self.is_lenient, true);
        walk(self);
        self.is_lenient = before;
    }

    /// Takes a method of VDK's on what may be the job's input.
    fn unknown_method(&mut self, function: &Expr) {
        if let Expr::Attribute(attribute) = function
            && let Some(collection) = Method::of(attribute.attr.as_str()).and_then(Method::reads)
            && !self.job.is_function(function, self.scope)
        {
            self.code.open.push(collection);
        }
    }

    /// Walks what an attribute belongs to. A module, class or object alone is no use of it.
    fn object(&mut self, expr: &'a Expr) {
        if !expr.is_name_expr() || self.whole(expr).is_some() || self.is_input(expr) {
            self.visit_expr(expr);
        }
    }

    pub(super) fn dynamic(&mut self, collection: Collection, range: TextRange) {
        let place = self.place(range, range);
        self.raw.push(Raw { place, collection, how: How::Tested, names: None });
    }

    fn in_scope(&mut self, range: TextRange, walk: impl FnOnce(&mut Self)) {
        let outer = self.scope;
        let inner = self.job.scopes.by_start.get(&(self.module, range.start()));
        self.scope = inner.copied().unwrap_or(outer);
        walk(self);
        self.scope = outer;
    }

    pub(super) fn arguments(&mut self, call: &'a ExprCall) {
        let arguments = &call.arguments;
        arguments.args.iter().for_each(|one| self.visit_expr(one));
        arguments.keywords.iter().for_each(|one| self.visit_expr(&one.value));
    }

    fn call(&mut self, call: &'a ExprCall) {
        let whole = call.range();
        match self.job.method(&call.func, self.scope, 0) {
            Some(Method::Get(collection)) => {
                self.read(call, collection);
                return self.arguments(call);
            }
            Some(Method::GetAll(collection)) => {
                let place = self.place(whole, whole);
                return self.code.whole.push((place, collection));
            }
            Some(Method::SetAll(collection)) => return self.set_all(call, collection),
            Some(Method::Query) => {
                self.query(call);
                return self.arguments(call);
            }
            None => self.unknown_method(&call.func),
        }
        if let Expr::Attribute(method) = &*call.func
            && let Some(collection) = self.whole(&method.value)
        {
            return self.call_of_set(call, method, collection);
        }
        if let Expr::Attribute(attribute) = &*call.func {
            match self.is_input(&attribute.value) {
                true => {}
                false => self.object(&attribute.value),
            }
        } else if !matches!(&*call.func, Expr::Name(_)) {
            self.visit_expr(&call.func);
        }
        if called(&call.func).is_some_and(|name| WILD.contains(&name)) {
            self.code.open.extend([Collection::Secrets, Collection::Properties]);
        }
        let this = Call { call, scope: self.scope };
        let keywords = call.arguments.keywords.iter().map(|one| &one.value);
        let is_harmless = called(&call.func).is_some_and(|name| HARMLESS.contains(&name));
        for value in call.arguments.args.iter().chain(keywords) {
            let is_kept = self.is_input(value)
                && (is_harmless || !self.job.parameters_for(this, value).is_empty());
            if !is_kept {
                self.visit_expr(value);
            }
        }
    }

    /// Takes text of the code: it, and what it has in braces, may be names of keys.
    fn text(&mut self, text: &str) {
        let names = sql::in_braces(text);
        self.code.texts.extend(names.map(String::from));
        self.code.texts.insert(text.into());
    }

    /// Takes a line of a notebook for another program, which may have code and keys in it.
    fn command(&mut self, line: &str) {
        self.text(line);
        self.code.texts.extend(line.split(['"', '\'']).map(String::from));
        if line.contains("job_input") || line.contains("get_") {
            self.code.open.extend([Collection::Secrets, Collection::Properties]);
        }
    }
}

impl<'a> Visitor<'a> for Uses<'_, 'a> {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::FunctionDef(function) => {
                function.decorator_list.iter().for_each(|one| self.visit_decorator(one));
                self.visit_parameters(&function.parameters);
                self.in_scope(function.range(), |uses| uses.visit_body(&function.body));
            }
            Stmt::ClassDef(class) => {
                self.in_scope(class.range(), |uses| uses.visit_body(&class.body));
            }
            Stmt::Assign(assign) => {
                assign.targets.iter().for_each(|target| self.target(target));
                self.assigned(&assign.targets, &assign.value);
            }
            Stmt::AnnAssign(assign) => {
                self.target(&assign.target);
                if let Some(value) = assign.value.as_deref() {
                    self.assigned(std::slice::from_ref(&*assign.target), value);
                }
            }
            Stmt::Try(attempt) if attempt.handlers.iter().any(is_of_missing_key) => {
                self.lenient(|uses| uses.visit_body(&attempt.body));
                attempt.handlers.iter().for_each(|one| self.visit_except_handler(one));
                self.visit_body(&attempt.orelse);
                self.visit_body(&attempt.finalbody);
            }
            Stmt::AugAssign(assign) => {
                self.target(&assign.target);
                self.visit_expr(&assign.value);
            }
            Stmt::While(test) => {
                self.test(&test.test);
                self.visit_body(&test.body);
                self.visit_body(&test.orelse);
            }
            Stmt::IpyEscapeCommand(command) => self.command(&command.value),
            Stmt::If(test) => {
                self.test(&test.test);
                self.visit_body(&test.body);
                for clause in &test.elif_else_clauses {
                    clause.test.iter().for_each(|one| self.test(one));
                    self.visit_body(&clause.body);
                }
            }
            _ => walk_stmt(self, stmt),
        }
    }

    fn visit_annotation(&mut self, _: &'a Expr) {}

    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Call(call) => return self.call(call),
            Expr::Lambda(lambda) => {
                lambda.parameters.iter().for_each(|one| self.visit_parameters(one));
                return self.in_scope(lambda.range, |uses| uses.visit_expr(&lambda.body));
            }
            Expr::Subscript(part) if self.whole(&part.value).is_some() => {
                let how = match part.ctx {
                    ExprContext::Load => How::Read { default: false },
                    _ => How::Written,
                };
                self.uses_of_set(&part.value, how, &part.slice, part.range);
                return self.visit_expr(&part.slice);
            }
            Expr::Compare(compare) => {
                let left = std::iter::once(&*compare.left).chain(&compare.comparators);
                let parts = left.zip(&compare.ops).zip(&compare.comparators);
                match compare.comparators.iter().any(has_none) {
                    true => self.lenient(|uses| uses.visit_expr(&compare.left)),
                    false => self.visit_expr(&compare.left),
                }
                for ((left, op), right) in parts {
                    let set = keys_of(right);
                    match self.whole(set) {
                        Some(_) if matches!(op, CmpOp::In | CmpOp::NotIn) => {
                            self.uses_of_set(set, How::Tested, left, compare.range);
                        }
                        _ => self.visit_expr(right),
                    }
                }
                return;
            }
            Expr::Attribute(attribute) if self.is_input(&attribute.value) => {
                let method = self.job.method(expr, self.scope, 0);
                if let Some(collection) = method.and_then(Method::reads) {
                    self.dynamic(collection, attribute.range);
                }
                return;
            }
            Expr::Attribute(_) => self.unknown_method(expr),
            Expr::Named(named) if self.is_followed(&named.value) => return,
            Expr::BoolOp(all) if self.whole(expr).is_none() => {
                return self.lenient(|uses| all.values.iter().for_each(|one| uses.visit_expr(one)));
            }
            Expr::If(choice) => {
                self.test(&choice.test);
                self.visit_expr(&choice.body);
                return self.visit_expr(&choice.orelse);
            }
            Expr::IpyEscapeCommand(command) => self.command(&command.value),
            Expr::StringLiteral(text) => self.text(text.value.to_str()),
            Expr::FString(text) => {
                for piece in pieces(text) {
                    if let Piece::Text(text) = piece {
                        self.text(text);
                    }
                }
            }
            _ => {}
        }
        if let Some(collection) = self.whole(expr) {
            let place = self.place(expr.range(), expr.range());
            return self.code.whole.push((place, collection));
        }
        if matches!(expr, Expr::Name(_) | Expr::Attribute(_)) {
            if self.is_input(expr) {
                self.code.is_handed = true;
                return;
            }
            // As a value, a method or a function may be called with any name.
            if let Some(collection) = self.job.method(expr, self.scope, 0).and_then(Method::reads) {
                return self.dynamic(collection, expr.range());
            }
            self.job.open(expr, self.scope);
        }
        if let Expr::Attribute(attribute) = expr {
            return self.object(&attribute.value);
        }
        walk_expr(self, expr);
    }
}
