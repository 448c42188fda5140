//! Reads the scopes of a module: what binds names, and what changes or tests what they hold.

use ruff_python_ast::visitor::{
    Visitor, walk_comprehension, walk_except_handler, walk_expr, walk_pattern, walk_stmt,
};
use ruff_python_ast::{Comprehension, ExceptHandler, Expr, Parameters, Pattern, Stmt};
use ruff_text_size::{Ranged, TextRange, TextSize};

use super::scopes::{
    Body, Call, Origin, ScopeId, Scopes, elements, elements_if_listed, has_none, is_own,
};

/// Methods that change a collection.
const CHANGES: [&str; 11] = [
    "add",
    "append",
    "clear",
    "discard",
    "extend",
    "insert",
    "pop",
    "remove",
    "setdefault",
    "update",
    "__setitem__",
];

/// Most origins of a name that are followed.
const MAX_ORIGINS: usize = 32;

/// Adds an origin of a name; beyond the limit the name may be anything.
fn add<'a>(origins: &mut Vec<Origin<'a>>, origin: Origin<'a>) {
    match origins.len() {
        len if len < MAX_ORIGINS => origins.push(origin),
        MAX_ORIGINS => origins.push(Origin::Unknown),
        _ => {}
    }
}

/// Reads the scopes of a module, whose own is there already.
pub fn build<'a>(scopes: &mut Scopes<'a>, module: usize, body: &'a [Stmt]) {
    let comprehension = TextRange::default();
    Builder { scopes, module, now: module, comprehension }.visit_body(body);
}

struct Builder<'s, 'a> {
    scopes: &'s mut Scopes<'a>,
    module: usize,
    now: ScopeId,
    /// The place of the comprehension that is walked.
    comprehension: TextRange,
}

impl<'a> Builder<'_, 'a> {
    fn bind(&mut self, name: &'a str, origin: Origin<'a>) {
        let here = &self.scopes.all[self.now];
        let scope = match here.parent {
            _ if here.globals.contains(name) => self.module,
            Some(parent) if here.nonlocals.contains(name) => parent,
            _ => self.now,
        };
        add(self.scopes.all[scope].names.entry(name).or_default(), origin);
    }

    fn assign(&mut self, target: &'a Expr, value: Option<&'a Expr>) {
        match target {
            Expr::Name(name) => {
                let origin = value.map_or(Origin::Unknown, |value| Origin::Value(value, self.now));
                self.bind(&name.id, origin);
            }
            Expr::Attribute(attribute) => {
                let is_own = matches!(&*attribute.value, Expr::Name(name) if is_own(&name.id));
                if let (true, Some(class)) = (is_own, self.scopes.class_around(self.now)) {
                    let origin =
                        value.map_or(Origin::Unknown, |value| Origin::Value(value, self.now));
                    let names = &mut self.scopes.all[class].names;
                    add(names.entry(attribute.attr.as_str()).or_default(), origin);
                } else {
                    self.scopes.changed.insert(attribute.attr.as_str());
                }
            }
            Expr::Tuple(_) | Expr::List(_) => {
                let (targets, values) = (elements(target), value.and_then(elements_if_listed));
                let pairs = values.filter(|values| values.len() == targets.len());
                for (at, target) in targets.iter().enumerate() {
                    self.assign(target, pairs.map(|values| &values[at]));
                }
            }
            Expr::Starred(starred) => self.assign(&starred.value, None),
            Expr::Subscript(part) => self.change(&part.value),
            _ => {}
        }
    }

    /// Takes a collection that is changed.
    fn change(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Name(name) => self.scopes.changed.insert(&name.id),
            Expr::Attribute(attribute) => self.scopes.changed.insert(attribute.attr.as_str()),
            _ => false,
        };
    }

    /// Takes a condition, or an operand of `or`: what it names is tested.
    fn test(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Name(name) => {
                self.scopes.all[self.now].tested.insert(&name.id);
            }
            Expr::Attribute(attribute) => {
                self.scopes.tested.insert(attribute.attr.as_str());
            }
            Expr::UnaryOp(not) => self.test(&not.operand),
            Expr::BoolOp(all) => all.values.iter().for_each(|one| self.test(one)),
            Expr::Compare(compare) if compare.comparators.iter().any(has_none) => {
                self.test(&compare.left);
            }
            _ => {}
        }
    }

    fn loop_over(&mut self, target: &'a Expr, iterable: &'a Expr, range: TextRange) {
        let now = self.now;
        match target {
            Expr::Name(name) => self.bind(&name.id, Origin::Element(iterable, None, now, range)),
            Expr::Tuple(_) | Expr::List(_) => {
                for (at, target) in elements(target).iter().enumerate() {
                    match target {
                        Expr::Name(name) => {
                            self.bind(&name.id, Origin::Element(iterable, Some(at), now, range));
                        }
                        other => self.assign(other, None),
                    }
                }
            }
            other => self.assign(other, None),
        }
    }

    /// Walks the body of a definition in its own scope.
    fn inside(
        &mut self,
        start: TextSize,
        body: Body<'a>,
        parameters: Option<&'a Parameters>,
        walk: impl FnOnce(&mut Self),
    ) -> ScopeId {
        let id = self.scopes.add(self.module, Some(self.now), body, parameters);
        self.scopes.by_start.insert((self.module, start), id);
        let outer = std::mem::replace(&mut self.now, id);
        walk(self);
        self.now = outer;
        id
    }
}

