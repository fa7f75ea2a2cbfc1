//! The attribute `products` of the operators that multiply activations with one another.

use gliner_fast_kernels::Products;

use crate::ort::{Error, Info};

/// `"f32"`, its default, `"int16"` or `"int8"`.
pub(crate) fn products(info: &Info) -> Result<Products, Error> {
    match info.string_or(c"products", "f32").as_str() {
        "f32" => Ok(Products::Single),
        "int16" => Ok(Products::Pairs),
        "int8" => Ok(Products::Bytes),
        _ => Err(Error::Invalid(
            "products: expected \"f32\", \"int16\" or \"int8\"".to_owned(),
        )),
    }
}
