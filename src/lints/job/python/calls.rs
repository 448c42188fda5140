//! Calls between the functions of a job: what goes into a parameter.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet};

use ruff_python_ast::{Expr, ExprCall};
use ruff_text_size::Ranged;

use super::Module;
use super::scopes::{Body, Call, Origin, ScopeId, Scopes};

/// Decorators that leave the arguments of a function as they are.
const PLAIN: [&str; 12] = [
    "abstractmethod",
    "cache",
    "cached_property",
    "classmethod",
    "contextmanager",
    "lru_cache",
    "overload",
    "override",
    "property",
    "retry",
    "staticmethod",
    "wraps",
];

/// The modules of a job and what is known about them.
pub struct Job<'a> {
    pub modules: &'a [Module],
    /// The modules by the last part of their path, with the whole path.
    pub by_name: HashMap<&'a str, Vec<(ScopeId, Vec<&'a str>)>>,
    pub scopes: Scopes<'a>,
    /// Functions by name.
    functions: HashMap<&'a str, Vec<ScopeId>>,
    /// The functions that each call may be one of, by the place of the call in memory.
    targets: HashMap<*const ExprCall, Vec<ScopeId>>,
    /// The calls of each function.
    pub callers: HashMap<ScopeId, Vec<Call<'a>>>,
    /// Parameters that are the job's input.
    pub inputs: HashSet<(ScopeId, usize)>,
    /// Functions that may be called from where it is not seen.
    pub open: RefCell<HashSet<ScopeId>>,
    /// The classes that are made of a class.
    pub derived: HashMap<ScopeId, Vec<ScopeId>>,
    /// Expressions that the question under way has looked at.
    pub looks: Cell<u32>,
    /// Whether the answer is one of several.
    pub is_unsure: Cell<bool>,
    /// Whether a question was too long to answer.
    pub gave_up: Cell<bool>,
}

impl<'a> Job<'a> {
    /// Reads the scopes of `modules`.
    pub fn new(modules: &'a [Module]) -> Self {
        let scopes = Scopes::new(modules);
        let mut by_name: HashMap<_, Vec<_>> = HashMap::new();
        for (id, path) in modules.iter().map(Module::path).enumerate() {
            if let Some(last) = path.last() {
                by_name.entry(*last).or_default().push((id, path));
            }
        }
        let mut functions: HashMap<&str, Vec<ScopeId>> = HashMap::new();
        for (id, scope) in scopes.all.iter().enumerate() {
            if let Body::Function(function) = scope.body {
                functions.entry(function.name.as_str()).or_default().push(id);
            }
        }
        let mut job = Job {
            modules,
            by_name,
            scopes,
            functions,
            targets: HashMap::new(),
            callers: HashMap::new(),
            inputs: HashSet::new(),
            open: RefCell::default(),
            derived: HashMap::new(),
            looks: Cell::new(0),
            is_unsure: Cell::new(false),
            gave_up: Cell::new(false),
        };
        job.find_derived();
        // Python calls these by itself.
        let special =
            job.functions.iter().filter(|(name, _)| name.starts_with("__") && **name != "__init__");
        let special: Vec<_> = special.flat_map(|(_, functions)| functions.clone()).collect();
        job.open.borrow_mut().extend(special);
        for call in std::mem::take(&mut job.scopes.calls) {
            let targets = job.find_targets(call);
            for target in &targets {
                job.callers.entry(*target).or_default().push(call);
            }
            job.targets.insert(std::ptr::from_ref(call.call), targets);
            job.scopes.calls.push(call);
        }
        job
    }

    /// Finds the classes that are made of each class, at any distance.
    fn find_derived(&mut self) {
        let classes = self.scopes.all.iter().enumerate();
        let classes = classes.filter(|(_, scope)| matches!(scope.body, Body::Class(_)));
        let mut derived: HashMap<ScopeId, Vec<ScopeId>> = HashMap::new();
        for (class, _) in classes {
            for base in self.lineage(class).into_iter().skip(1) {
                derived.entry(base).or_default().push(class);
            }
        }
        self.derived = derived;
    }

    /// Returns a class and the classes of the job that it is made of, at any distance, the nearest first.
    fn lineage(&self, class: ScopeId) -> Vec<ScopeId> {
        let mut found = vec![class];
        let mut at = 0;
        while at < found.len() {
            for base in self.bases(found[at], 0) {
                if !found.contains(&base) {
                    found.push(base);
                }
            }
            at += 1;
        }
        found
    }

