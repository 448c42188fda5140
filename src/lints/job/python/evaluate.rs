//! Where names and attributes come from, and the modules and classes of a job that an expression may be.

use ruff_python_ast::{Expr, ExprAttribute};
use ruff_text_size::{Ranged, TextRange};

use super::calls::{Job, called};
use super::scopes::{Body, Origin, Scope, ScopeId, is_own};

/// How far names are followed.
pub const MAX_STEPS: usize = 12;
/// How many expressions are looked at for one question: names that are assigned often would multiply.
const MAX_LOOKS: u32 = 200;
/// Most modules and classes that an expression may be.
const MAX_HOLDERS: usize = 64;

/// Classes that set no attributes of those that are made of them.
const PLAIN: [&str; 12] = [
    "ABC",
    "Enum",
    "Exception",
    "Flag",
    "Generic",
    "IntEnum",
    "Protocol",
    "StrEnum",
    "int",
    "object",
    "str",
    "type",
];

impl<'a> Job<'a> {
    /// Returns whether to give up after `steps`.
    pub fn is_enough(&self, steps: usize) -> bool {
        let looks = if steps == 0 { 0 } else { self.looks.get() + 1 };
        self.looks.set(looks);
        if steps == 0 {
            self.is_unsure.set(false);
        }
        let is_enough = steps >= MAX_STEPS || looks > MAX_LOOKS;
        if is_enough {
            self.gave_up.set(true);
        }
        is_enough
    }

