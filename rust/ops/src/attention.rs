//! `gliner_fast.DisentangledAttention`
//!
//! | input | type | shape | |
//! |---|---|---|---|
//! | 0 `qkv` | f32 | `(tokens, 3 * num_heads * dim)` | query, key, value side by side |
//! | 1 `cu_lengths` | i64 | `(sequences + 1)` | each sequence's first token, and the end |
//! | 2 `pos_key` | f32, optional | `(rows, num_heads * dim)` | content→position |
//! | 3 `pos_query` | f32, optional | `(rows, num_heads * dim)` | position→content |
//! | 4 `bucket` | i32, optional | `(2 * reach + 1)` | table row of `query - key + reach`; needed with 2 or 3 |
//! | 5 `queries` | i64, optional | `(queries)` | the tokens whose outputs are wanted; all without it |
//!
//! Attributes: `num_heads` (int), `scale` (float, default 1), `products` (string, `"f32"`, `"int16"` or `"int8"`, default
//! `"f32"`): the arithmetic of matrix products, integers where they are faster; `"int8"` is for scores, outputs having 16 bits
//! then. Output: f32 `(tokens or queries, num_heads * dim)`.

use std::ffi::CStr;

use gliner_fast_kernels::{Attention, Isa, Positions, Products};

use crate::custom_op::Operator;
use crate::ffi::ElementType;
use crate::ort::{Context, Error, Info};
use crate::products::products;

pub(crate) struct DisentangledAttention {
    heads: usize,
    scale: f32,
    products: Products,
    isa: Isa,
}

impl Operator for DisentangledAttention {
    const NAME: &'static CStr = c"DisentangledAttention";
    const INPUTS: &'static [(ElementType, bool)] = &[
        (ElementType::FLOAT, false),
        (ElementType::INT64, false),
        (ElementType::FLOAT, true),
        (ElementType::FLOAT, true),
        (ElementType::INT32, true),
        (ElementType::INT64, true),
    ];

    fn create(info: &Info) -> Result<Self, Error> {
        let heads = info.int(c"num_heads")?;
        if heads < 1 {
            return Err(Error::Invalid(format!(
                "num_heads: expected at least 1, got {heads}"
            )));
        }
        Ok(Self {
            heads: heads as usize,
            scale: info.float_or(c"scale", 1.0),
            products: products(info)?,
            isa: Isa::detect(),
        })
    }

    fn compute(&self, context: &Context) -> Result<(), Error> {
        let qkv = context.input(0, "qkv")?;
        let cu_lengths = context.input(1, "cu_lengths")?;
        let [tokens, columns] = qkv.axes("qkv")?;
        let [_] = cu_lengths.axes("cu_lengths")?;
        if columns == 0 || columns % (3 * self.heads) != 0 {
            return Err(Error::Invalid(format!(
                "qkv: expected a multiple of 3 * {} columns, got shape {:?}",
                self.heads, qkv.shape
            )));
        }
        let width = columns / 3;
        let key = context.optional(2)?;
        let query = context.optional(3)?;
        let bucket = context.optional(4)?;
        let mut rows: Option<usize> = None;
        for (name, table) in [("pos_key", &key), ("pos_query", &query)] {
            let Some(table) = table else { continue };
            let [count, table_width] = table.axes(name)?;
            if table_width != width || rows.is_some_and(|rows| rows != count) {
                let rows = rows.map_or("rows".to_owned(), |rows| rows.to_string());
                return Err(Error::Invalid(format!(
                    "{name}: expected ({rows}, {width}), got {:?}",
                    table.shape
                )));
            }
            rows = Some(count);
        }
        let positions = match (rows, &bucket) {
            (None, _) => None,
            (Some(_), None) => {
                return Err(Error::Invalid(
                    "bucket: needed with position tables".to_owned(),
                ));
            }
            (Some(rows), Some(bucket)) => Some(Positions {
                rows,
                key: key.as_ref().map(|t| t.slice("pos_key")).transpose()?,
                query: query.as_ref().map(|t| t.slice("pos_query")).transpose()?,
                buckets: {
                    let [_] = bucket.axes("bucket")?;
                    bucket.slice("bucket")?
                },
            }),
        };
        let queries = context.optional(5)?;
        let queries = match &queries {
            Some(queries) => {
                let [_] = queries.axes("queries")?;
                Some(queries.slice("queries")?)
            }
            None => None,
        };
        let attention = Attention {
            qkv: qkv.slice("qkv")?,
            cu_lengths: cu_lengths.slice("cu_lengths")?,
            heads: self.heads,
            dim: width / self.heads,
            scale: self.scale,
            products: self.products,
            positions,
            queries,
        };
        let rows = queries.map_or(tokens, <[i64]>::len);
        // SAFETY: the only output, made once.
        let out = unsafe { context.output(0, &[rows as i64, width as i64])? };
        Ok(attention.run(self.isa, context, out)?)
    }
}
