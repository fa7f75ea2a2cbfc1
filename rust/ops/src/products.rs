//! The attribute `products` of the operators that multiply activations with one another.

use gliner_fast_kernels::Products;

use crate::ort::{Error, Info};

/// `"f32"`, its default, or `"int16"`.
pub(crate) fn products(info: &Info) -> Result<Products, Error> {
    match info.string_or(c"products", "f32").as_str() {
        "f32" => Ok(Products::Single),
        "int16" => Ok(Products::Pairs),
        _ => Err(Error::Invalid(
            "products: expected \"f32\" or \"int16\"".to_owned(),
        )),
    }
}