    /// Returns the functions of the job that a call is one of. If that is not known, the job's functions of
    /// this name are open.
    fn find_targets(&self, call: Call<'a>) -> Vec<ScopeId> {
        let function = &*call.call.func;
        let sources = self.sources(function, call.scope, 0);
        let mut found: Vec<_> =
            sources.iter().flat_map(|origin| self.functions_of(*origin)).collect();
        if is_own_class(function)
            && let Some(class) = self.scopes.class_around(call.scope)
        {
            found = self.family(class).into_iter().flat_map(|class| self.makers(class)).collect();
        }
        let may_be_ours = found.is_empty()
            && (!self.is_foreign(function, call.scope)
                || sources.iter().any(|origin| matches!(origin, Origin::Import(..))));
        // A method of that name of another class, which the object may be of.
        let may_be_other = function.is_attribute_expr() && !found.is_empty();
        // What a base class makes of an object is known, or elsewhere.
        let is_known = called(function) == Some("__init__");
        if (may_be_ours || may_be_other)
            && !is_known
            && let Some(name) = called(function)
        {
            let named = self.functions.get(name).into_iter().flatten();
            self.open.borrow_mut().extend(named.filter(|one| !found.contains(one)));
        }
        // What a decorator makes of a function may get other arguments.
        let (wrapped, plain) = found.into_iter().partition(|function| self.is_wrapped(*function));
        let wrapped: Vec<_> = wrapped;
        self.open.borrow_mut().extend(wrapped);
        plain
    }

    /// Returns whether a function has a decorator that may change how it is called.
    fn is_wrapped(&self, function: ScopeId) -> bool {
        let Body::Function(function) = self.scopes.all[function].body else { return false };
        function.decorator_list.iter().any(|decorator| {
            let name = match &decorator.expression {
                Expr::Call(call) => called(&call.func),
                other => called(other),
            };
            !name.is_some_and(|name| PLAIN.contains(&name))
        })
    }

    /// Returns whether an expression begins with a module that is not of the job.
    fn is_foreign(&self, expr: &Expr, scope: ScopeId) -> bool {
        match expr {
            Expr::Name(_) => {
                self.sources(expr, scope, 0)
                    .iter()
                    .any(|origin| matches!(origin, Origin::Module(..) | Origin::Import(..)))
                    && self.holders(expr, scope, 0).is_empty()
            }
            Expr::Attribute(attribute) => self.is_foreign(&attribute.value, scope),
            Expr::Call(call) => self.is_foreign(&call.func, scope),
            Expr::StringLiteral(_) | Expr::FString(_) | Expr::Dict(_) | Expr::List(_) => true,
            _ => false,
        }
    }

    /// Returns the functions that run when what comes from `origin` is called.
    fn functions_of(&self, origin: Origin<'a>) -> Vec<ScopeId> {
        match origin {
            Origin::Function(id) => vec![id],
            Origin::Class(id) => self.makers(id),
            _ => Vec::new(),
        }
    }

    /// Returns whether an expression is a class of the job, and no object.
    fn is_class(&self, expr: &Expr, scope: ScopeId) -> bool {
        let sources = self.sources(expr, scope, 0);
        sources.iter().any(|origin| matches!(origin, Origin::Class(_)))
    }

    /// Returns whether an expression is a function of the job.
    pub fn is_function(&self, expr: &Expr, scope: ScopeId) -> bool {
        let sources = self.sources(expr, scope, 0);
        sources.iter().any(|origin| matches!(origin, Origin::Function(_)))
    }

    /// Opens the functions that an expression is, as it is used as a value.
    pub fn open(&self, expr: &Expr, scope: ScopeId) {
        let sources = self.sources(expr, scope, 0).into_iter();
        let functions: Vec<_> = sources.flat_map(|origin| self.functions_of(origin)).collect();
        self.open.borrow_mut().extend(functions);
    }

    /// Returns the functions that make the objects of a class: its own, or else those of its bases.
    fn makers(&self, class: ScopeId) -> Vec<ScopeId> {
        let made_by = |class: ScopeId| {
            let origins = self.scopes.all[class].names.get("__init__").into_iter().flatten();
            let makers = origins.filter_map(|origin| match origin {
                Origin::Function(id) => Some(*id),
                _ => None,
            });
            makers.collect::<Vec<_>>()
        };
        let mut all = self.lineage(class).into_iter().map(made_by);
        all.find(|makers| !makers.is_empty()).unwrap_or_default()
    }

