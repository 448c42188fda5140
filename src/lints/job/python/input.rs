//! The job's input, its methods, and the whole sets that they return.

use ruff_python_ast::Expr;
use vdk_api::Collection;

use super::calls::Job;
use super::scopes::{Origin, ScopeId};

/// Methods that return the job's input: of vdk-notebook, and of a job that another program runs.
const MAKERS: [&str; 2] = ["get_initialized_job_input", "get_job_input"];

/// A method of the job's input.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Method {
    Get(Collection),
    GetAll(Collection),
    SetAll(Collection),
    Query,
}

impl Method {
    /// Returns the method of this name.
    pub fn of(name: &str) -> Option<Self> {
        Some(match name {
            "get_secret" => Method::Get(Collection::Secrets),
            "get_property" => Method::Get(Collection::Properties),
            "get_all_secrets" => Method::GetAll(Collection::Secrets),
            "get_all_properties" => Method::GetAll(Collection::Properties),
            "set_all_secrets" => Method::SetAll(Collection::Secrets),
            "set_all_properties" => Method::SetAll(Collection::Properties),
            "execute_query" | "execute_template" => Method::Query,
            _ => return None,
        })
    }

    /// Returns the collection that it reads.
    pub fn reads(self) -> Option<Collection> {
        match self {
            Method::Get(collection) | Method::GetAll(collection) => Some(collection),
            Method::Query => Some(Collection::Properties),
            Method::SetAll(_) => None,
        }
    }
}

impl<'a> Job<'a> {
    /// Returns whether an expression is the job's input.
    pub fn is_input(&self, expr: &Expr, scope: ScopeId, steps: usize) -> bool {
        if self.is_enough(steps) {
            return false;
        }
        let is_source = || {
            self.sources(expr, scope, steps).into_iter().any(|origin| match origin {
                Origin::Value(value, scope) => self.is_input(value, scope, steps + 1),
                Origin::Parameter(function, at) => self.inputs.contains(&(function, at)),
                _ => false,
            })
        };
        match expr {
            Expr::Name(name) => is_input_name(&name.id) || is_source(),
            Expr::Attribute(attribute) => is_input_name(attribute.attr.as_str()) || is_source(),
            Expr::Named(named) => self.is_input(&named.value, scope, steps + 1),
            Expr::If(choice) => {
                self.is_input(&choice.body, scope, steps + 1)
                    || self.is_input(&choice.orelse, scope, steps + 1)
            }
            Expr::BoolOp(choice) => {
                choice.values.iter().any(|one| self.is_input(one, scope, steps + 1))
            }
            Expr::Call(call) => matches!(&*call.func, Expr::Attribute(attribute)
                if MAKERS.contains(&attribute.attr.as_str())),
            _ => false,
        }
    }

    /// Returns the method of the job's input that an expression is.
    pub fn method(&self, expr: &Expr, scope: ScopeId, steps: usize) -> Option<Method> {
        if self.is_enough(steps) {
            return None;
        }
        if let Expr::Attribute(attribute) = expr
            && let Some(method) = Method::of(attribute.attr.as_str())
            && self.is_input(&attribute.value, scope, steps)
        {
            return Some(method);
        }
        self.sources(expr, scope, steps).into_iter().find_map(|origin| match origin {
            Origin::Value(value @ (Expr::Attribute(_) | Expr::Name(_)), scope) => {
                self.method(value, scope, steps + 1)
            }
            _ => None,
        })
    }

    /// Returns the collection whose whole set an expression is.
    pub fn whole(&self, expr: &Expr, scope: ScopeId, steps: usize) -> Option<Collection> {
        if self.is_enough(steps) {
            return None;
        }
        let next = |expr: &Expr| self.whole(expr, scope, steps + 1);
        match expr {
            Expr::Call(call) => match self.method(&call.func, scope, steps) {
                Some(Method::GetAll(collection)) => Some(collection),
                Some(_) => None,
                None => match &*call.func {
                    Expr::Name(name) if name.id == "dict" => next(call.arguments.args.first()?),
                    Expr::Attribute(copy) if ["copy", "deepcopy"].contains(&copy.attr.as_str()) => {
                        match call.arguments.args.first() {
                            Some(copied) => next(copied),
                            None => next(&copy.value),
                        }
                    }
                    _ => None,
                },
            },
            Expr::Named(named) => next(&named.value),
            Expr::BoolOp(choice) => choice.values.iter().find_map(next),
            Expr::Name(_) | Expr::Attribute(_) => {
                let sources = self.sources(expr, scope, steps);
                if sources.len() > 1 {
                    self.is_unsure.set(true);
                }
                sources.into_iter().find_map(|origin| match origin {
                    Origin::Value(value, scope) => self.whole(value, scope, steps + 1),
                    _ => None,
                })
            }
            _ => None,
        }
    }
}

/// Returns whether a name is that of the job's input: VDK passes it by this name only, and code keeps it.
pub fn is_input_name(name: &str) -> bool {
    let name = name.trim_matches('_').to_ascii_lowercase();
    name == "jobinput" || name.ends_with("job_input")
}
