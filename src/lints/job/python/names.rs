//! The names of keys that depend on parameters: those that the calls of the functions give.

use ruff_python_ast::Expr;
use ruff_text_size::Ranged;
use vdk_api::Collection;

use super::calls::Job;
use super::scopes::{Call, ScopeId};
use super::texts::{Part, Template, joined};
use crate::lints::job::{Code, How, Place, Use};

/// How many functions a key is followed through.
const MAX_CALLS: usize = 4;
/// Most names that one use is followed to.
const MAX_NAMES: usize = 256;

/// A use of keys whose names may depend on parameters.
pub struct Raw {
    pub place: Place,
    pub collection: Collection,
    pub how: How,
    /// The names; `None` if they are known at run time only.
    pub names: Option<Vec<Template>>,
}

/// A name, or that it is not known, and where it is given.
struct Filled {
    key: Option<String>,
    place: Place,
    /// Whether it is the only one there.
    is_sure: bool,
}

impl<'a> Job<'a> {
    /// Adds the uses of `raw`: one for each call that gives the name.
    pub fn resolve(&self, raw: Raw, code: &mut Code) {
        let Raw { place, collection, how, names } = raw;
        let Some(names) = names else {
            code.dynamic.push((place, collection));
            return;
        };
        let mut found = Vec::new();
        for name in names {
            self.fill(&name, &place, true, MAX_CALLS, &mut found);
        }
        if found.len() >= MAX_NAMES {
            found = vec![Filled { key: None, place, is_sure: true }];
        }
        for Filled { key, place, is_sure } in found {
            let how = match how {
                How::Read { .. } if !is_sure => How::Read { default: true },
                how => how,
            };
            match key {
                Some(key) => code.uses.push(Use { place, collection, key, how }),
                None => code.dynamic.push((place, collection)),
            }
        }
    }

    /// Adds the texts that a template is in the calls of its functions, and where those are.
    fn fill(
        &self,
        name: &Template,
        place: &Place,
        is_sure: bool,
        calls: usize,
        found: &mut Vec<Filled>,
    ) {
        if found.len() >= MAX_NAMES {
            return;
        }
        let function = name.iter().find_map(|part| match part {
            Part::Parameter(function, _) => Some(*function),
            Part::Text(_) => None,
        });
        let Some(function) = function else {
            let text = name.iter().filter_map(|part| match part {
                Part::Text(text) => Some(text.as_str()),
                Part::Parameter(..) => None,
            });
            return found.push(Filled { key: Some(text.collect()), place: place.clone(), is_sure });
        };
        let callers = self.callers.get(&function).map(Vec::as_slice).unwrap_or_default();
        let is_open = self.open.borrow().contains(&function);
        let mut is_called = false;
        if calls > 0 {
            for call in callers {
                // A call that does not give the parameter is none of this function.
                let Some((texts, place)) = self.filled_by(*call, function, name) else { continue };
                let is_sure = is_sure && !self.is_unsure.get();
                is_called = true;
                match texts {
                    Some(texts) => texts
                        .iter()
                        .for_each(|text| self.fill(text, &place, is_sure, calls - 1, found)),
                    None => found.push(Filled { key: None, place, is_sure }),
                }
            }
        }
        if !is_called || is_open {
            found.push(Filled { key: None, place: place.clone(), is_sure });
        }
    }

    /// Returns what a template is with the arguments of one call, and where the first of them is.
    fn filled_by(
        &self,
        call: Call<'a>,
        function: ScopeId,
        name: &Template,
    ) -> Option<(Option<Vec<Template>>, Place)> {
        let arguments = &call.call.arguments;
        let is_spread = arguments.args.iter().any(Expr::is_starred_expr)
            || arguments.keywords.iter().any(|keyword| keyword.arg.is_none());
        let module = &self.modules[self.scopes.all[call.scope].module];
        let mut place = None;
        let mut is_unsure = false;
        let mut filled = Some(vec![Template::new()]);
        for part in name {
            let texts = match part {
                Part::Parameter(of, at) if *of == function => {
                    let given = self.argument(call, function, *at).map(|given| (given, call.scope));
                    if let Some((value, _)) = given {
                        place.get_or_insert_with(|| module.place(value.range(), call.call.range()));
                    }
                    match given.or_else(|| self.default_of(function, *at)) {
                        None if is_spread => None,
                        Some(_) if is_spread && given.is_none() => None,
                        Some((value, scope)) => {
                            let texts = self.texts(value, scope, 0);
                            is_unsure |= self.is_unsure.get();
                            texts
                        }
                        None => return None,
                    }
                }
                part => Some(vec![vec![part.clone()]]),
            };
            filled = filled.zip(texts).and_then(|(filled, texts)| joined(&filled, &texts));
        }
        self.is_unsure.set(is_unsure);
        let range = call.call.range();
        Some((filled, place.unwrap_or_else(|| module.place(range, range))))
    }
}
