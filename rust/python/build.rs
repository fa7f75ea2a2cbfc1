//! Lets a bare `cargo build` link on macOS, where an extension's Python symbols need a flag.

fn main() {
    pyo3_build_config::add_extension_module_link_args();
}
