//! The scopes of a job's modules, and where each name in them comes from. The order of statements does not
//! count: a name that is assigned twice has two origins.

use std::collections::{HashMap, HashSet};

use ruff_python_ast::{Expr, Parameters, StmtClassDef, StmtFunctionDef};
use ruff_text_size::{TextRange, TextSize};

use super::Module;
use super::builder::build;

/// The number of a scope. Those of the modules come first, in their order.
pub type ScopeId = usize;

/// What a name may stand for. An expression comes with the scope that it is in.
#[derive(Clone, Copy)]
pub enum Origin<'a> {
    Value(&'a Expr, ScopeId),
    /// An element of this, or the part of it with this index, in a loop at this place.
    Element(&'a Expr, Option<usize>, ScopeId, TextRange),
    /// The parameter of the function with this scope.
    Parameter(ScopeId, usize),
    /// The module of this dotted name, seen from a folder so many levels up (0: from the job's folder).
    Module(&'a str, u32, ScopeId),
    /// A name of the module of this dotted name, seen so.
    Import(&'a str, &'a str, u32, ScopeId),
    Function(ScopeId),
    Class(ScopeId),
    Unknown,
}

/// What a scope is the body of.
#[derive(Clone, Copy)]
pub enum Body<'a> {
    Module,
    Class(&'a StmtClassDef),
    Function(&'a StmtFunctionDef),
    Lambda,
}

/// A scope.
pub struct Scope<'a> {
    pub module: usize,
    pub parent: Option<ScopeId>,
    pub body: Body<'a>,
    pub parameters: Option<&'a Parameters>,
    pub names: HashMap<&'a str, Vec<Origin<'a>>>,
    /// Modules of which all names are imported.
    pub stars: Vec<(&'a str, u32)>,
    /// Names whose value is tested: the code goes on without one.
    pub tested: HashSet<&'a str>,
    /// Names that belong to the module.
    pub globals: HashSet<&'a str>,
    /// Names that belong to the function around.
    pub nonlocals: HashSet<&'a str>,
}

/// A call of something.
#[derive(Clone, Copy)]
pub struct Call<'a> {
    pub call: &'a ruff_python_ast::ExprCall,
    pub scope: ScopeId,
}

/// All scopes of a job.
#[derive(Default)]
pub struct Scopes<'a> {
    pub all: Vec<Scope<'a>>,
    /// Scopes by their module and the offset of the definition.
    pub by_start: HashMap<(usize, TextSize), ScopeId>,
    pub calls: Vec<Call<'a>>,
    /// Names of collections that are changed after they were written out, and of attributes that are set from
    /// outside of their class or module: what they hold is not known.
    pub changed: HashSet<&'a str>,
    /// Attributes whose value is tested.
    pub tested: HashSet<&'a str>,
}

impl<'a> Scopes<'a> {
    /// Reads the scopes of `modules`.
    pub fn new(modules: &'a [Module]) -> Self {
        let mut scopes = Scopes::default();
        for module in 0..modules.len() {
            scopes.add(module, None, Body::Module, None);
        }
        for (at, module) in modules.iter().enumerate() {
            build(&mut scopes, at, module.body());
        }
        scopes
    }

    pub fn add(
        &mut self,
        module: usize,
        parent: Option<ScopeId>,
        body: Body<'a>,
        parameters: Option<&'a Parameters>,
    ) -> ScopeId {
        let id = self.all.len();
        let mut names = HashMap::new();
        if let Some(parameters) = parameters {
            let named = parameters.iter_non_variadic_params().enumerate();
            for (at, one) in named {
                names.insert(one.parameter.name.as_str(), vec![Origin::Parameter(id, at)]);
            }
            for rest in parameters.vararg.iter().chain(&parameters.kwarg) {
                names.insert(rest.name.as_str(), vec![Origin::Unknown]);
            }
        }
        let (stars, tested) = (Vec::new(), HashSet::new());
        let (globals, nonlocals) = (HashSet::new(), HashSet::new());
        self.all.push(Scope {
            module,
            parent,
            body,
            parameters,
            names,
            stars,
            tested,
            globals,
            nonlocals,
        });
        id
    }

    /// Returns the class whose method `scope` is in.
    pub fn class_around(&self, scope: ScopeId) -> Option<ScopeId> {
        let mut now = Some(scope);
        while let Some(id) = now {
            if matches!(self.all[id].body, Body::Class(_)) {
                return Some(id);
            }
            now = self.all[id].parent;
        }
        None
    }
}

/// Returns whether a name is that of the object or class in its methods. Its attributes are kept with the
/// names of the class.
pub fn is_own(name: &str) -> bool {
    name == "self" || name == "cls"
}

/// Returns whether an expression is `None`, or a collection with it.
pub fn has_none(expr: &Expr) -> bool {
    expr.is_none_literal_expr() || elements(expr).iter().any(Expr::is_none_literal_expr)
}

/// Returns the elements of a tuple, list or set that is written out; none of anything else.
pub fn elements(expr: &Expr) -> &[Expr] {
    elements_if_listed(expr).unwrap_or_default()
}

pub fn elements_if_listed(expr: &Expr) -> Option<&[Expr]> {
    match expr {
        Expr::Tuple(tuple) => Some(&tuple.elts),
        Expr::List(list) => Some(&list.elts),
        Expr::Set(set) => Some(&set.elts),
        _ => None,
    }
}