    /// Returns where a name in `scope` comes from.
    fn origins(&self, name: &str, scope: ScopeId) -> Vec<Origin<'a>> {
        let mut now = Some(scope);
        while let Some(id) = now {
            let one = &self.scopes.all[id];
            if (id == scope || !matches!(one.body, Body::Class(_)))
                && let Some(origins) = one.names.get(name)
            {
                let own = origins.iter().flat_map(|origin| self.imported(*origin));
                return own.chain(self.of_stars(one, name)).collect();
            }
            let starred = self.of_stars(one, name);
            if !starred.is_empty() {
                return starred;
            }
            now = one.parent;
        }
        Vec::new()
    }

    /// Returns what the modules of which all names are imported have under a name.
    fn of_stars(&self, scope: &Scope<'a>, name: &str) -> Vec<Origin<'a>> {
        let stars = scope.stars.iter();
        let modules = stars.filter_map(|(star, level)| self.module(star, *level, scope.module));
        let found = modules.filter_map(|module| self.scopes.all[module].names.get(name));
        found.flatten().flat_map(|origin| self.imported(*origin)).collect()
    }

    /// Returns what an import of one name is, if it comes from a module of the job, also through others.
    fn imported(&self, origin: Origin<'a>) -> Vec<Origin<'a>> {
        let mut now = vec![origin];
        for _ in 0..MAX_STEPS {
            let mut is_done = true;
            let next = now.into_iter().flat_map(|origin| {
                let Origin::Import(module, name, level, at) = origin else { return vec![origin] };
                let found = self.module(module, level, at);
                match found.and_then(|id| self.scopes.all[id].names.get(name)) {
                    Some(origins) => {
                        is_done = false;
                        origins.clone()
                    }
                    None => vec![origin],
                }
            });
            now = next.collect();
            now.truncate(MAX_HOLDERS);
            if is_done {
                break;
            }
        }
        now
    }

    /// Returns the module of the job that a dotted name means in the module `at`: of the package that many
    /// levels up, or else from the job's folder on, where Python looks, or from a folder below it.
    fn module(&self, dotted: &str, level: u32, at: ScopeId) -> Option<ScopeId> {
        let name: Vec<&str> = dotted.split('.').filter(|part| !part.is_empty()).collect();
        let named = self.by_name.get(name.last()?)?;
        let exactly = |path: &[&str]| named.iter().find(|(_, one)| one == path).map(|(id, _)| *id);
        if level > 0 {
            let mut package = self.modules[at].package();
            package.truncate(package.len().checked_sub(level as usize - 1)?);
            return exactly(&[package, name].concat());
        }
        let below = || match named.as_slice() {
            // That of the standard library is meant.
            _ if dotted == "secrets" => None,
            [(id, path)] if path.ends_with(&name) => Some(*id),
            _ => None,
        };
        exactly(&name).or_else(below)
    }

    /// Returns the modules and classes whose names are the attributes of `value`.
    pub fn holders(&self, value: &Expr, scope: ScopeId, steps: usize) -> Vec<ScopeId> {
        if self.is_enough(steps) {
            return Vec::new();
        }
        let classes = |origin: Origin<'a>| match origin {
            Origin::Class(id) => vec![id],
            Origin::Module(name, level, at) => self.module(name, level, at).into_iter().collect(),
            Origin::Import(module, name, level, at) => {
                self.module(&format!("{module}.{name}"), level, at).into_iter().collect()
            }
            Origin::Value(value, scope) => self.holders(value, scope, steps + 1),
            Origin::Parameter(function, at) => self.holders_of_parameter(function, at, steps),
            _ => Vec::new(),
        };
        let mut found: Vec<ScopeId> = match value {
            Expr::Name(name) if is_own(&name.id) => {
                let class = self.scopes.class_around(scope);
                // The object may be of a class that is made of this one.
                class.map(|class| self.family(class)).unwrap_or_default()
            }
            Expr::Name(name) => {
                self.origins(&name.id, scope).into_iter().flat_map(classes).collect()
            }
            Expr::Call(call) if called(&call.func) == Some("super") => {
                let class = self.scopes.class_around(scope);
                class.map(|class| self.bases(class, steps)).unwrap_or_default()
            }
            // An object of a class.
            Expr::Call(call) => self
                .holders(&call.func, scope, steps + 1)
                .into_iter()
                .filter(|id| matches!(self.scopes.all[*id].body, Body::Class(_)))
                .collect(),
            Expr::Attribute(attribute) => {
                let origins = self.members(attribute, scope, steps + 1);
                let mut found: Vec<_> = origins.into_iter().flat_map(classes).collect();
                if found.is_empty() {
                    found.extend(dotted(value).and_then(|name| self.module(&name, 0, 0)));
                }
                found
            }
            _ => Vec::new(),
        };
        // What a class does not define comes from its bases.
        let mut at = 0;
        while at < found.len() && found.len() < MAX_HOLDERS {
            let bases = self.bases(found[at], steps);
            let new: Vec<_> = bases.into_iter().filter(|id| !found.contains(id)).collect();
            found.extend(new);
            at += 1;
        }
        found
    }

    /// Returns the classes of the job that a class is made of.
    pub fn bases(&self, class: ScopeId, steps: usize) -> Vec<ScopeId> {
        if self.is_enough(steps) {
            return Vec::new();
        }
        let scope = &self.scopes.all[class];
        let (Body::Class(definition), Some(parent)) = (scope.body, scope.parent) else {
            return Vec::new();
        };
        let bases = definition.bases().iter();
        bases.flat_map(|base| self.holders(base, parent, steps + 1)).collect()
    }

    /// Returns a class and those that are made of it.
    pub fn family(&self, class: ScopeId) -> Vec<ScopeId> {
        let derived = self.derived.get(&class).into_iter().flatten().copied();
        derived.chain([class]).collect()
    }

    /// Returns the class of a parameter: its own class for the first one of a method, or what it is
    /// annotated with.
    fn holders_of_parameter(&self, function: ScopeId, at: usize, steps: usize) -> Vec<ScopeId> {
        let scope = &self.scopes.all[function];
        let Some(parent) = scope.parent else { return Vec::new() };
        if at == 0 && matches!(self.scopes.all[parent].body, Body::Class(_)) {
            return self.family(parent);
        }
        let parameter = scope.parameters.and_then(|all| all.iter_non_variadic_params().nth(at));
        let annotation = parameter.and_then(|one| one.parameter.annotation.as_deref());
        let classes = annotation.map(|class| self.holders(class, parent, steps + 1));
        classes.unwrap_or_default().into_iter().flat_map(|class| self.family(class)).collect()
    }

    /// Returns where the attribute of a module, class or object comes from.
    fn members(&self, attribute: &ExprAttribute, scope: ScopeId, steps: usize) -> Vec<Origin<'a>> {
        let name = attribute.attr.as_str();
        // An object may be of a class that is made of this one, and what a class defines hides what its bases do:
        // all of them are possible.
        let holders = self.holders(&attribute.value, scope, steps).into_iter();
        let mut found = Vec::new();
        for holder in holders {
            let origins = self.scopes.all[holder].names.get(name).into_iter().flatten();
            found.extend(origins.flat_map(|origin| self.imported(*origin)));
            if self.has_foreign_base(holder) {
                found.push(Origin::Unknown);
            }
        }
        found
    }

    /// Returns whether a class is made of one from elsewhere, which may set its attributes.
    fn has_foreign_base(&self, class: ScopeId) -> bool {
        let scope = &self.scopes.all[class];
        let (Body::Class(definition), Some(parent)) = (scope.body, scope.parent) else {
            return false;
        };
        definition.bases().iter().any(|base| {
            let is_plain = called(base).is_some_and(|name| PLAIN.contains(&name));
            !is_plain && self.holders(base, parent, 1).is_empty()
        })
    }

    /// Returns where a name or an attribute comes from.
    pub fn sources(&self, expr: &Expr, scope: ScopeId, steps: usize) -> Vec<Origin<'a>> {
        match expr {
            Expr::Name(name) => in_loop(self.origins(&name.id, scope), name.range),
            Expr::Attribute(attribute) => self.members(attribute, scope, steps),
            _ => Vec::new(),
        }
    }
}

/// Returns the origin of a name at `place` that is its innermost loop, if nothing else gives the name another
/// value in it; else all origins.
fn in_loop(origins: Vec<Origin<'_>>, place: TextRange) -> Vec<Origin<'_>> {
    let around = origins.iter().filter_map(|origin| match origin {
        Origin::Element(.., range) if range.contains_range(place) => Some((*range, *origin)),
        _ => None,
    });
    let Some((range, innermost)) = around.min_by_key(|(range, _)| range.len()) else {
        return origins;
    };
    let is_changed = origins.iter().any(|origin| match origin {
        Origin::Value(value, _) => range.contains_range(value.range()),
        Origin::Element(.., other) => *other != range && range.contains_range(*other),
        _ => true,
    });
    if is_changed { origins } else { vec![innermost] }
}

/// Returns a chain of attributes as text.
fn dotted(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Name(name) => Some(name.id.to_string()),
        Expr::Attribute(attribute) => {
            Some(format!("{}.{}", dotted(&attribute.value)?, attribute.attr))
        }
        _ => None,
    }
}