impl<'a> Visitor<'a> for Builder<'_, 'a> {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::FunctionDef(function) => {
                function.decorator_list.iter().for_each(|one| self.visit_decorator(one));
                self.visit_parameters(&function.parameters);
                let body = Body::Function(function);
                let parameters = Some(&*function.parameters);
                let id = self.inside(function.start(), body, parameters, |builder| {
                    builder.visit_body(&function.body);
                });
                self.bind(function.name.as_str(), Origin::Function(id));
                return;
            }
            Stmt::ClassDef(class) => {
                class.decorator_list.iter().for_each(|one| self.visit_decorator(one));
                if let Some(arguments) = &class.arguments {
                    self.visit_arguments(arguments);
                }
                let id = self.inside(class.start(), Body::Class(class), None, |builder| {
                    builder.visit_body(&class.body);
                });
                self.bind(class.name.as_str(), Origin::Class(id));
                return;
            }
            Stmt::Global(global) => {
                let globals = &mut self.scopes.all[self.now].globals;
                globals.extend(global.names.iter().map(|name| name.as_str()));
            }
            Stmt::Nonlocal(nonlocal) => {
                let names = &mut self.scopes.all[self.now].nonlocals;
                names.extend(nonlocal.names.iter().map(|name| name.as_str()));
            }
            Stmt::Assign(assign) => {
                assign.targets.iter().for_each(|target| self.assign(target, Some(&assign.value)));
                // Several names of one collection change together.
                if assign.targets.len() > 1 {
                    assign.targets.iter().for_each(|target| self.change(target));
                }
            }
            Stmt::AnnAssign(assign) if assign.value.is_some() => {
                self.assign(&assign.target, assign.value.as_deref());
                // The default of a field, which objects may have another value of.
                if let Body::Class(class) = self.scopes.all[self.now].body
                    && (class.arguments.is_some() || !class.decorator_list.is_empty())
                {
                    self.assign(&assign.target, None);
                }
            }
            Stmt::If(test) => {
                self.test(&test.test);
                let clauses = test.elif_else_clauses.iter();
                clauses.filter_map(|clause| clause.test.as_ref()).for_each(|one| self.test(one));
            }
            Stmt::While(test) => self.test(&test.test),
            Stmt::AugAssign(assign) => self.assign(&assign.target, None),
            Stmt::For(each) => self.loop_over(&each.target, &each.iter, each.range),
            Stmt::With(with) => {
                for target in with.items.iter().filter_map(|item| item.optional_vars.as_deref()) {
                    self.assign(target, None);
                }
            }
            Stmt::Import(import) => {
                let at = self.module;
                for alias in &import.names {
                    let module = alias.name.as_str();
                    match &alias.asname {
                        Some(name) => self.bind(name.as_str(), Origin::Module(module, 0, at)),
                        None => {
                            let first = module.split('.').next().unwrap_or(module);
                            self.bind(first, Origin::Module(first, 0, at));
                        }
                    }
                }
            }
            Stmt::ImportFrom(import) => {
                let at = self.module;
                let module = import.module.as_ref().map(|module| module.as_str());
                let level = import.level;
                for alias in &import.names {
                    let name = alias.name.as_str();
                    let bound = alias.asname.as_ref().map_or(name, |name| name.as_str());
                    match (module, name) {
                        (Some(module), "*") => {
                            self.scopes.all[self.now].stars.push((module, level))
                        }
                        (Some(module), name) => {
                            self.bind(bound, Origin::Import(module, name, level, at))
                        }
                        (None, name) => self.bind(bound, Origin::Module(name, level, at)),
                    }
                }
            }
            _ => {}
        }
        walk_stmt(self, stmt);
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Named(named) => self.assign(&named.target, Some(&named.value)),
            Expr::Lambda(lambda) => {
                let parameters = lambda.parameters.as_deref();
                if let Some(parameters) = parameters {
                    self.visit_parameters(parameters);
                }
                self.inside(lambda.range.start(), Body::Lambda, parameters, |builder| {
                    builder.visit_expr(&lambda.body);
                });
                return;
            }
            Expr::ListComp(_) | Expr::SetComp(_) | Expr::DictComp(_) | Expr::Generator(_) => {
                let outer = std::mem::replace(&mut self.comprehension, expr.range());
                walk_expr(self, expr);
                self.comprehension = outer;
                return;
            }
            Expr::BoolOp(_) | Expr::Compare(_) => self.test(expr),
            Expr::If(choice) => self.test(&choice.test),
            Expr::Call(call) => {
                if let Expr::Attribute(method) = &*call.func
                    && CHANGES.contains(&method.attr.as_str())
                {
                    self.change(&method.value);
                }
                self.scopes.calls.push(Call { call, scope: self.now });
            }
            _ => {}
        }
        walk_expr(self, expr);
    }

    fn visit_comprehension(&mut self, comprehension: &'a Comprehension) {
        self.loop_over(&comprehension.target, &comprehension.iter, self.comprehension);
        walk_comprehension(self, comprehension);
    }

    fn visit_except_handler(&mut self, handler: &'a ExceptHandler) {
        let ExceptHandler::ExceptHandler(own) = handler;
        if let Some(name) = &own.name {
            self.bind(name.as_str(), Origin::Unknown);
        }
        walk_except_handler(self, handler);
    }

    fn visit_pattern(&mut self, pattern: &'a Pattern) {
        let name = match pattern {
            Pattern::MatchAs(pattern) => pattern.name.as_ref(),
            Pattern::MatchStar(pattern) => pattern.name.as_ref(),
            Pattern::MatchMapping(pattern) => pattern.rest.as_ref(),
            _ => None,
        };
        if let Some(name) = name {
            self.bind(name.as_str(), Origin::Unknown);
        }
        walk_pattern(self, pattern);
    }
}