    /// Finds the parameters that are the job's input: by name, by annotation, and by what calls give.
    pub fn follow_inputs(&mut self) {
        for (id, scope) in self.scopes.all.iter().enumerate() {
            let parameters = scope.parameters.into_iter();
            let each = parameters.flat_map(|parameters| parameters.iter_non_variadic_params());
            for (at, one) in each.enumerate() {
                let annotation = one.parameter.annotation.as_deref();
                if annotation.is_some_and(|annotation| {
                    let module = &self.modules[scope.module];
                    let text = module.text(annotation.range());
                    ["IJobInput", "JobInput", "ISecrets", "IProperties"]
                        .iter()
                        .any(|name| text.contains(name))
                }) {
                    self.inputs.insert((id, at));
                }
            }
        }
        loop {
            let mut found = Vec::new();
            for call in &self.scopes.calls {
                let arguments = &call.call.arguments;
                let given =
                    arguments.args.iter().chain(arguments.keywords.iter().map(|k| &k.value));
                for value in given.filter(|value| self.is_input(value, call.scope, 0)) {
                    found.extend(self.parameters_for(*call, value));
                }
            }
            let before = self.inputs.len();
            self.inputs.extend(found);
            if self.inputs.len() == before {
                return;
            }
        }
    }

    /// Returns the parameters of the job's functions that a call gives `value` to.
    pub fn parameters_for(&self, call: Call<'a>, value: &Expr) -> Vec<(ScopeId, usize)> {
        let Some(targets) = self.targets.get(&std::ptr::from_ref(call.call)) else {
            return Vec::new();
        };
        let mut found = Vec::new();
        for function in targets {
            let count = self.parameter_count(*function);
            let given = |at: &usize| {
                self.argument(call, *function, *at).is_some_and(|given| std::ptr::eq(given, value))
            };
            found.extend((0..count).find(given).map(|at| (*function, at)));
        }
        found
    }

    fn parameter_count(&self, function: ScopeId) -> usize {
        let parameters = self.scopes.all[function].parameters;
        parameters.map_or(0, |parameters| parameters.iter_non_variadic_params().count())
    }

    /// Returns what a call gives to the parameter `at` of `function`.
    pub fn argument(&self, call: Call<'a>, function: ScopeId, at: usize) -> Option<&'a Expr> {
        let scope = &self.scopes.all[function];
        let name = &scope.parameters?.iter_non_variadic_params().nth(at)?.parameter.name;
        if let Some(keyword) = call.call.arguments.find_keyword(name.as_str()) {
            return Some(&keyword.value);
        }
        let is_method = scope
            .parent
            .is_some_and(|parent| matches!(self.scopes.all[parent].body, Body::Class(_)));
        let is_decorated = |name| {
            matches!(scope.body, Body::Function(function)
                if function.decorator_list.iter().any(|one| called(&one.expression) == Some(name)))
        };
        let is_static = is_decorated("staticmethod");
        // Called on the class, a method gets its object as any other argument.
        let is_of_class = matches!(&*call.call.func, Expr::Attribute(attribute)
            if self.is_class(&attribute.value, call.scope));
        let is_of_object = !is_of_class || is_decorated("classmethod");
        let own = usize::from(is_method && !is_static && is_of_object);
        call.call.arguments.find_positional(at.checked_sub(own)?)
    }

    pub fn default_of(&self, function: ScopeId, at: usize) -> Option<(&'a Expr, ScopeId)> {
        let scope = &self.scopes.all[function];
        let one = scope.parameters?.iter_non_variadic_params().nth(at)?;
        Some((one.default.as_deref()?, scope.parent?))
    }
}

/// Returns whether what is called is the class that the code is in: `cls`, `type(self)`, `self.__class__`.
fn is_own_class(function: &Expr) -> bool {
    match function {
        Expr::Name(name) => name.id == "cls",
        Expr::Attribute(attribute) => attribute.attr.as_str() == "__class__",
        Expr::Call(call) => called(&call.func) == Some("type"),
        _ => false,
    }
}

/// Returns the name of what is called.
pub fn called(function: &Expr) -> Option<&str> {
    match function {
        Expr::Name(name) => Some(name.id.as_str()),
        Expr::Attribute(attribute) => Some(attribute.attr.as_str()),
        _ => None,
    }
}
