//! What is written out in the code.

use ruff_python_ast::{Expr, FStringPart, InterpolatedStringElement};

/// Returns whether an expression is written out and not empty: text, bytes, a number, or a collection.
pub fn is_literal(expr: &Expr) -> bool {
    match expr {
        Expr::StringLiteral(text) => !text.value.to_str().is_empty(),
        Expr::BytesLiteral(bytes) => bytes.value.bytes().next().is_some(),
        Expr::NumberLiteral(_) => true,
        Expr::Dict(dict) => !dict.items.is_empty(),
        Expr::List(list) => !list.elts.is_empty(),
        Expr::Tuple(tuple) => !tuple.elts.is_empty(),
        _ => false,
    }
}

/// A piece of an f-string.
pub enum Piece<'a> {
    Text(&'a str),
    /// An expression without conversion and format.
    Expr(&'a Expr),
    Other,
}

/// Returns the pieces of an f-string.
pub fn pieces(text: &ruff_python_ast::ExprFString) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    for part in &text.value {
        match part {
            FStringPart::Literal(text) => pieces.push(Piece::Text(text.as_str())),
            FStringPart::FString(text) => {
                pieces.extend(text.elements.iter().map(|one| match one {
                    InterpolatedStringElement::Literal(text) => Piece::Text(&text.value),
                    InterpolatedStringElement::Interpolation(one) => {
                        let is_plain = one.format_spec.is_none()
                            && one.debug_text.is_none()
                            && matches!(one.conversion, ruff_python_ast::ConversionFlag::None);
                        if is_plain { Piece::Expr(&one.expression) } else { Piece::Other }
                    }
                }))
            }
        }
    }
    pieces
}
